use holdfast_core::exchange::ErrorKind;

use super::Fault;

/// What kind of error it is: by code and type first, then by words that are known, then by status.
pub(crate) fn classify(status: Option<u16>, fault: &Fault) -> ErrorKind {
    if let Some(kind) = fault.kind {
        return kind;
    }
    let said = fault.message.to_ascii_lowercase();
    by_code(&fault.codes, &said)
        .or_else(|| by_words(&said, status))
        .unwrap_or_else(|| by_status(fault.status.or(status.filter(|status| *status >= 300))))
}

fn by_code(codes: &[String], said: &str) -> Option<ErrorKind> {
    // The order counts: a body often holds a broad type beside a narrow code.
    let has = |names: &[&str]| codes.iter().any(|code| names.contains(&code.as_str()));
    if has(&[
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "billing_not_active",
        "billing_error",
        "payment_required",
        "insufficient_credits",
    ]) {
        return Some(ErrorKind::Quota);
    }
    if has(&[
        "context_length_exceeded",
        "exceed_context_size_error",
        "model_max_prompt_tokens_exceeded",
        "token_limit_exceeded",
    ]) {
        return Some(ErrorKind::ContextTooLong);
    }
    if has(&["invalid_api_key", "authentication", "authentication_error", "account_deactivated", "unauthenticated"]) {
        return Some(ErrorKind::Auth);
    }
    if has(&[
        "unsupported_country_region_territory",
        "permission_denied",
        "permission_error",
        "permission_denied_error",
    ]) {
        return Some(ErrorKind::Permission);
    }
    if has(&["model_not_found", "invalid_model", "model_not_supported", "model_decommissioned"]) {
        return Some(ErrorKind::ModelMissing);
    }
    if has(&["content_policy_violation", "content_filter", "invalid_prompt", "refusal"]) {
        return Some(ErrorKind::Filtered);
    }
    if has(&[
        "rate_limit_exceeded",
        "rate_limit_error",
        "too_many_requests",
        "resource_exhausted",
        "requests",
        "tokens",
    ]) {
        return Some(if is_spent(said) { ErrorKind::Quota } else { ErrorKind::Rate });
    }
    if has(&[
        "slow_down",
        "overloaded_error",
        "server_is_overloaded",
        "service_unavailable_error",
        "provider_overloaded",
        "provider_unavailable",
        "server_error",
        "internal_server_error",
        "server",
        "timeout",
    ]) {
        return Some(ErrorKind::Overloaded);
    }
    None
}

/// Words for a limit that no wait of minutes lifts.
fn is_spent(said: &str) -> bool {
    [
        "per-day",
        "per day",
        "insufficient_quota",
        "exceeded your current quota",
        "insufficient credits",
        "credit balance",
    ]
    .iter()
    .any(|words| said.contains(words))
}

fn by_words(said: &str, status: Option<u16>) -> Option<ErrorKind> {
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    // "Tokens per minute" is a rate, though it speaks of too many tokens.
    let rate = says(&["per minute", "per day", "rate limit", "rate-limit", "too many requests"]);
    if !rate
        && says(&[
            "context_length_exceeded",
            "maximum context length",
            "context limit",
            "context window",
            "exceeds the available context size",
            "exceeds the context length",
            "exceed the context length",
            "longer than the model's context length",
            "prompt is too long",
            "prompt too long",
            "input length exceeds",
            "input tokens exceed",
            "exceeds the maximum number of tokens allowed",
            "requested token count exceeds",
            "trying to keep the first",
            "too large for model with",
            "too many tokens",
        ])
    {
        return Some(ErrorKind::ContextTooLong);
    }
    if says(&[
        "credit balance is too low",
        "exceeded your current quota",
        "insufficient credits",
        "insufficient balance",
    ]) {
        return Some(ErrorKind::Quota);
    }
    if status == Some(429) && is_spent(said) {
        return Some(ErrorKind::Quota);
    }
    if says(&["incorrect api key", "invalid api key", "api key not valid", "api_key_invalid", "invalid x-api-key"]) {
        return Some(ErrorKind::Auth);
    }
    if said.contains("model") && says(&["not found", "does not exist", "no models loaded", "not a valid model"]) {
        return Some(ErrorKind::ModelMissing);
    }
    if says(&["maximum pending requests exceeded", "server busy", "overloaded"]) {
        return Some(ErrorKind::Overloaded);
    }
    if says(&["content policy", "content management policy", "safety system", "flagged"]) {
        return Some(ErrorKind::Filtered);
    }
    None
}

fn by_status(status: Option<u16>) -> ErrorKind {
    match status {
        Some(401) => ErrorKind::Auth,
        Some(402) => ErrorKind::Quota,
        Some(403) => ErrorKind::Permission,
        Some(404) => ErrorKind::ModelMissing,
        Some(429) => ErrorKind::Rate,
        // 498 is Groq's for no capacity, 529 Anthropic's for overloaded, 520 to 524 are Cloudflare's.
        Some(408 | 409 | 498 | 499 | 500..=599) => ErrorKind::Overloaded,
        Some(300..=399) => ErrorKind::Malformed,
        Some(_) => ErrorKind::BadRequest,
        // An error inside an answer that says no more is the provider's own trouble.
        None => ErrorKind::Overloaded,
    }
}

use super::*;

fn fault(message: &str, code: Option<&str>) -> Fault {
    Fault {
        message: message.to_owned(),
        code: code.map(str::to_owned),
        codes: code.iter().map(|code| code.to_ascii_lowercase()).collect(),
        ..Fault::default()
    }
}

fn plain(message: &str) -> Fault {
    Fault { plain: true, ..fault(message, None) }
}

#[test]
fn every_shape_of_an_error_body_is_read() {
    for (body, expected) in [
        (r#"{"error":{"message":"m","code":"c"}}"#, fault("m", Some("c"))),
        (r#"{"error":{"message":"m","code":null,"type":null,"param":null}}"#, fault("m", None)),
        (r#"[{"error":{"message":"m","code":"c"}}]"#, fault("m", Some("c"))),
        (r#"{"error":[{"message":"m"}]}"#, fault("m", None)),
        (r#"{"error":"m","code":"c"}"#, fault("m", Some("c"))),
        (r#"{"error":"m"}"#, fault("m", None)),
        (r#"{"object":"error","message":"m","code":"c"}"#, fault("m", Some("c"))),
        (r#"{"message":{"detail":[{"loc":["body","model"],"msg":"m"}]}}"#, fault("body.model: m", None)),
        (r#"{"detail":[{"loc":["body",0],"msg":"m"},{"msg":"n"}]}"#, fault("body.0: m; n", None)),
        (r#"{"detail":"m"}"#, fault("m", None)),
        ("\u{feff}\n\n {\"error\":\"m\"}", fault("m", None)),
        ("plain words", plain("plain words")),
        ("", plain("")),
        ("<!DOCTYPE html><html><head><TITLE>502 Bad\nGateway</title></head><body>x</body>", plain("502 Bad\nGateway")),
        ("<html>no title", plain("")),
        (r#"{"error":{}}"#, fault("", None)),
        ("[]", fault("", None)),
        (r#"{"error":"\ud83d half"}"#, fault("\u{fffd} half", None)),
    ] {
        assert_eq!(Fault::parse(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn numbers_as_codes_are_statuses() {
    let read =
        Fault::parse(br#"{"error":{"code":502,"message":"m","metadata":{"error_type":"provider_unavailable"}}}"#);
    assert_eq!((read.status, read.code.as_deref()), (Some(502), Some("provider_unavailable")), "OpenRouter's");
    assert_eq!(Fault::parse(br#"{"error":{"code":"429","message":"m"}}"#).status, Some(429), "as a string too");
    assert_eq!(Fault::parse(br#"{"error":{"code":7,"message":"m"}}"#).status, None, "seven is no status");
}

#[test]
fn a_relays_words_give_way_to_those_it_relays() {
    let body = br#"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long\"}}"}}}"#;
    let read = Fault::parse(body);
    assert_eq!(read.message, "prompt is too long");
    assert_eq!(classify(Some(400), &read), ErrorKind::ContextTooLong);
}

#[test]
fn a_wait_may_stand_in_the_body() {
    let read =
        Fault::parse(br#"[{"error":{"code":429,"message":"m","details":[{"@type":"x"},{"retryDelay":"34s"}]}}]"#);
    assert_eq!(read.retry_after, Some(Duration::from_secs(34)));
}

#[test]
fn a_body_cut_anywhere_is_read_without_a_panic() {
    let body = "{\"error\":{\"message\":\"é \\ud83d\",\"code\":401}}<title>".as_bytes();
    for end in 0..=body.len() {
        let read = Fault::parse(&body[..end]);
        assert!(read.message.len() <= 3 * body.len(), "{end}: no more comes out than went in");
    }
}

#[test]
fn the_kind_follows_from_code_then_words_then_status() {
    use ErrorKind::*;
    for (status, body, expected) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            Auth,
        ),
        (400, r#"{"error":"Incorrect API key provided: xa***","code":"Client specified an invalid argument"}"#, Auth),
        (401, "", Auth),
        (402, r#"{"error":{"message":"Insufficient credits","code":402}}"#, Quota),
        (
            403,
            r#"{"error":{"message":"Country not supported","code":"unsupported_country_region_territory"}}"#,
            Permission,
        ),
        (403, "", Permission),
        (
            404,
            r#"{"error":{"message":"The model `x` does not exist or you do not have access","code":"model_not_found"}}"#,
            ModelMissing,
        ),
        (404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, ModelMissing),
        (408, "", Overloaded),
        (409, "", Overloaded),
        (
            413,
            r#"{"error":{"message":"Request too large on tokens per minute (TPM): Limit 8000","type":"tokens","code":"rate_limit_exceeded"}}"#,
            Rate,
        ),
        (429, r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#, Rate),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Quota,
        ),
        (429, r#"{"error":{"message":"x","type":"insufficient_quota","code":"credit_balance_exhausted"}}"#, Quota),
        (429, r#"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#, Quota),
        (429, r#"{"error":{"message":"Rate limit exceeded: free-models-per-min","code":429}}"#, Rate),
        (429, "", Rate),
        (498, "", Overloaded),
        (500, r#"{"error":{"message":"The server had an error","type":"server_error"}}"#, Overloaded),
        (503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, Overloaded),
        (520, "<html><title>520</title>", Overloaded),
        (524, "", Overloaded),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Overloaded),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#,
            ContextTooLong,
        ),
        (400, r#"{"error":"Trying to keep the first 9000 tokens when context the overflows."}"#, ContextTooLong),
        (400, r#"{"error":{"message":"too long","code":"string_above_max_length"}}"#, BadRequest),
        (400, r#"{"error":{"message":"x","code":"content_policy_violation"}}"#, Filtered),
        (400, r#"{"error":{"message":"Unknown parameter","code":"unknown_parameter"}}"#, BadRequest),
        (422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, BadRequest),
        (200, r#"{"error":{"message":"Provider returned error","code":502}}"#, Overloaded),
        (200, r#"{"error":{"message":"bad key","code":401}}"#, Auth),
        (200, r#"{"error":"llama runner process has terminated"}"#, Overloaded),
        (301, "", Malformed),
    ] {
        assert_eq!(classify(Some(status), &Fault::parse(body.as_bytes())), expected, "{status} {body}");
    }
}

#[test]
fn an_error_in_a_stream_is_told_from_a_piece_of_an_answer() {
    for (data, expected) in [
        (r#"{"error":{"message":"m"}}"#, true),
        (r#"{"error":"m"}"#, true),
        (r#"{"error":[{"message":"m"}]}"#, true),
        (r#"{"object":"error","message":"m"}"#, true),
        (r#"{"type":"error","message":"m"}"#, true),
        (r#"{"error":null,"choices":[]}"#, false),
        (r#"{"error":"","choices":[]}"#, false),
        (r#"{"choices":[]}"#, false),
        (r#"{"type":"keepalive"}"#, false),
        (r#"{"message":{"content":"x"}}"#, false),
    ] {
        let value: Value = serde_json::from_str(data).unwrap();
        assert_eq!(Fault::is_one(&value), expected, "{data}");
    }
}

//! Links of messages, and text that leaves by the clipboard.

use holdfast_contract::{Code, CopyText, Failure, OpenLink, Part};

use crate::failure::Explain as _;
use crate::{App, failure};

/// Opens a link that stands in a message. The page shows the address first; that it really stands
/// in the message is checked here, so that a page that was taken over cannot open what it likes.
///
/// # Errors
/// When the message does not hold the link, its scheme is not allowed, or nothing opens it.
pub async fn open_link(app: App, command: OpenLink) -> Result<(), Failure> {
    if !is_allowed(&command.url) {
        return Err(Failure::new(Code::BadRequest, "Only web and mail addresses can be opened."));
    }
    let message = app.store()?.message(command.message).await.explain()?.ok_or_else(failure::message_gone)?;
    let stands_in_it = message.parts.iter().any(|part| match part {
        Part::Text { text } | Part::Reasoning { text } => holds(text, &command.url),
    });
    if !stands_in_it {
        return Err(Failure::new(Code::BadRequest, "The message does not hold this address."));
    }
    app.host().open_url(&command.url).explain()
}

/// Puts text on the clipboard.
///
/// # Errors
/// When there is no clipboard.
pub async fn copy_text(app: App, command: CopyText) -> Result<(), Failure> {
    app.host().write_clipboard(command.text).explain()
}

fn is_allowed(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto")) && !url.chars().any(char::is_control)
}

/// Markdown may write an address with entities or escapes; those the page resolved. The address
/// is looked for as it is and with the usual spellings of `&`.
fn holds(text: &str, url: &str) -> bool {
    let bare = url.strip_prefix("mailto:").unwrap_or(url);
    [url, bare].into_iter().any(|url| text.contains(url) || text.contains(&url.replace('&', "&amp;")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_addresses_open() {
        for (url, allowed) in [
            ("https://example.com/a?b=c", true),
            ("HTTP://example.com", true),
            ("mailto:a@example.com", true),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("ssh://-oProxyCommand=x", false),
            ("https://a\nb", false),
            ("no scheme", false),
        ] {
            assert_eq!(is_allowed(url), allowed, "{url}");
        }
    }

    #[test]
    fn a_link_must_stand_in_the_message() {
        assert!(holds("see <https://a.test/x?a=1&amp;b=2>", "https://a.test/x?a=1&b=2"), "entities are resolved");
        assert!(holds("write to me@a.test", "mailto:me@a.test"), "autolinks leave the scheme out");
        assert!(!holds("see https://a.test", "https://evil.test"), "another address is refused");
    }
}

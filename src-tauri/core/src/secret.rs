use zeroize::Zeroizing;

use crate::Origin;

/// Text that must not be seen: wiped when dropped, without `Clone`, `Serialize` or `Display`, and
/// with a `Debug` that says nothing.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text. Every caller is a place where the secret can leak: keep it short-lived.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Without the white space that a paste brings along.
    #[must_use]
    pub fn trimmed(self) -> Self {
        if self.0.trim().len() == self.0.len() {
            return self;
        }
        Self::new(self.0.trim().to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret together with the one origin it may be sent to. The HTTP client refuses any other.
#[derive(Debug)]
pub struct Credential {
    secret: Secret,
    origin: Origin,
}

impl Credential {
    /// Binds a secret to its origin. The vault alone does this with what it opened.
    pub fn new(secret: Secret, origin: Origin) -> Self {
        Self { secret, origin }
    }

    /// Where it may be sent.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The secret, if `target` is where it may be sent.
    pub fn for_origin(&self, target: &Origin) -> Option<&Secret> {
        (self.origin == *target).then_some(&self.secret)
    }
}

/// A secret as a person may see it: the prefix before its first or second dash or underscore, and
/// the last four characters; nothing of a secret shorter than 16 characters.
pub fn mask(secret: &Secret) -> String {
    let text = secret.expose();
    let count = text.chars().count();
    if count < 16 {
        return "…".to_owned();
    }
    let head: String = text.chars().take(8).collect();
    let prefix = head.rfind(['-', '_']).map_or("", |end| &head[..=end]);
    let tail: String = text.chars().skip(count - 4).collect();
    format!("{prefix}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_nothing_of_itself() {
        let secret = Secret::new("sk-canary-1234567890".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)", "Debug reaches logs and panics");
    }

    #[test]
    fn a_mask_shows_prefix_and_end() {
        let masked = |text: &str| mask(&Secret::new(text.into()));
        assert_eq!(masked("sk-ant-api03-abcdefghijklx7Qd"), "sk-ant-…x7Qd", "the prefix names the provider");
        assert_eq!(masked("gsk_abcdefghijklmnop9sTb"), "gsk_…9sTb", "underscores end a prefix too");
        assert_eq!(masked("AIzaSyA1234567890abcd"), "…abcd", "no separator, no prefix");
        assert_eq!(masked("short-secret"), "…", "four of twelve characters would be too much");
        assert_eq!(masked("ключключключключключ"), "…ключ", "characters, not bytes");
    }

    #[test]
    fn a_credential_serves_its_own_origin_alone() {
        let origin = |url: &str| Origin::parse(url).ok();
        let Some(home) = origin("https://api.openai.com/v1") else { panic!("a plain https address is an origin") };
        let credential = Credential::new(Secret::new("sk".into()), home.clone());
        assert!(credential.for_origin(&home).is_some(), "its own origin gets it");
        for other in ["https://api.openai.com:8443", "http://api.openai.com", "https://api.openai.com.evil.test"] {
            let Some(other) = origin(other) else { panic!("{other} is an origin") };
            assert!(credential.for_origin(&other).is_none(), "{other} must not get it");
        }
    }
}

use std::fmt;

/// Scheme, host and port of an address: what a credential is bound to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Scheme {
    Http,
    Https,
}

/// Why an address has no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not `http://` or `https://`.
    #[error("the address must begin with http:// or https://")]
    Scheme,
    /// No host, or characters that a host cannot have.
    #[error("the address names no host")]
    Host,
    /// A port that is not a number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// A name or password before the host.
    #[error("the address must not contain a name or password")]
    UserInfo,
}

impl Origin {
    /// Reads the origin of an address; path and query are ignored.
    ///
    /// # Errors
    /// Says which part of the address cannot be used.
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        let url = url.trim();
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            _ => return Err(OriginError::Scheme),
        };
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(OriginError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let host = host.to_ascii_lowercase();
        let valid = if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            inner.parse::<std::net::Ipv6Addr>().is_ok()
        } else {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        };
        if !valid {
            return Err(OriginError::Host);
        }
        let port = port.unwrap_or(match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        });
        Ok(Self { scheme, host, port })
    }

    /// The host, in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether it is this computer.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), OriginError> {
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = authority[after_host..].find(':') else { return Ok((authority, None)) };
    let (host, port) = authority.split_at(after_host + colon);
    match port[1..].parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err(OriginError::Port),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, origin) in [
            ("https://API.openai.com/v1", Ok("https://api.openai.com")),
            ("http://192.168.1.100:11434", Ok("http://192.168.1.100:11434")),
            ("HTTP://localhost:80/x?y#z", Ok("http://localhost")),
            ("http://[::1]:8080/v1", Ok("http://[::1]:8080")),
            ("ftp://host", Err(OriginError::Scheme)),
            ("api.openai.com", Err(OriginError::Scheme)),
            ("https://", Err(OriginError::Host)),
            ("https://a b", Err(OriginError::Host)),
            ("https://host:0", Err(OriginError::Port)),
            ("https://host:99999", Err(OriginError::Port)),
            ("https://api.openai.com@evil.test/", Err(OriginError::UserInfo)),
            ("https://evil.test\\@api.openai.com/", Ok("https://evil.test")),
        ] {
            let read = Origin::parse(url).map(|origin| origin.to_string());
            assert_eq!(read, origin.map(str::to_owned), "{url}");
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for (url, loopback) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://192.168.1.1", false),
            ("http://localhost.evil.test", false),
        ] {
            assert_eq!(Origin::parse(url).map(|origin| origin.is_loopback()), Ok(loopback), "{url}");
        }
    }
}

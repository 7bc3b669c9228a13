//! Which addresses a request may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use holdfast_core::{Origin, OriginError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why an address cannot be a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read as an address.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Plain http to somewhere that is not this computer or its own network.
    #[error("the address must begin with https://; http:// is only for this computer and your own network")]
    NotSecure,
    /// A link-local or metadata address, which no model server has.
    #[error("this address belongs to the network's own machinery, and nothing is sent there")]
    Forbidden,
}

/// Checks an address a person or a file gave, and says whether it is on this computer or network.
pub(crate) fn check(base_url: &str) -> Result<bool, AddressError> {
    let origin = Origin::parse(base_url)?;
    // The URL reader also understands the odd spellings of an IP address, such as one number.
    let url = reqwest::Url::parse(base_url.trim()).map_err(|_| OriginError::Host)?;
    let host = url.host_str().ok_or(OriginError::Host)?.to_ascii_lowercase();
    let address = ip_of(&host);
    if address.is_some_and(is_forbidden) {
        return Err(AddressError::Forbidden);
    }
    let near = origin.is_loopback()
        || host.trim_end_matches('.').ends_with(".local")
        || address.is_some_and(|address| address.is_loopback() || is_private(address));
    if !near && !origin.is_https() {
        return Err(AddressError::NotSecure);
    }
    Ok(near)
}

/// The IP address that a host of a URL is, when it is not a name.
pub(crate) fn ip_of(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Link-local addresses and those where clouds serve their machines' own credentials.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_forbidden_v4(v4),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || embedded_v4(v6).is_some_and(is_forbidden_v4)
        }
    }
}

fn is_forbidden_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || address == Ipv4Addr::new(100, 100, 100, 200)
}

/// The IPv4 address inside a NAT64, 6to4 or IPv4-compatible one.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match [a, b, c, d, e, f] {
        [0x64, 0xff9b, 0, 0, 0, 0] | [0, 0, 0, 0, 0, 0] => Some(v4(g, h)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// The name led to an address that nothing is sent to.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a link-local or metadata address")]
pub(crate) struct ForbiddenAddress;

/// Looks names up as the system does and drops forbidden addresses, so that a name cannot lead
/// where an address may not.
#[derive(Debug)]
pub(crate) struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let any = !found.is_empty();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| !is_forbidden(address.ip())).collect();
            if any && allowed.is_empty() {
                return Err(Box::new(ForbiddenAddress) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_computer_and_network() {
        for (url, expected) in [
            ("http://localhost:1234/v1", Ok(true)),
            ("http://127.0.0.1:11434", Ok(true)),
            ("http://192.168.1.100:11434", Ok(true)),
            ("http://10.1.2.3", Ok(true)),
            ("http://172.20.0.1", Ok(true)),
            ("http://[fd12::1]:8080", Ok(true)),
            ("http://studio.local:1234", Ok(true)),
            ("https://api.openai.com/v1", Ok(false)),
            ("https://192.168.1.100", Ok(true)),
            ("http://api.openai.com/v1", Err(AddressError::NotSecure)),
            ("http://8.8.8.8", Err(AddressError::NotSecure)),
            ("http://local.evil.test", Err(AddressError::NotSecure)),
            ("ftp://x", Err(AddressError::Origin(OriginError::Scheme))),
            ("https://a@b.test", Err(AddressError::Origin(OriginError::UserInfo))),
        ] {
            assert_eq!(check(url), expected, "{url}");
        }
    }

    #[test]
    fn metadata_addresses_are_refused_in_every_spelling() {
        for url in [
            "http://169.254.169.254/latest",
            "https://169.254.1.1",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://100.100.100.200",
            "http://[fe80::1]",
            "http://[fd00:ec2::254]",
            "http://[::ffff:169.254.169.254]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://[2002:a9fe:a9fe::1]",
        ] {
            assert_eq!(check(url), Err(AddressError::Forbidden), "{url}");
        }
    }
}

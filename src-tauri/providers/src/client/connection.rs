//! What went wrong with a connection, in words a person understands.

use std::error::Error;
use std::io;

use holdfast_contract::Place;
use holdfast_core::Origin;
use holdfast_core::exchange::ErrorKind;
use rustls::CertificateError;

use crate::address::ForbiddenAddress;

pub(super) fn describe(error: &reqwest::Error, origin: &Origin, place: Place) -> (ErrorKind, String) {
    let host = origin.host();
    let mut refused = false;
    let mut broken = None;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<ForbiddenAddress>() {
            return (ErrorKind::BadRequest, forbidden(host));
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return (ErrorKind::Network, format!("The connection to {host} could not be secured: {}.", insecure(tls)));
        }
        if let Some(io) = current.downcast_ref::<io::Error>() {
            refused |= io.kind() == io::ErrorKind::ConnectionRefused;
            broken = broken.or(Some(io.kind()));
        }
        cause = inside(current);
    }
    if error.is_timeout() {
        return (ErrorKind::Timeout, format!("{host} did not take the connection in time."));
    }
    if error.is_dns() {
        return (ErrorKind::Network, format!("The name {host} could not be found."));
    }
    if refused && place == Place::Local {
        return (ErrorKind::NotRunning, format!("Nothing answers at {origin}."));
    }
    let message = match broken {
        _ if refused => format!("{host} refused the connection."),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            format!("{host} broke off the connection.")
        }
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            format!("{host} cannot be reached from this computer's network.")
        }
        _ if error.is_connect() => format!("No connection to {host} could be made."),
        _ => format!("{host} closed the connection without an answer."),
    };
    (ErrorKind::Network, message)
}

/// Whether the server showed a certificate that is for somebody else.
pub(super) fn shows_another_name(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(rustls::Error::InvalidCertificate(problem)) = current.downcast_ref() {
            return matches!(
                problem,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            );
        }
        cause = inside(current);
    }
    false
}

/// The next cause. An io::Error steps over the error inside it.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

pub(super) fn forbidden(host: &str) -> String {
    format!("{host} belongs to the network's own machinery, and nothing is sent there.")
}

fn insecure(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => "its certificate comes from nobody this computer trusts".to_owned(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired, or this computer's clock is wrong".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet, or this computer's clock is wrong".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name".to_owned()
            }
            CertificateError::Revoked => "its certificate was revoked".to_owned(),
            other => format!("its certificate is not valid ({other})"),
        },
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS at this port".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_for_another_name_is_found_below_other_errors() {
        let wrapped = |problem| io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(problem)));
        assert!(shows_another_name(&wrapped(CertificateError::NotValidForName)), "somebody else answers");
        assert!(!shows_another_name(&wrapped(CertificateError::Expired)), "the provider may have let it expire");
        assert!(!shows_another_name(&io::Error::from(io::ErrorKind::ConnectionReset)), "nobody answers");
    }
}

//! Which addresses a site on the internet can deliver to, and the words of a check.

use std::net::IpAddr;

use callboard_trackers::TlsFault;
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::api::{DoctorCode, DoctorFinding};

const WHY: &str = "The site delivers over the internet, from its own machines";
const RECIPE: &str = "Put a reverse proxy or a tunnel with a certificate in front of Callboard's receiver, and enter its public https address";

/// Endings of names that mean nothing outside a network.
const INNER: [&str; 6] = [".local", ".internal", ".lan", ".home.arpa", ".localhost", ".intranet"];

/// What an address by itself tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name on the internet, by https.
    Public,
    /// The same without encryption.
    Unencrypted,
    /// This machine.
    Loopback,
    /// A private network, or a name that only one knows.
    Private,
    /// A number in place of a name.
    Number,
}

pub(super) fn kind_of(url: &Url) -> Kind {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_lowercase();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match ip {
            ip if ip.is_loopback() => Kind::Loopback,
            ip if is_private(ip) => Kind::Private,
            _ => Kind::Number,
        };
    }
    if host == "localhost" || host.ends_with(".localhost") {
        return Kind::Loopback;
    }
    if !host.contains('.') || INNER.iter().any(|ending| host.ends_with(ending)) {
        return Kind::Private;
    }
    if url.scheme() == "http" {
        Kind::Unencrypted
    } else {
        Kind::Public
    }
}

/// Whether an address is of this machine or its network.
pub(super) fn is_local(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(kind_of(&url), Kind::Loopback | Kind::Private))
}

/// Whether no machine outside a network is reached at this number (RFC 1918, 6598, 3927, 4193, 4291).
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(ip) => {
            let mapped = ip.to_ipv4_mapped().is_some_and(|ip| is_private(IpAddr::V4(ip)));
            mapped || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
    }
}

/// What an address by itself tells, said.
pub(super) fn by_itself(kind: Kind, address: &str) -> DoctorFinding {
    let problem = |title: String| DoctorFinding::problem(DoctorCode::Reach, title, WHY, RECIPE);
    match kind {
        Kind::Public => DoctorFinding::good(
            DoctorCode::Reach,
            format!("{address} is an address that sites accept"),
            WHY,
        ),
        Kind::Unencrypted => problem(format!("{address} is not encrypted, and sites ask for https")),
        Kind::Loopback => DoctorFinding::advice(
            DoctorCode::Reach,
            format!("{address} is this machine itself: right for the practice site, and refused by every other"),
            WHY,
            RECIPE,
        ),
        Kind::Private => problem(format!(
            "{address} is known only inside a private network: sites refuse it"
        )),
        Kind::Number => problem(format!("{address} is a number in place of a name: sites refuse it")),
    }
}

/// What the name came to.
pub(super) fn by_name(host: &str, found: &Result<Vec<IpAddr>, String>, is_loopback: bool) -> DoctorFinding {
    let why = "The site must find the machine by its name";
    match found {
        Err(error) => DoctorFinding::problem(
            DoctorCode::Reach,
            format!("The name {host} is not known: {error}"),
            why,
            "Check its spelling; a new name may take some minutes until it is known everywhere",
        ),
        Ok(ips) if ips.is_empty() => DoctorFinding::problem(
            DoctorCode::Reach,
            format!("The name {host} leads to no machine"),
            why,
            "Enter the name at whoever keeps the studio's domain",
        ),
        // Inside a studio its public name may lead to a private number, and outside to another.
        Ok(ips) if !is_loopback && ips.iter().all(|ip| is_private(*ip) || ip.is_loopback()) => DoctorFinding::advice(
            DoctorCode::Reach,
            format!("From here {host} leads to a private network"),
            why,
            "Make sure that it leads to a public address for everybody outside: ask for it from another network",
        ),
        Ok(_) => DoctorFinding::good(DoctorCode::Reach, format!("The name {host} is known"), why),
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// No safe connection.
    Tls(TlsFault),
    /// Nobody is there.
    Refused(String),
    /// Not in time.
    Late,
}

pub(super) fn no_answer(host: &str, why: &NoAnswer) -> DoctorFinding {
    match why {
        NoAnswer::Tls(fault) => DoctorFinding::problem(
            DoctorCode::Certificate,
            format!("No safe connection to {host}: {}", fault_in_words(fault)),
            "The site checks the certificate of the address before it delivers",
            "Have the proxy or tunnel show a certificate for this very name, from a known authority, with the certificates between",
        ),
        NoAnswer::Refused(said) => DoctorFinding::problem(
            DoctorCode::Reach,
            format!("Nobody answers at {host}: {said}"),
            WHY,
            "Start the tunnel or proxy, and open its port in the firewall",
        ),
        NoAnswer::Late => DoctorFinding::problem(
            DoctorCode::Reach,
            format!("{host} takes a connection and does not answer in time"),
            "The site counts a delivery as failed after six seconds",
            "Check that the tunnel or proxy leads to Callboard's receiver. Some routers lead nothing back to their own outer address: \
             then try from another network",
        ),
    }
}

fn fault_in_words(fault: &TlsFault) -> String {
    match fault {
        TlsFault::Expired => "its certificate has expired".into(),
        TlsFault::NotYetValid => "its certificate is not valid yet".into(),
        TlsFault::OtherName => "its certificate is made out to another name".into(),
        TlsFault::UnknownIssuer => "its certificate is signed by nobody whom this machine knows".into(),
        TlsFault::Revoked => "its certificate has been revoked".into(),
        TlsFault::NotTls => "what answers there does not encrypt".into(),
        TlsFault::Other(why) => why.clone(),
    }
}

/// An encrypted connection was made.
pub(super) fn encrypted(host: &str) -> DoctorFinding {
    DoctorFinding::good(
        DoctorCode::Certificate,
        format!("The certificate of {host} is trusted"),
        "The site checks the certificate of the address before it delivers",
    )
}

/// What answered, by its status and by whether our own knock arrived meanwhile.
pub(super) fn answered(host: &str, status: u16, headers: &HeaderMap, came: bool, is_listed: bool) -> DoctorFinding {
    let why = "Another program at this address would swallow what the site delivers";
    if came && (status == 200 || !is_listed) {
        let title = if is_listed {
            format!("It is this Callboard that answers at {host}")
        } else {
            format!(
                "{host} leads to this Callboard, which will answer to the name once it is set as the public address"
            )
        };
        return DoctorFinding::good(DoctorCode::Reach, title, why);
    }
    let problem = |title: String, remedy: &str| DoctorFinding::problem(DoctorCode::Reach, title, why, remedy);
    if came {
        return match status {
            421 => problem(
                format!(
                    "{host} leads here, and the proxy or tunnel passes another name on, which Callboard turns away"
                ),
                "Have the proxy pass the public name on (the Host header), or list the name that it passes on under public_names",
            ),
            403 => problem(
                format!(
                    "{host} leads here, and something on the way adds an Origin header, which Callboard turns away"
                ),
                "Have the proxy pass requests on as they come",
            ),
            503 => problem(
                format!("{host} leads here, and the journal cannot be written"),
                "Check that the disk has room",
            ),
            other => problem(
                format!("{host} leads here, and something between answers {other} in Callboard's place"),
                "Look at the log of the proxy or tunnel",
            ),
        };
    }
    let server = headers
        .get("server")
        .and_then(|s| s.to_str().ok())
        .filter(|s| !s.is_empty());
    let server = server.map_or_else(String::new, |server| {
        format!(" ({})", server.chars().take(40).collect::<String>())
    });
    match status {
        300..=399 => problem(
            format!("{host} sends elsewhere (it answered {status}), and sites follow nowhere"),
            "Enter the address that it leads to, or have the proxy pass requests on without sending elsewhere",
        ),
        401 | 403 => problem(
            format!("Something at {host} asks for a sign-in{server} before anything reaches Callboard"),
            "Let /hooks/ and /healthz through without a sign-in: Callboard checks the signature of every delivery itself",
        ),
        502..=504 | 530 => problem(
            format!(
                "The proxy or tunnel at {host} is there{server} and does not reach Callboard (it answered {status})"
            ),
            "Have it lead to the address of Callboard's receiver on this machine, and nowhere else",
        ),
        _ => problem(
            format!("Something else answers at {host}{server}: it answered {status}, and nothing arrived here"),
            "Have the proxy or tunnel lead to the address of Callboard's receiver on this machine",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Kind {
        kind_of(&Url::parse(address).unwrap())
    }

    #[test]
    fn addresses_that_no_site_accepts_are_told_apart() {
        assert_eq!(kind("https://callboard.studio.example"), Kind::Public);
        assert_eq!(kind("http://callboard.studio.example"), Kind::Unencrypted);
        assert_eq!(kind("http://127.0.0.1:8787"), Kind::Loopback);
        assert_eq!(kind("http://[::1]:8787"), Kind::Loopback);
        assert_eq!(kind("https://localhost"), Kind::Loopback);
        assert_eq!(kind("https://10.1.2.3"), Kind::Private);
        assert_eq!(kind("https://192.168.0.9"), Kind::Private);
        assert_eq!(kind("https://100.101.102.103"), Kind::Private);
        assert_eq!(kind("https://[fd00::1]"), Kind::Private);
        assert_eq!(kind("https://render01"), Kind::Private);
        assert_eq!(kind("https://render01.studio.local"), Kind::Private);
        assert_eq!(kind("https://93.184.216.34"), Kind::Number);
        for address in [
            "http://callboard.studio.example",
            "https://10.1.2.3",
            "https://93.184.216.34",
        ] {
            assert!(by_itself(kind(address), address).is_problem(), "{address}");
        }
    }

    #[test]
    fn what_answers_is_told_by_our_own_knock_and_not_by_its_looks() {
        let none = HeaderMap::new();
        let told = |status, came, listed| answered("relay.example", status, &none, came, listed);
        assert!(!told(200, true, true).is_problem());
        assert!(told(200, false, true).is_problem());
        assert!(!told(421, true, false).is_problem());
        assert!(told(421, true, true).title.contains("passes another name on"));
        assert!(told(302, false, true).title.contains("sends elsewhere"));
        assert!(told(401, false, true).title.contains("sign-in"));
        assert!(told(502, false, true).title.contains("does not reach Callboard"));
    }
}

//! How a site is reached: whom to believe, and by way of whom.

use reqwest::{Certificate, ClientBuilder, NoProxy, Proxy, Url};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::reach::{guarded, is_this_machine};
use crate::{TlsFault, TrackerError};

/// How a site is reached, beside the network's own ways.
///
/// Without a proxy of its own a site is reached by that of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`). With one or
/// the other, hosts that `NO_PROXY` names are reached directly, and a site on this very machine always is.
#[derive(Clone, Default)]
pub struct Network {
    /// The content of the studio's CA file: certificates in PEM, one or several, or one in DER. They are believed beside those that
    /// the machine believes.
    pub studio_ca: Option<Vec<u8>>,
    /// The address of an HTTP proxy: `http://proxy.studio.example:3128`, with a name and password before the host where it wants
    /// them.
    pub proxy: Option<String>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (ca, proxy) = (self.studio_ca.is_some(), self.proxy.is_some());
        write!(f, "Network(studio_ca: {ca}, proxy: {proxy}, …)")
    }
}

impl Network {
    /// Prepares a client for a site. Errors when the site's address is one that no site is at, or the CA file or the proxy's address is
    /// none.
    pub(crate) fn prepare(&self, site: &Url, client: ClientBuilder) -> Result<ClientBuilder, TrackerError> {
        let mut client = guarded(site, client).map_err(TrackerError::NoSiteThere)?;
        if let Some(file) = &self.studio_ca {
            client = client.tls_certs_merge(certificates(file)?);
        }
        if is_this_machine(site) {
            return Ok(client.no_proxy());
        }
        if let Some(address) = &self.proxy {
            let proxy = proxy(address).and_then(|url| Proxy::all(url).ok());
            let proxy = proxy.ok_or(TrackerError::BadProxy)?;
            client = client.proxy(proxy.no_proxy(NoProxy::from_env()));
        }
        Ok(client)
    }

    /// The proxy's host and port, by which it may be spoken of.
    pub(crate) fn proxy_host(&self, site: &Url) -> Option<String> {
        let url = proxy(self.proxy.as_deref().filter(|_| !is_this_machine(site))?)?;
        let port = url.port_or_known_default()?;
        Some(format!("{}:{port}", url.host_str()?))
    }
}

/// A proxy's address, with `http://` where it was left out. A SOCKS proxy is none of ours.
fn proxy(address: &str) -> Option<Url> {
    let address = address.trim();
    let whole = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    let url = Url::parse(&whole).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The certificates of a CA file, each of which can be believed.
fn certificates(file: &[u8]) -> Result<Vec<Certificate>, TrackerError> {
    let bad = |why: &str| TrackerError::BadAuthority(why.to_owned());
    let listed: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(file).collect();
    let mut found = listed.map_err(|_| bad("a certificate in it is cut off or damaged"))?;
    let is_pem = file.windows(5).any(|some| some == b"-----");
    if found.is_empty() && !is_pem {
        found.push(CertificateDer::from(file.to_vec()));
    }
    let mut store = RootCertStore::empty();
    for certificate in &found {
        let added = store.add(certificate.clone());
        added.map_err(|_| {
            bad(if is_pem {
                "a certificate in it cannot be read"
            } else {
                "it is no certificate"
            })
        })?;
    }
    if found.is_empty() {
        return Err(bad("there is no certificate in it"));
    }
    let read = found.iter().map(|certificate| Certificate::from_der(certificate));
    read.collect::<Result<_, _>>()
        .map_err(|_| bad("a certificate in it cannot be read"))
}

/// What is wrong with the encryption, where that is what an error comes from.
#[must_use]
pub fn tls_fault(error: &(dyn std::error::Error + 'static)) -> Option<TlsFault> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(error) = this.downcast_ref::<rustls::Error>() {
            return Some(fault(error));
        }
        // An I/O error passes over what it wraps when it is asked for its source.
        let wrapped = this.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => this.source(),
        };
    }
    None
}

fn fault(error: &rustls::Error) -> TlsFault {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => TlsFault::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => TlsFault::NotYetValid,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => TlsFault::OtherName,
            Certificate::UnknownIssuer => TlsFault::UnknownIssuer,
            Certificate::Revoked => TlsFault::Revoked,
            other => TlsFault::Other(other.to_string()),
        },
        rustls::Error::NoCertificatesPresented => TlsFault::Other("it shows none".to_owned()),
        // What came is no TLS record at all.
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        other => TlsFault::Other(other.to_string()),
    }
}

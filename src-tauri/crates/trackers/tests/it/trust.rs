//! Certificates: whom a client believes, and what it says of each that it does not.

use std::net::SocketAddr;
use std::sync::Arc;

use callboard_trackers::{Network, TlsFault, Tracker, TrackerError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::site::{KEY, Site, minted, records, task, task_record};

/// A certificate authority, as a studio has one.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// What believes this authority.
    pub(crate) fn network(&self) -> Network {
        Network {
            studio_ca: Some(self.pem().into_bytes()),
            proxy: None,
        }
    }

    /// A site of that name on this machine with a certificate by this authority, changed as a test wants it.
    pub(crate) async fn site(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Site {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Site::on(
            Encrypted { tcp, acceptor },
            format!("https://127.0.0.1:{port}"),
            |asked, before| {
                if asked.path.ends_with("access_token") {
                    minted(before, 600)
                } else {
                    records(&[task_record(5001, "ip")])
                }
            },
        )
    }
}

struct Encrypted {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (tcp, address) = self.tcp.accept().await.unwrap();
            // A caller that does not believe us hangs up.
            if let Ok(io) = self.acceptor.accept(tcp).await {
                return (io, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// What a client says of a site, whom it has told nothing.
async fn fault(site: &Site, network: &Network) -> TlsFault {
    let error = site.client_by(network).unwrap().me().await.unwrap_err();
    assert!(site.asked().is_empty(), "nothing is sent, the key least of all");
    assert!(
        !error.passing() && error.of_the_site(),
        "somebody must mend it, and until then nothing is given up"
    );
    let said = format!("{error} {error:?}");
    assert!(
        said.starts_with(&format!("{} cannot be trusted: ", site.url)) && !said.contains(KEY),
        "{said}"
    );
    match error {
        TrackerError::Untrusted { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_site_by_the_studios_own_authority_is_believed_where_that_is_chosen() {
    let studio = Authority::new("Northlight CA");
    let site = studio.site("127.0.0.1", |_| {}).await;
    let client = site.client_by(&studio.network()).unwrap();
    let statuses = client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(statuses[&task(5001)], Some("ip".into()));
    client.examination().unwrap().newest_of(&"Task".into()).await.unwrap();
}

#[tokio::test]
async fn a_ca_file_may_hold_several_and_other_things_beside_them_or_be_der() {
    let (studio, other) = (Authority::new("Northlight CA"), Authority::new("Southlight CA"));
    let site = studio.site("127.0.0.1", |_| {}).await;
    let key = KeyPair::generate().unwrap().serialize_pem();
    let bundle = format!("# Southlight\n{}{key}\n# Northlight\n{}", other.pem(), studio.pem());
    for file in [bundle.into_bytes(), studio.0.der().to_vec()] {
        let network = Network {
            studio_ca: Some(file),
            proxy: None,
        };
        site.client_by(&network).unwrap().me().await.unwrap();
    }
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_not_believed() {
    let (studio, other) = (Authority::new("Northlight CA"), Authority::new("Northlight CA"));
    let site = studio.site("127.0.0.1", |_| {}).await;
    assert_eq!(fault(&site, &Network::default()).await, TlsFault::UnknownIssuer);
    let said = site.client().me().await.unwrap_err().to_string();
    assert!(said.contains("choose the studio's CA file in Sites"), "{said}");
    // Of the same name, with another key.
    let by_another = fault(&site, &other.network()).await;
    assert!(
        matches!(by_another, TlsFault::UnknownIssuer | TlsFault::Other(_)),
        "{by_another:?}"
    );
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_told_apart_from_one_before_it() {
    let studio = Authority::new("Northlight CA");
    let expired = studio
        .site("127.0.0.1", |params| params.not_after = date_time_ymd(2020, 1, 1))
        .await;
    assert_eq!(fault(&expired, &studio.network()).await, TlsFault::Expired);
    let early = studio
        .site("127.0.0.1", |params| params.not_before = date_time_ymd(4090, 1, 1))
        .await;
    assert_eq!(fault(&early, &studio.network()).await, TlsFault::NotYetValid);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_believed() {
    let studio = Authority::new("Northlight CA");
    let site = studio.site("sg.northlight.example", |_| {}).await;
    assert_eq!(fault(&site, &studio.network()).await, TlsFault::OtherName);
}

#[tokio::test]
async fn a_certificate_that_is_no_server_s_is_told_in_the_library_s_words() {
    let studio = Authority::new("Northlight CA");
    let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let site = studio.site("127.0.0.1", authority).await;
    let fault = fault(&site, &studio.network()).await;
    assert!(matches!(&fault, TlsFault::Other(why) if !why.is_empty()), "{fault:?}");
}

#[tokio::test]
async fn what_speaks_no_tls_is_told() {
    let mut site = Site::start(|_, _| records(&[])).await;
    site.url = site.url.replace("http://", "https://");
    assert_eq!(fault(&site, &Network::default()).await, TlsFault::NotTls);
}

#[tokio::test]
async fn each_fault_says_what_to_do() {
    let faults = [
        TlsFault::Expired,
        TlsFault::NotYetValid,
        TlsFault::OtherName,
        TlsFault::UnknownIssuer,
        TlsFault::Revoked,
        TlsFault::NotTls,
        TlsFault::Other("bad encoding".into()),
    ];
    let said: std::collections::BTreeSet<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), faults.len());
    for sentence in said {
        assert!(
            ["Check", "check", "Ask", "choose"]
                .iter()
                .any(|word| sentence.contains(word)),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_told_before_anything_is_sent() {
    let studio = Authority::new("Northlight CA");
    let site = studio.site("127.0.0.1", |_| {}).await;
    let pem = studio.pem();
    let half = &pem[..pem.len() / 2];
    let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (file, why) in [
        ("", "it is no certificate"),
        ("Dear coordinator,", "it is no certificate"),
        (half, "cut off or damaged"),
        (garbled, "cannot be read"),
        (key.as_str(), "there is no certificate in it"),
    ] {
        let network = Network {
            studio_ca: Some(file.into()),
            proxy: None,
        };
        let refused = site.client_by(&network).err().unwrap();
        assert!(
            matches!(&refused, TrackerError::BadAuthority(said) if said.contains(why)),
            "{why}: {refused}"
        );
    }
    assert!(site.asked().is_empty());
}

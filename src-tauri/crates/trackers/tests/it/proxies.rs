//! Proxies: who is asked by way of one, and what is said when it does not let us through.

use std::sync::{Arc, Mutex};

use callboard_trackers::{Network, TlsFault, Tracker, TrackerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{KEY, Site, records, task, task_record};
use crate::trust::Authority;

/// An HTTP proxy that leads every host to this machine and remembers whom it was asked for.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// With a refusal it lets nobody through.
    async fn start(refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap().to_string(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&proxy.asked);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(lead(caller, Arc::clone(&asked), refusal));
            }
        });
        proxy
    }

    fn network(&self) -> Network {
        Network {
            studio_ca: None,
            proxy: Some(format!("http://noor:s3cret@{}", self.address)),
        }
    }

    /// The first lines of what it was asked.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn lead(mut caller: TcpStream, asked: Arc<Mutex<Vec<String>>>, refusal: Option<&'static str>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(caller.read_u8().await.unwrap());
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let first = text.lines().next().unwrap().to_owned();
    // `noor:s3cret`
    let is_known = text
        .to_lowercase()
        .contains("\r\nproxy-authorization: basic bm9vcjpzm2nyzxq=\r\n");
    asked
        .lock()
        .unwrap()
        .push(format!("{first}{}", if is_known { "" } else { " unknown" }));
    if let Some(refusal) = refusal {
        caller.write_all(refusal.as_bytes()).await.unwrap();
        return;
    }
    let target = first.split(' ').nth(1).unwrap().trim_start_matches("http://");
    let port = target.split('/').next().unwrap().rsplit(':').next().unwrap();
    let mut site = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    if first.starts_with("CONNECT ") {
        caller.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    } else {
        site.write_all(&head).await.unwrap();
    }
    // Either may hang up first.
    let _ = tokio::io::copy_bidirectional(&mut caller, &mut site).await;
}

/// The site under a name that only the proxy knows.
fn named(mut site: Site, name: &str) -> Site {
    site.url = site.url.replace("127.0.0.1", name);
    site
}

#[tokio::test]
async fn an_encrypted_site_is_reached_through_one_tunnel() {
    let (studio, proxy) = (Authority::new("Northlight CA"), Proxy::start(None).await);
    let site = named(
        studio.site("sg.northlight.example", |_| {}).await,
        "sg.northlight.example",
    );
    let network = Network {
        studio_ca: studio.network().studio_ca,
        ..proxy.network()
    };
    let client = site.client_by(&network).unwrap();
    let statuses = client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(statuses[&task(5001)], Some("ip".into()));
    client.statuses(&[task(5001)]).await.unwrap();
    let host = site.url.trim_start_matches("https://");
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT {host} HTTP/1.1")],
        "one connection serves all"
    );
    assert_eq!(site.asked().len(), 3);

    let unknown = site.client_by(&proxy.network()).unwrap().me().await.unwrap_err();
    let expected = TrackerError::Untrusted {
        site: site.url.clone(),
        fault: TlsFault::UnknownIssuer,
    };
    assert_eq!(unknown, expected, "a tunnel is no reason to believe");
}

#[tokio::test]
async fn a_plain_site_is_asked_for_by_its_whole_address() {
    let proxy = Proxy::start(None).await;
    let site = named(
        Site::start(|_, _| records(&[task_record(5001, "ip")])).await,
        "sg.northlight.example",
    );
    let client = site.client_by(&proxy.network()).unwrap();
    client.statuses(&[task(5001)]).await.unwrap();
    let first = format!("POST {}/api/v1/auth/access_token HTTP/1.1", site.url);
    assert_eq!(proxy.asked().first(), Some(&first));
}

#[tokio::test]
async fn a_site_on_this_machine_is_reached_without_a_proxy() {
    let proxy = Proxy::start(Some("HTTP/1.1 502 Bad Gateway\r\n\r\n")).await;
    for host in ["127.0.0.1", "localhost"] {
        let site = named(Site::start(|_, _| records(&[])).await, host);
        site.client_by(&proxy.network()).unwrap().me().await.unwrap();
    }
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_named_without_its_password() {
    for refusal in [
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        "",
    ] {
        let proxy = Proxy::start(Some(refusal)).await;
        let site = named(
            Authority::new("CA").site("sg.northlight.example", |_| {}).await,
            "sg.northlight.example",
        );
        let error = site.client_by(&proxy.network()).unwrap().me().await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(matches!(error, TrackerError::Unreachable { .. }), "{said}");
        assert!(
            said.contains(&format!("by way of the proxy {}: ", proxy.address)),
            "{said}"
        );
        assert!(!said.contains("s3cret") && !said.contains(KEY), "{said}");
        assert!(error.passing());
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_says_so_to_a_plain_site_s_caller_too() {
    let proxy = Proxy::start(Some(
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let site = named(Site::start(|_, _| records(&[])).await, "sg.northlight.example");
    let error = site.client_by(&proxy.network()).unwrap().me().await.unwrap_err();
    let why = format!(
        "by way of the proxy {}: the proxy wants a name and a password",
        proxy.address
    );
    assert_eq!(
        error,
        TrackerError::Unreachable {
            site: site.url.clone(),
            why
        }
    );
}

#[tokio::test]
async fn a_proxy_where_nobody_listens_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let site = named(Site::start(|_, _| records(&[])).await, "sg.northlight.example");
    let network = Network {
        studio_ca: None,
        // As people type it.
        proxy: Some(format!(" {address} ")),
    };
    let error = site.client_by(&network).unwrap().me().await.unwrap_err().to_string();
    assert!(error.contains(&format!("by way of the proxy {address}: ")), "{error}");
}

#[tokio::test]
async fn a_proxys_address_that_is_none_is_told_and_not_repeated() {
    let site = named(Site::start(|_, _| records(&[])).await, "sg.northlight.example");
    for address in [
        "",
        "http://",
        "socks5://noor:s3cret@proxy:1080",
        "noor:s3cret@",
        "ftp://proxy",
        "http://a b:s3cret",
    ] {
        let network = Network {
            studio_ca: None,
            proxy: Some(address.into()),
        };
        assert!(!format!("{network:?}").contains("s3cret"));
        let refused = site.client_by(&network).err();
        assert_eq!(refused, Some(TrackerError::BadProxy), "{address}");
    }
}

//! Where a key or a signed message may go at all, looked at when the connection is made.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Url};

/// Where EC2 tells a machine its own keys over IPv6; over IPv4, as with other clouds, it is a link-local address.
const EC2_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

type Lookup = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// Prepares a client for one address: names are looked up and judged in one step with connecting, so that a name cannot be one thing
/// when it is checked and another when the key goes out. Errors with why where the address is a number that nothing of ours is at.
///
/// A private network and this machine are allowed, since whoever enters an address chooses it; this machine only where it is called so.
pub fn guarded(url: &Url, client: ClientBuilder) -> Result<ClientBuilder, String> {
    guarded_by(lookup, url, client)
}

fn guarded_by(lookup: Lookup, url: &Url, client: ClientBuilder) -> Result<ClientBuilder, String> {
    judge_number(url)?;
    Ok(client.dns_resolver(Judged(lookup)))
}

/// Errors with why where an address is a number that nothing of ours is at. A name is judged when it is looked up.
pub fn judge_number(url: &Url) -> Result<(), String> {
    match bare_host(url).parse::<IpAddr>() {
        Ok(ip) if is_never(ip) => Err(format!("{ip} is an address that no site is at")),
        _ => Ok(()),
    }
}

/// Whether an address is this very machine by its own word: it is reached without a proxy.
#[must_use]
pub fn is_this_machine(url: &Url) -> bool {
    let host = bare_host(url);
    let number = host.parse::<IpAddr>().ok();
    number.is_some_and(|ip| ip.to_canonical().is_loopback()) || is_named_here(host)
}

fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_named_here(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether no site is there, whoever enters it: link-local, where clouds tell a machine its keys, and what is no single machine.
fn is_never(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || ip == EC2_METADATA,
    }
}

/// Looks names up, and gives no address of a name that is not allowed to have it.
struct Judged(Lookup);

impl Resolve for Judged {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(lookup) = *self;
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = lookup(name.clone()).await?;
            for ip in found.iter().map(SocketAddr::ip) {
                if is_never(ip) {
                    return Err(format!("{name} leads to {ip}, an address that no site is at").into());
                }
                if ip.to_canonical().is_loopback() && !is_named_here(&name) {
                    return Err(format!(
                        "{name} leads to this machine ({ip}). Enter that number in place of the name if it is meant"
                    )
                    .into());
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn lookup(name: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A name service in which the name says the number: `10-0-0-1.example` is 10.0.0.1, and `turning.localhost` is this machine the
    /// first time and a cloud's metadata from then on.
    #[expect(clippy::needless_pass_by_value, reason = "a name service is handed the name")]
    fn made_up(name: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        static TURNS: AtomicUsize = AtomicUsize::new(0);
        let first = name.split('.').next().unwrap_or_default();
        let ip = match first {
            "turning" if TURNS.fetch_add(1, Ordering::SeqCst) == 0 => "127.0.0.1".to_owned(),
            "turning" => "169.254.169.254".to_owned(),
            "mapped" => "::ffff:169.254.169.254".to_owned(),
            "six" => "::1".to_owned(),
            "ec2" => EC2_METADATA.to_string(),
            "here" => "127.0.0.1".to_owned(),
            number => number.replace('-', "."),
        };
        Box::pin(async move { Ok(vec![SocketAddr::new(ip.parse().map_err(io::Error::other)?, 0)]) })
    }

    async fn ask(url: &str) -> Result<u16, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = Url::parse(url).unwrap();
        let client = guarded_by(made_up, &url, reqwest::Client::builder().no_proxy())?
            .build()
            .unwrap();
        client
            .get(url)
            .send()
            .await
            .map(|answer| answer.status().as_u16())
            .map_err(|error| {
                let mut cause: &dyn std::error::Error = &error;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                cause.to_string()
            })
    }

    /// Answers whoever connects to this machine, and counts them.
    async fn ears() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        tokio::spawn({
            let heard = heard.clone();
            async move {
                while let Ok((mut caller, _)) = listener.accept().await {
                    heard.fetch_add(1, Ordering::SeqCst);
                    let mut asked = [0; 4096];
                    // What is asked is of no matter.
                    let _ = caller.read(&mut asked).await;
                    let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                    let _ = caller.write_all(answer.as_bytes()).await;
                }
            }
        });
        (port, heard)
    }

    #[tokio::test]
    async fn no_connection_is_made_to_where_a_name_may_not_lead() {
        let (port, heard) = ears().await;
        for name in ["here.localhost", "here.LOCALHOST", "127.0.0.1"] {
            assert_eq!(ask(&format!("http://{name}:{port}/")).await, Ok(200), "{name}");
        }
        assert_eq!(heard.load(Ordering::SeqCst), 3);
        for name in [
            "here.example",
            "127-0-0-2.example",
            "six.example",
            "169-254-169-254.example",
            "mapped.example",
            "ec2.example",
            "0-0-0-0.example",
            "0-0-0-0.localhost",
            "255-255-255-255.example",
            "169.254.169.254",
            "[::ffff:169.254.169.254]",
            "[fe80::1]",
            "[::]",
            "0.0.0.0",
            "2852039166",
            "0xa9.254.0251.0376",
        ] {
            let told = ask(&format!("http://{name}:{port}/")).await.unwrap_err();
            assert!(
                told.contains("no site is at") || told.contains("this machine"),
                "{name}: {told}"
            );
        }
        assert_eq!(heard.load(Ordering::SeqCst), 3, "nobody was connected to");
    }

    #[tokio::test]
    async fn a_name_that_turns_between_two_connections_is_judged_at_each() {
        let (port, heard) = ears().await;
        let url = format!("http://turning.localhost:{port}/");
        assert_eq!(ask(&url).await, Ok(200));
        assert!(ask(&url).await.unwrap_err().contains("169.254.169.254"));
        assert_eq!(heard.load(Ordering::SeqCst), 1);
    }
}

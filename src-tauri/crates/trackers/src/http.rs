//! How a site is asked: one client for all its calls, and what it means when the network fails.

use std::time::Duration;

use reqwest::header::{CONNECTION, RETRY_AFTER, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode as Http, Url, redirect};
use serde_json::Value;

use crate::network::tls_fault;
use crate::{Network, TrackerError};

/// How long the site may take to answer, and to be connected to.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The way to one site.
pub(crate) struct SiteHttp {
    client: Client,
    /// The same for connections that stay open: a websocket begins with HTTP/1.1 and has no end to wait for.
    open: Client,
    /// Scheme, host and port: the only place that the key goes to.
    site: String,
    /// The proxy's host and port, where the site has one of its own.
    proxy: Option<String>,
}

impl SiteHttp {
    /// Errors when `url` is no web address, or what is said of the network cannot be used. Nothing is sent yet.
    pub(crate) fn new(url: &str, network: &Network) -> Result<Self, TrackerError> {
        let bad = || TrackerError::BadAddress(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| bad())?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(TrackerError::AddressWithPassword);
        }
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad());
        }
        // Another provider may be installed already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origin = parsed.origin();
        let within_site = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() < 5 && attempt.url().origin() == origin {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let builder = || {
            Client::builder()
                .connect_timeout(CONNECT_WITHIN)
                .user_agent(concat!("Callboard/", env!("CARGO_PKG_VERSION")))
        };
        let built = |client: ClientBuilder| {
            network
                .prepare(&parsed, client)?
                .build()
                .map_err(|e| TrackerError::Unreachable {
                    site: url.to_owned(),
                    why: e.to_string(),
                })
        };
        let client = built(builder().redirect(within_site).timeout(ANSWER_WITHIN))?;
        let open = built(builder().redirect(redirect::Policy::none()).http1_only())?;
        Ok(Self {
            client,
            open,
            site: parsed.origin().ascii_serialization(),
            proxy: network.proxy_host(&parsed),
        })
    }

    /// Scheme, host and port.
    pub(crate) fn site(&self) -> &str {
        &self.site
    }

    /// A request to a path of the site.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.site))
    }

    /// A request that asks a path of the site for a websocket.
    pub(crate) fn upgrade(&self, path: &str, key: &str) -> RequestBuilder {
        self.open
            .get(format!("{}{path}", self.site))
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, key)
    }

    /// Sends a request. Every answer of the site itself is one, be it of a failure.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, TrackerError> {
        let response = request.send().await.map_err(|e| self.network(&e))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(TrackerError::Redirected(self.site.clone()));
        }
        if status == Http::PROXY_AUTHENTICATION_REQUIRED {
            return Err(self.unreachable("the proxy wants a name and a password"));
        }
        Ok(response)
    }

    /// What an answer says that comes from a site that is down or busy.
    pub(crate) fn down(&self, response: &Response) -> Option<TrackerError> {
        let status = response.status();
        if !status.is_server_error() && status != Http::TOO_MANY_REQUESTS {
            return None;
        }
        let seconds = response.headers().get(RETRY_AFTER);
        let seconds = seconds.and_then(|v| v.to_str().ok()?.parse().ok());
        Some(TrackerError::Down {
            site: self.site.clone(),
            status: status.as_u16(),
            retry_after: seconds.map(Duration::from_secs),
        })
    }

    /// The JSON of an answer.
    pub(crate) async fn json(&self, response: Response) -> Result<Value, TrackerError> {
        let bytes = response.bytes().await.map_err(|e| self.network(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| self.unreadable(&e.to_string()))
    }

    fn network(&self, error: &reqwest::Error) -> TrackerError {
        if error.is_timeout() {
            return TrackerError::Timeout(self.site.clone());
        }
        if let Some(fault) = tls_fault(error) {
            return TrackerError::Untrusted {
                site: self.site.clone(),
                fault,
            };
        }
        // reqwest's own words name the URL and hide the cause.
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        if error.is_connect() {
            return self.unreachable(&cause.to_string());
        }
        TrackerError::Unreachable {
            site: self.site.clone(),
            why: cause.to_string(),
        }
    }

    /// There is no way through, be it for the proxy.
    fn unreachable(&self, why: &str) -> TrackerError {
        TrackerError::Unreachable {
            site: self.site.clone(),
            why: match &self.proxy {
                Some(proxy) => format!("by way of the proxy {proxy}: {why}"),
                None => why.to_owned(),
            },
        }
    }

    /// An answer that is not this tracker's.
    pub(crate) fn unreadable(&self, why: &str) -> TrackerError {
        TrackerError::Unreadable {
            site: self.site.clone(),
            why: why.to_owned(),
        }
    }
}

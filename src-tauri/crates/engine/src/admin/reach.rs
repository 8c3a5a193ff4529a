//! Whether a public address leads to this receiver, and which one it is.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use callboard_receiver::Knocks;
use callboard_trackers::tls_fault;
use reqwest::{Client, Url, redirect};

use super::reachable::{self, Kind, NoAnswer, answered, by_itself, by_name, encrypted, no_answer};
use super::refused;
use super::webhook::as_kept;
use crate::api::{ApiError, DoctorFinding, HooksView};
use crate::secrets::random_hex;
use crate::settings::{SettingsChange, public_url};
use crate::start::Engine;

/// As long as the site waits for an answer (ShotGrid documentation, Webhooks, "Responding to a webhook").
const WITHIN: Duration = Duration::from_secs(6);

/// What is at a public address.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) findings: Vec<DoctorFinding>,
    /// Whether our own knock arrived at this receiver, whatever was answered.
    pub(super) came: bool,
}

impl Engine {
    /// Checks that a public address leads to this receiver.
    pub(crate) async fn check_reach(&self, address: &str) -> Result<Vec<DoctorFinding>, ApiError> {
        Ok(self.reach(address).await?.findings)
    }

    pub(super) async fn reach(&self, address: &str) -> Result<Reached, ApiError> {
        let url = public_url(address)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let kind = reachable::kind_of(&url);
        let mut findings = vec![by_itself(kind, as_kept(address)?.as_str())];
        let found = look_up(&url).await;
        findings.push(by_name(&host, &found, kind == Kind::Loopback));
        if !found.is_ok_and(|ips| !ips.is_empty()) {
            return Ok(Reached { findings, came: false });
        }
        let knocked = self.knock(&url, &host).await?;
        findings.extend(knocked.findings);
        Ok(Reached {
            findings,
            came: knocked.came,
        })
    }

    /// Asks the address how it is, with a word that only this receiver knows.
    async fn knock(&self, url: &Url, host: &str) -> Result<Reached, ApiError> {
        let word = random_hex().map_err(|e| refused(e.to_string()))?;
        let at = format!(
            "{}/healthz?{}={word}",
            url.as_str().trim_end_matches('/'),
            Knocks::PARAMETER
        );
        let knocks = self.doors().knocks();
        knocks.expect(&word);
        let answer = match client(reachable::kind_of(url) == Kind::Loopback) {
            Ok(client) => self.desk().stop.run_until_cancelled(client.get(at).send()).await,
            Err(error) => Some(Err(error)),
        };
        let came = knocks.has_come(&word);
        let answer = answer.ok_or_else(super::stopping)?;
        let findings = match answer {
            Err(error) => vec![no_answer(host, &why_no_answer(&error))],
            Ok(answer) => {
                let is_listed = self.doors().answers_to(host);
                let last = answered(host, answer.status().as_u16(), answer.headers(), came, is_listed);
                let safe = (url.scheme() == "https").then(|| encrypted(host));
                safe.into_iter().chain([last]).collect()
            }
        };
        Ok(Reached { findings, came })
    }

    /// Sets the address under which sites reach this receiver.
    pub(crate) async fn set_public_address(&self, address: Option<String>) -> Result<HooksView, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let address = address
                .as_deref()
                .map(str::trim)
                .filter(|a| !a.is_empty())
                .map(as_kept)
                .transpose()?;
            let mut keeping = engine.keeping().lock().await;
            keeping.change(&SettingsChange::PublicAddress(address))?;
            engine.doors().set_public_names(keeping.settings().hosts());
            drop(keeping);
            engine.hooks_view().await
        })
        .await
    }
}

async fn look_up(url: &Url) -> Result<Vec<IpAddr>, String> {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::time::timeout(WITHIN, tokio::net::lookup_host((host, port))).await {
        Err(_) => Err("the name service does not answer".into()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
    }
}

/// A client that goes where it is told and nowhere else, as a site does.
fn client(is_loopback: bool) -> Result<Client, reqwest::Error> {
    // Another provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder();
    let client = if is_loopback { client.no_proxy() } else { client };
    client
        .redirect(redirect::Policy::none())
        .timeout(WITHIN)
        .user_agent(concat!("Callboard/", env!("CARGO_PKG_VERSION")))
        .build()
}

fn why_no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer::Late;
    }
    if let Some(fault) = tls_fault(error) {
        return NoAnswer::Tls(fault);
    }
    // The deepest cause: what reqwest itself says names the whole address, with our word in it.
    let mut cause = error.source();
    let mut said = "no connection".to_owned();
    while let Some(deeper) = cause {
        said = deeper.to_string();
        cause = deeper.source();
    }
    NoAnswer::Refused(said)
}

//! A running practice site: from its options to its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::DropGuard;

use crate::bad_days::{self, BadDay};
use crate::control::Control;
use crate::creative_force;
use crate::ftrack;
use crate::hooks::{Hook, everything};
use crate::log::FIRST_ROW;
use crate::people::{self, People};
use crate::rest;
use crate::seed::{SCRIPT_KEY, SCRIPT_NAME, production};
use crate::site::Site;

/// A client may need this long without a request before it is taken to have finished its tail.
const QUIET: Duration = Duration::from_secs(2);
/// After `--seconds`, the site waits no longer than this for quiet.
const LONGEST_TAIL: Duration = Duration::from_secs(60);
const STOPPING: Duration = Duration::from_secs(2);

/// Options of `callboard practice`.
#[derive(clap::Args, Clone, Debug)]
pub struct PracticeArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The same seed gives the same production and the same people
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The number of the first event; a higher one where another production has told events before
    #[arg(long, value_name = "N", default_value_t = FIRST_ROW)]
    pub first_event: i64,
    /// Shots in the main project
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub shots: usize,
    /// Create a webhook subscription that delivers to URL (repeatable)
    #[arg(long, value_name = "URL")]
    pub hook: Vec<String>,
    /// Secret token of the subscriptions, which signs their deliveries
    #[arg(long, value_name = "TOKEN")]
    pub secret: Option<String>,
    /// Make an ftrack Automation at start that delivers to URL (repeatable)
    #[arg(long, value_name = "URL")]
    pub ftrack_hook: Vec<String>,
    /// Secret that the deliveries of the ftrack Automations carry, in the header x-callboard-secret
    #[arg(long, value_name = "VALUE")]
    pub ftrack_secret: Option<String>,
    /// Send the events of a photo studio on Creative Force to URL: one of each kind at start (repeatable)
    #[arg(long, value_name = "URL")]
    pub creative_force_hook: Vec<String>,
    /// Secret key that signs the deliveries of the photo studio
    #[arg(long, value_name = "TOKEN")]
    pub creative_force_secret: Option<String>,
    /// Deliver in batches of up to 50 events
    #[arg(long)]
    pub batched: bool,
    /// Events a second made by simulated people
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    pub rate: f64,
    /// Stop by itself after N seconds, once everything is quiet
    #[arg(long, value_name = "N")]
    pub seconds: Option<f64>,
    /// Let the script `practice` leave event log rows and raise deliveries by its own writes
    #[arg(long)]
    pub generate_event_log_entries: bool,
    /// Take the permission "Show Webhooks" from scripts
    #[arg(long)]
    pub hide_webhooks: bool,
    /// Rehearse a fault of the site or of the way to it (repeatable); `list` names them
    #[arg(long, value_name = "NAME", value_parser = bad_days::Named)]
    pub bad_day: Vec<BadDay>,
}

impl Default for PracticeArgs {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            first_event: FIRST_ROW,
            shots: 24,
            hook: Vec::new(),
            secret: None,
            ftrack_hook: Vec::new(),
            ftrack_secret: None,
            creative_force_hook: Vec::new(),
            creative_force_secret: None,
            batched: false,
            rate: 0.0,
            seconds: None,
            generate_event_log_entries: false,
            hide_webhooks: false,
            bad_day: Vec::new(),
        }
    }
}

/// Why a practice site did not start.
#[derive(Debug, Error)]
pub enum PracticeError {
    /// The address cannot be listened on.
    #[error("the practice site cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The client that sends deliveries cannot be made.
    #[error("the practice site cannot make its HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A number of the options makes no sense.
    #[error("--{option} takes a number from 0 up, not {value}")]
    Number {
        /// The option's name.
        option: &'static str,
        /// What was given.
        value: f64,
    },
    /// A hook's address is no http address.
    #[error("--{option} takes an http or https address, not {url}")]
    Hook {
        /// The option's name.
        option: &'static str,
        /// What was given.
        url: String,
    },
    /// The ftrack side does not take an Automation.
    #[error("--ftrack-hook {url}: {reason}")]
    Automation {
        /// The address asked for.
        url: String,
        /// What the workspace says.
        reason: String,
    },
}

/// A running practice site. Dropping it stops it.
pub struct Practice {
    site: Arc<Site>,
    server: JoinHandle<()>,
    started: Instant,
    limit: Option<Duration>,
    _stop_on_drop: DropGuard,
}

fn seconds(option: &'static str, value: f64) -> Result<Duration, PracticeError> {
    Duration::try_from_secs_f64(value).map_err(|_| PracticeError::Number { option, value })
}

fn check_addresses(option: &'static str, urls: &[String]) -> Result<(), PracticeError> {
    let is_http = |url: &&String| reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match urls.iter().find(|url| !is_http(url)) {
        Some(url) => Err(PracticeError::Hook {
            option,
            url: url.clone(),
        }),
        None => Ok(()),
    }
}

impl Practice {
    /// Binds, builds the production, creates the subscriptions, and lets the people begin if they have a rate.
    pub async fn start(args: PracticeArgs) -> Result<Self, PracticeError> {
        let limit = args.seconds.map(|value| seconds("seconds", value)).transpose()?;
        seconds("rate", args.rate)?;
        check_addresses("hook", &args.hook)?;
        check_addresses("creative-force-hook", &args.creative_force_hook)?;
        // A second caller finds the first one's provider in place, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;

        let listening = |source| PracticeError::Listen {
            address: args.listen,
            source,
        };
        let listener = TcpListener::bind(args.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;

        let first_row = args.first_event.max(FIRST_ROW);
        let mut world = production(args.seed, args.shots, args.generate_event_log_entries, first_row);
        world.faults.webhooks_hidden = args.hide_webhooks;
        for url in args.hook {
            let hook = Hook::new(world.uuid(), url, args.secret.clone(), args.batched);
            world.hooks.push(hook.subscribed_to(everything()));
        }
        for day in args.bad_day {
            world.begin_bad_day(day);
        }
        let (hooks, people) = (world.hooks.len(), People::new(&world, args.seed));
        let ftrack = ftrack::Side::new(&world, args.seed);
        for url in &args.ftrack_hook {
            let subscribed = ftrack.lock().subscribe(url, args.ftrack_secret.as_deref());
            subscribed.map_err(|reason| PracticeError::Automation {
                url: url.clone(),
                reason,
            })?;
        }
        let secret = args.creative_force_secret.as_deref();
        let studio = creative_force::Side::new(args.seed, &args.creative_force_hook, secret);
        let site = Site::new(world, ftrack, studio, http, format!("http://{address}"));
        for index in 0..hooks {
            site.start_worker(index);
        }

        site.tasks.spawn(ftrack::work(Arc::clone(&site)));
        if !args.creative_force_hook.is_empty() {
            site.send_every_creative_force_event();
        }

        let router = Router::new()
            .route("/socket.io/1/", axum::routing::get(ftrack::handshake))
            .route("/socket.io/1/websocket/{session}", axum::routing::any(ftrack::socket))
            .fallback(rest::answer)
            .with_state(Arc::clone(&site));
        // Many small answers on kept connections: waiting to fill a packet would be most of their time.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let stopping = site.cancel.clone();
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the practice site stopped serving");
            }
        });
        if args.rate > 0.0 {
            site.tasks
                .spawn(people::work(Arc::clone(&site), people, args.rate, limit));
            if !args.ftrack_hook.is_empty() {
                let people = ftrack::People::new(args.seed);
                site.tasks
                    .spawn(ftrack::people_work(Arc::clone(&site), people, args.rate, limit));
            }
            if !args.creative_force_hook.is_empty() {
                site.tasks
                    .spawn(creative_force::people_work(Arc::clone(&site), args.rate, limit));
            }
        }
        let stop_on_drop = site.cancel.clone().drop_guard();
        Ok(Self {
            site,
            server,
            started: Instant::now(),
            limit,
            _stop_on_drop: stop_on_drop,
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        self.site.url.clone()
    }

    /// What `callboard practice` prints first.
    pub fn ready_line(&self) -> Value {
        json!({"ready": true, "url": self.site.url, "script_name": SCRIPT_NAME, "script_key": SCRIPT_KEY,
            "ftrack": {"url": self.site.url, "user": ftrack::USER, "api_key": ftrack::API_KEY}})
    }

    /// A handle for tests.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.site))
    }

    /// Resolves when `seconds` have passed, every delivery is answered and no request has come for two seconds, or a
    /// minute after the people stopped at the latest. Without `seconds`, never.
    pub async fn finished(&self) {
        let Some(limit) = self.limit else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(self.started + limit).await;
        // What is left over gets through, so that the day ends well.
        self.site.lock().end_bad_days();
        self.site.ftrack.lock().hurry();
        let latest = Instant::now() + LONGEST_TAIL;
        let mut looking = tokio::time::interval(Duration::from_millis(50));
        while !self.is_quiet() && Instant::now() < latest {
            looking.tick().await;
        }
    }

    fn is_quiet(&self) -> bool {
        let all_told = self.site.ftrack.lock().is_all_delivered() && self.site.creative_force.lock().is_all_delivered();
        let world = self.site.lock();
        all_told && world.is_all_delivered() && world.traffic.last.elapsed() >= QUIET
    }

    /// Stops serving and sending, in at most two seconds.
    pub async fn stop(self) {
        self.site.cancel.cancel();
        self.site.tasks.close();
        let Self { site, mut server, .. } = self;
        let stopped = tokio::time::timeout(STOPPING, async {
            let served = (&mut server).await;
            site.tasks.wait().await;
            served
        });
        if stopped.await.is_err() {
            server.abort();
        }
    }
}

//! `callboard serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use callboard_engine::{Engine, EngineOptions, Settings};
use callboard_model::SystemClock;
use serde_json::json;

use crate::rules::read_rules;
use crate::{Failure, print, say};

#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// The folder of the journal; made if missing
    #[arg(long)]
    data: PathBuf,
    /// Where the receiver listens
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where the UI and its API listen
    #[arg(long, default_value = "127.0.0.1:8788")]
    api: SocketAddr,
    /// Sites and hooks, in TOML
    #[arg(long)]
    config: Option<PathBuf>,
    /// Makes this rule set live
    #[arg(long)]
    rules: Option<PathBuf>,
}

pub(crate) async fn run(args: ServeArgs) -> Result<(), Failure> {
    let settings = match &args.config {
        Some(path) => Settings::read(path)?,
        None => Settings::default(),
    };
    let rules = args.rules.as_deref().map(read_rules).transpose()?;
    let engine = Engine::start(EngineOptions {
        data: args.data,
        listen: args.listen,
        api: Some(args.api),
        settings,
        rules,
        author: "callboard serve".into(),
        clock: Arc::new(SystemClock),
    })
    .await?;
    print(
        &mut std::io::stdout(),
        &json!({"ready": true, "receiver": engine.receiver_url(), "api": engine.api_url(), "token": engine.token()}),
    )?;
    if let Some(api) = engine.api_url() {
        say(&format!(
            "Callboard listens. Open {api}/#token={} to watch; Ctrl-C ends it.",
            engine.token()
        ));
    }
    told_to_stop().await?;
    engine.stop().await;
    Ok(())
}

/// Resolves at SIGTERM or Ctrl-C.
pub(crate) async fn told_to_stop() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            pressed = tokio::signal::ctrl_c() => Ok(pressed?),
        }
    }
    #[cfg(not(unix))]
    {
        Ok(tokio::signal::ctrl_c().await?)
    }
}

//! `callboard serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use callboard_engine::{Engine, EngineOptions, KeepIn, Settings, account};
use callboard_model::SystemClock;
use callboard_playhouse::Playhouse;
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
    /// Sites and hooks, in TOML; callboard.toml in the data folder unless told
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where secrets go that are entered meanwhile: keychain, or file: an encrypted one in the data folder
    #[arg(long, env = "CALLBOARD_SECRETS", default_value = "keychain")]
    secrets: KeepIn,
    /// Makes this rule set live
    #[arg(long)]
    rules: Option<PathBuf>,
    /// The log goes into this file too; put aside at midnight UTC, with ten days kept
    #[arg(long)]
    pub(crate) log_file: Option<PathBuf>,
}

pub(crate) async fn run(args: ServeArgs) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let settings = Settings::of(&args.data, args.config.as_deref())?;
    let settings_file = Settings::path(&args.data, args.config.as_deref());
    let rules = args.rules.as_deref().map(read_rules).transpose()?;
    let engine = Engine::start(EngineOptions {
        data: args.data,
        listen: args.listen,
        api: Some(args.api),
        settings,
        settings_file: Some(settings_file),
        secrets: args.secrets,
        rules,
        author: account(),
        clock: Arc::new(SystemClock),
        practice: Some(Arc::new(Playhouse::default())),
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
    stop.told().await;
    engine.stop().await;
    Ok(())
}

/// SIGTERM and Ctrl-C, heard from the moment this is made: before a line is printed that somebody may answer with one.
#[cfg(unix)]
pub(crate) struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves when the program is told to stop.
    pub(crate) async fn told(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ctrl-C, heard from the moment this is made: before a line is printed that somebody may answer with one.
#[cfg(windows)]
pub(crate) struct Stop(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Stop {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    /// Resolves when the program is told to stop.
    pub(crate) async fn told(mut self) {
        let _ = self.0.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::{Args, Command};

    #[test]
    fn unless_told_it_listens_on_this_machine_alone() {
        let args = Args::parse_from(["callboard", "serve", "--data", "anywhere"]);
        let Command::Serve(serve) = args.command else {
            panic!("this is another command");
        };
        assert_eq!(serve.listen.to_string(), "127.0.0.1:8787");
        assert_eq!(serve.api.to_string(), "127.0.0.1:8788");
    }
}

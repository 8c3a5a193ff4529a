//! What the window opens on: the configured sites, or a practice production.

use std::path::PathBuf;
use std::sync::Arc;

use callboard_engine::api::Ask;
use callboard_engine::{Engine, EngineOptions, KeepIn, Settings, account};
use callboard_model::SystemClock;
use callboard_playhouse::Playhouse;
use callboard_rules::RuleSet;

use crate::Args;

/// An engine.
pub(crate) struct Running {
    pub(crate) engine: Engine,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.engine.stop().await;
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn start(args: &Args, data: PathBuf) -> Result<Running, Failed> {
    let rules = args.rules.as_ref().map(read_rules).transpose()?;
    // A practice production is alone: the studio's own sites are no part of it, and nothing of it is kept.
    let (settings, settings_file, secrets) = if args.practice {
        (Settings::default(), None, KeepIn::Memory)
    } else {
        let file = Settings::path(&data, args.config.as_deref());
        (Settings::of(&data, args.config.as_deref())?, Some(file), args.secrets)
    };
    let engine = Engine::start(EngineOptions {
        data,
        listen: args.listen,
        api: None,
        settings,
        settings_file,
        secrets,
        rules,
        author: account(),
        clock: Arc::new(SystemClock),
        practice: Some(Arc::new(Playhouse { rate: args.rate })),
    })
    .await?;
    if args.practice
        && let Err(error) = practise(&engine).await
    {
        engine.stop().await;
        return Err(error);
    }
    Ok(Running { engine })
}

async fn practise(engine: &Engine) -> Result<(), Failed> {
    // The site is on this machine too: it reaches the receiver as it is.
    let address = Some(engine.receiver_url().to_owned());
    for ask in [Ask::SetPublicAddress { address }, Ask::StartPractice] {
        engine.ask(ask).await.map_err(|e| e.message)?;
    }
    Ok(())
}

fn read_rules(path: &PathBuf) -> Result<RuleSet, Failed> {
    let bytes = std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    RuleSet::from_file(&bytes).map_err(|e| format!("{}: {e}", path.display()).into())
}

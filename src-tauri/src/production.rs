//! What the window opens on: the configured sites, or a practice production.

use std::path::PathBuf;
use std::sync::Arc;

use callboard_engine::api::Ask;
use callboard_engine::{
    Engine, EngineOptions, HookSettings, KeepIn, Secret, Settings, SiteSettings, WriteMode, account,
};
use callboard_model::SystemClock;
use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::{RuleSet, template};

use crate::Args;

/// The practice production's secret. Nothing there is real.
const PRACTICE_SECRET: &str = "practice";
/// The rule set that a practice production starts with.
const PRACTICE_RULES: &str = "status-overhaul";

/// An engine, and the practice site where there is one.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    practice: Option<Practice>,
}

impl Running {
    pub(crate) async fn stop(self) {
        if let Some(practice) = self.practice {
            practice.stop().await;
        }
        self.engine.stop().await;
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn start(args: &Args, data: PathBuf) -> Result<Running, Failed> {
    let rules = args.rules.as_ref().map(read_rules).transpose()?;
    let options = EngineOptions {
        data,
        listen: args.listen,
        api: None,
        settings: Settings::default(),
        settings_file: None,
        secrets: KeepIn::Memory,
        rules,
        author: account(),
        clock: Arc::new(SystemClock),
    };
    if args.practice {
        return with_practice(args, options).await;
    }
    let settings = Settings::of(&options.data, args.config.as_deref())?;
    let settings_file = Some(Settings::path(&options.data, args.config.as_deref()));
    let engine = Engine::start(EngineOptions {
        settings,
        settings_file,
        secrets: args.secrets,
        ..options
    })
    .await?;
    Ok(Running { engine, practice: None })
}

/// The site must be there for the engine, and the engine's address for the site's webhook: the people wait until both are.
async fn with_practice(args: &Args, options: EngineOptions) -> Result<Running, Failed> {
    let practice = Practice::start(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(PRACTICE_SECRET.into()),
        rate: args.rate,
        ..PracticeArgs::default()
    })
    .await?;
    let control = practice.control();
    control.people_pause(true);
    let settings = Settings {
        sites: vec![SiteSettings {
            write: WriteMode::Act,
            practice: true,
            ..SiteSettings::shotgrid(
                "practice",
                &practice.url(),
                "practice",
                Secret::Plain("practice".into()),
            )
        }],
        hooks: vec![HookSettings::signed(
            "status",
            "practice",
            Secret::Plain(PRACTICE_SECRET.into()),
        )],
        ..Settings::default()
    };
    let rules = options.rules.or_else(|| template(PRACTICE_RULES));
    let engine = Engine::start(EngineOptions {
        settings,
        rules,
        ..options
    })
    .await?;
    control.retarget_hook(0, &format!("{}/hooks/status", engine.receiver_url()));
    // The site is on this machine too: it reaches the receiver as it is.
    let address = Some(engine.receiver_url().to_owned());
    engine
        .ask(Ask::SetPublicAddress { address })
        .await
        .map_err(|e| e.message)?;
    control.people_pause(false);
    Ok(Running {
        engine,
        practice: Some(practice),
    })
}

fn read_rules(path: &PathBuf) -> Result<RuleSet, Failed> {
    let bytes = std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    RuleSet::from_file(&bytes).map_err(|e| format!("{}: {e}", path.display()).into())
}

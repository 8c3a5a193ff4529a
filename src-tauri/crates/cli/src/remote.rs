//! Commands to a running engine: what a window would ask, from a script.

use std::path::PathBuf;

use callboard_engine::api::{ApiError, Ask, NotesIn, NotesPreview, Which};
use callboard_model::{EntityId, EntityType, RuleId, SiteName};
use callboard_rules::ColumnChoice;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rules::read_any_rules;
use crate::{Failure, mistake, print, say};

/// The engine that is asked, as `callboard serve` says it in its first line.
#[derive(clap::Args)]
pub(crate) struct Remote {
    /// The engine's API address, as `callboard serve` printed it
    #[arg(long, env = "CALLBOARD_API")]
    api: String,
    /// The token that it printed
    #[arg(long, env = "CALLBOARD_TOKEN", hide_env_values = true)]
    token: String,
}

#[derive(clap::Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    remote: Remote,
    /// Why, for the others
    #[arg(long)]
    why: Option<String>,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    remote: Remote,
    /// Also write what was held back meanwhile, each entity to where it came last
    #[arg(long)]
    write_held: bool,
}

#[derive(clap::Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    remote: Remote,
    /// The rule's id
    rule: String,
}

#[derive(clap::Args)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    remote: Remote,
    /// The rule set
    file: PathBuf,
    /// What this revision is for
    #[arg(long)]
    note: String,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct RollBackArgs {
    #[command(flatten)]
    remote: Remote,
    /// The revision whose rules come back
    revision: i64,
    /// Why
    #[arg(long)]
    note: String,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct NotesArgs {
    #[command(flatten)]
    remote: Remote,
    /// The table: CSV, pasted text or XLSX
    file: PathBuf,
    /// The site whose entities it speaks of
    #[arg(long)]
    site: String,
    /// The project's id; left out: any
    #[arg(long)]
    project: Option<i64>,
    /// The type of entity that the names are names of
    #[arg(long = "type")]
    kind: Option<String>,
    /// The header of the column of names
    #[arg(long)]
    name_column: Option<String>,
    /// The header of the column of notes
    #[arg(long)]
    note_column: Option<String>,
    /// The sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// Read them by this rule set instead of the live one
    #[arg(long, conflicts_with = "enter")]
    rules: Option<PathBuf>,
    /// Enter every note that would change something; without this, only say what would change
    #[arg(long)]
    enter: bool,
}

impl Remote {
    /// Asks the engine. What it refuses is a mistake of the command line's.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Failure> {
        self.try_ask(ask).await?.map_err(|refused| mistake(refused.message))
    }

    /// Asks the engine. The inner error is its own word.
    pub(crate) async fn try_ask<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Result<T, ApiError>, Failure> {
        // Another provider may be installed already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = reqwest::Client::new()
            .post(format!("{}/api/ask", self.api.trim_end_matches('/')))
            .bearer_auth(&self.token)
            .json(ask)
            .send()
            .await
            .map_err(|e| mistake(format!("{} did not answer: {}", self.api, crate::send::cause(&e))))?;
        if answer.status().is_success() {
            return Ok(Ok(answer.json().await?));
        }
        Ok(Err(answer.json().await?))
    }
}

pub(crate) async fn pause(args: PauseArgs) -> Result<(), Failure> {
    let PauseArgs { remote, why, by } = args;
    let overview: Value = remote.ask(&Ask::Pause { why, by }).await?;
    print(&mut std::io::stdout(), &overview.get("paused"))
}

pub(crate) async fn resume(args: ResumeArgs) -> Result<(), Failure> {
    let ResumeArgs { remote, write_held } = args;
    let resumed: Value = remote.ask(&Ask::Resume { write_held }).await?;
    print(&mut std::io::stdout(), &resumed)
}

pub(crate) async fn release(args: ReleaseArgs) -> Result<(), Failure> {
    let rule = RuleId::from(args.rule.as_str());
    let overview: Value = args.remote.ask(&Ask::Release { rule }).await?;
    print(&mut std::io::stdout(), &overview.get("set_aside"))
}

/// A rule set from a file, by way of the draft. A draft that somebody is drawing is not thrown away.
pub(crate) async fn publish(args: PublishArgs) -> Result<(), Failure> {
    let PublishArgs { remote, file, note, by } = args;
    let (set, notes) = read_any_rules(&file)?;
    notes.iter().for_each(|note| say(note));
    let draft: Option<Value> = remote.ask(&Ask::Draft).await?;
    if draft.is_some() {
        return Err(mistake(
            "somebody is drawing a draft: go live with it, or discard it first",
        ));
    }
    let document = serde_json::to_value(&set)?;
    let save = Ask::SaveDraft {
        document,
        expected: None,
        by: by.clone(),
    };
    let draft: Value = remote.ask(&save).await?;
    let version = draft.get("version").and_then(Value::as_i64).unwrap_or_default();
    let live: Result<Value, Failure> = remote.ask(&Ask::GoLive { version, note, by }).await;
    match live {
        Ok(live) => print(&mut std::io::stdout(), &live.get("live")),
        Err(refused) => {
            remote.ask::<Value>(&Ask::DiscardDraft).await?;
            Err(refused)
        }
    }
}

pub(crate) async fn roll_back(args: RollBackArgs) -> Result<(), Failure> {
    let RollBackArgs {
        remote,
        revision,
        note,
        by,
    } = args;
    let live: Value = remote.ask(&Ask::RollBack { revision, note, by }).await?;
    print(&mut std::io::stdout(), &live.get("live"))
}

pub(crate) async fn notes(args: NotesArgs) -> Result<(), Failure> {
    use base64::Engine as _;

    let file = &args.file;
    let bytes = std::fs::read(file).map_err(|e| mistake(format!("{} cannot be read: {e}", file.display())))?;
    let source = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let notes = NotesIn {
        site: SiteName::new(&args.site)?,
        project: args.project.map(EntityId::Number),
        file: Some(base64::engine::general_purpose::STANDARD.encode(&bytes)),
        text: None,
        choice: ColumnChoice {
            sheet: args.sheet,
            name: args.name_column,
            note: args.note_column,
            ..ColumnChoice::default()
        },
        kind: args.kind.as_deref().map(EntityType::from),
        source,
    };
    let which = match &args.rules {
        Some(file) => Some(Which::Document(serde_json::to_value(read_any_rules(file)?.0)?)),
        None => None,
    };
    let preview = Ask::PreviewNotes {
        notes: notes.clone(),
        which,
    };
    let preview: NotesPreview = args.remote.ask(&preview).await?;
    if let Some(trouble) = preview.trouble {
        return Err(mistake(trouble));
    }
    let mut out = std::io::stdout();
    for row in &preview.rows {
        print(&mut out, row)?;
    }
    if args.enter {
        let rows: Vec<u32> = preview
            .rows
            .iter()
            .filter(|r| !r.changes.is_empty())
            .map(|r| r.row)
            .collect();
        let batch = uuid::Uuid::new_v4().to_string();
        let entered: Vec<i64> = args.remote.ask(&Ask::EnterNotes { notes, rows, batch }).await?;
        print(&mut out, &serde_json::json!({ "entered": entered.len() }))?;
    }
    Ok(())
}

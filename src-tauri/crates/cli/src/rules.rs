//! `callboard rules …`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_journal::Reader;
use callboard_model::{EntityType, SiteName, SystemClock};
use callboard_rules::{
    ColumnName, FindingCode, Level, RuleSet, SiteStatuses, check, check_at, diff, schema, svg, template, templates,
};
use callboard_trackers::Tracker;
use callboard_trackers::ftrack::{Ftrack, UserKey};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use serde_json::json;

use crate::remote::{self, PublishArgs, RollBackArgs};
use crate::site::Tracker as Kind;
use crate::{Failure, mistake, print, say};

#[derive(clap::Subcommand)]
pub(crate) enum RulesCommand {
    /// Prints a rule set that comes with the program; without a name, lists them
    Template {
        /// The template's name
        name: Option<String>,
    },
    /// Says what is wrong with a rule set, a line a finding
    Check {
        /// The rule set
        file: PathBuf,
        /// Also hold it against the statuses of the site at this address
        #[arg(long, requires = "script_name")]
        site: Option<String>,
        /// Which tracker that site is
        #[arg(long, value_enum, default_value_t = Kind::Shotgrid)]
        kind: Kind,
        /// ShotGrid: the script's name in that site. ftrack: the user's
        #[arg(long, alias = "user", requires = "script_key")]
        script_name: Option<String>,
        /// ShotGrid: the script's key. ftrack: the user's API key
        #[arg(long, alias = "api-key", env = "CALLBOARD_SCRIPT_KEY", hide_env_values = true)]
        script_key: Option<String>,
        /// What rules call that site, where they name sites: those of other sites are not held against it
        #[arg(long, value_name = "NAME", requires = "site")]
        site_name: Option<String>,
    },
    /// Draws a rule set
    Show {
        /// The rule set
        file: PathBuf,
        /// Where the picture goes
        #[arg(long)]
        svg: PathBuf,
    },
    /// Prints the JSON Schema of the document
    Schema,
    /// Prints a rule set made from another kind of file: the YAML mapping of a status service
    Import {
        /// The file
        file: PathBuf,
        /// What to call the rule set; left out: the file's name
        #[arg(long)]
        name: Option<String>,
    },
    /// Says what differs between two rule sets, in words, a line a difference
    Diff {
        /// What it was
        before: PathBuf,
        /// What it is
        after: PathBuf,
        /// As one JSON object instead
        #[arg(long)]
        json: bool,
    },
    /// The revisions that were live, newest first, a line a revision
    Revisions {
        /// The folder of the journal
        #[arg(long)]
        data: PathBuf,
    },
    /// Prints a rule set of the journal as the file that people review and keep
    Export {
        /// The folder of the journal
        #[arg(long)]
        data: PathBuf,
        /// A revision; left out: the live one
        #[arg(long, conflicts_with = "draft")]
        revision: Option<i64>,
        /// The draft
        #[arg(long)]
        draft: bool,
    },
    /// Makes a rule set live in a running engine, as a new revision
    Publish(PublishArgs),
    /// Makes the rules of an earlier revision live again in a running engine, as a new revision
    RollBack(RollBackArgs),
}

pub(crate) async fn run(command: RulesCommand) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match command {
        RulesCommand::Template { name: None } => {
            for one in templates() {
                print(&mut out, &json!({"name": one.name, "story": one.story}))?;
            }
            Ok(())
        }
        RulesCommand::Template { name: Some(name) } => {
            let set = template(&name).ok_or_else(|| {
                let names: Vec<&str> = templates().iter().map(|t| t.name).collect();
                mistake(format!(
                    "there is no template \"{name}\". There are: {}",
                    names.join(", ")
                ))
            })?;
            write(&mut out, &set.to_json_pretty())
        }
        RulesCommand::Check {
            file,
            site,
            kind,
            script_name,
            script_key,
            site_name,
        } => {
            let set = read_rules(&file)?;
            let statuses = match (site, script_name, script_key) {
                (Some(url), Some(name), Some(key)) => Some(match kind {
                    Kind::Shotgrid => {
                        let site = ShotGrid::new(&url, ScriptKey { name, key }, Arc::new(SystemClock))?;
                        site_statuses(&site, &set).await?
                    }
                    Kind::Ftrack => {
                        let site = Ftrack::new(&url, UserKey { user: name, key }, Arc::new(SystemClock))?;
                        site_statuses(&site, &set).await?
                    }
                }),
                _ => None,
            };
            let findings = match (site_name, statuses) {
                (Some(name), Some(statuses)) => {
                    // Which other sites there are is not known here.
                    let found = check_at(&set, &[(SiteName::from(name.as_str()), statuses)]).into_iter();
                    found.filter(|f| f.code != FindingCode::UnknownSite).collect()
                }
                (_, statuses) => check(&set, statuses.as_ref()),
            };
            for finding in &findings {
                print(&mut out, finding)?;
            }
            if findings.iter().any(|f| f.level == Level::Error) {
                Err(Failure::Check)
            } else {
                Ok(())
            }
        }
        RulesCommand::Show { file, svg: to } => {
            let set = read_rules(&file)?;
            std::fs::write(&to, svg(&set)).map_err(|e| mistake(format!("{} cannot be written: {e}", to.display())))
        }
        RulesCommand::Schema => print(&mut out, &schema()),
        RulesCommand::Import { file, name } => {
            let (mut set, notes) = read_any_rules(&file)?;
            if let Some(name) = name {
                set.name = name;
            }
            notes.iter().for_each(|note| say(note));
            write(&mut out, &set.to_json_pretty())
        }
        RulesCommand::Diff { before, after, json } => {
            let diff = diff(&read_rules(&before)?, &read_rules(&after)?);
            if json {
                return print(&mut out, &diff);
            }
            diff.to_lines().iter().try_for_each(|line| write(&mut out, line))
        }
        RulesCommand::Revisions { data } => {
            let revisions = Reader::open(&data)?.revisions()?;
            revisions.iter().try_for_each(|revision| print(&mut out, revision))
        }
        RulesCommand::Export { data, revision, draft } => {
            let reader = Reader::open(&data)?;
            let (text, missing) = match revision {
                _ if draft => (reader.draft()?.map(|d| d.document), "there is no draft".to_owned()),
                Some(revision) => (reader.rules_of(revision)?, format!("there is no revision {revision}")),
                None => (
                    reader.live_rules()?.map(|(_, text)| text),
                    "no rule set is live".to_owned(),
                ),
            };
            write(&mut out, &text.ok_or_else(|| mistake(missing))?)
        }
        RulesCommand::Publish(args) => remote::publish(args).await,
        RulesCommand::RollBack(args) => remote::roll_back(args).await,
    }
}

/// Prints a text with one line's end behind it.
fn write(out: &mut impl std::io::Write, text: &str) -> Result<(), Failure> {
    Ok(out.write_all(format!("{}\n", text.trim_end()).as_bytes())?)
}

/// A rule set from a file of Callboard's own or another known kind, and what was made of parts that have no equal here.
pub(crate) fn read_any_rules(path: &Path) -> Result<(RuleSet, Vec<String>), Failure> {
    let bytes = std::fs::read(path).map_err(|e| mistake(format!("{} cannot be read: {e}", path.display())))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    callboard_engine::read_rules(&bytes, &name).map_err(|e| mistake(format!("{}: {e}", path.display())))
}

/// A rule set from a file, with the file's name in whatever is wrong with it.
pub(crate) fn read_rules(path: &Path) -> Result<RuleSet, Failure> {
    let bytes = std::fs::read(path).map_err(|e| mistake(format!("{} cannot be read: {e}", path.display())))?;
    RuleSet::from_file(&bytes).map_err(|e| mistake(format!("{}: {e}", path.display())))
}

async fn site_statuses(site: &dyn Tracker, set: &RuleSet) -> Result<SiteStatuses, Failure> {
    let mut statuses = SiteStatuses::default();
    let projects = site.projects().await?;
    for column in set.statuses.keys() {
        let kind: EntityType = ColumnName::entity_type(column);
        let list = site.status_list(&kind).await?;
        statuses.insert(&kind, list.into_iter().map(|s| s.code));
        for project in &projects {
            let hidden = site.hidden(&kind, &project.key).await?;
            let name = project.name.clone().unwrap_or_else(|| project.key.id.to_string());
            statuses.hide(&project.key.id, &name, &kind, hidden);
        }
    }
    Ok(statuses)
}

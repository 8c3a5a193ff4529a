//! `callboard rules …`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_model::{EntityType, SystemClock};
use callboard_rules::{ColumnName, Level, RuleSet, SiteStatuses, check, schema, svg, template, templates};
use callboard_trackers::Tracker;
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use serde_json::json;

use crate::{Failure, mistake, print};

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
        /// The script's name in that site
        #[arg(long, requires = "script_key")]
        script_name: Option<String>,
        /// The script's key
        #[arg(long, env = "CALLBOARD_SCRIPT_KEY", hide_env_values = true)]
        script_key: Option<String>,
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
            Ok(std::io::Write::write_all(
                &mut out,
                format!("{}\n", set.to_json_pretty().trim_end()).as_bytes(),
            )?)
        }
        RulesCommand::Check {
            file,
            site,
            script_name,
            script_key,
        } => {
            let set = read_rules(&file)?;
            let statuses = match (site, script_name, script_key) {
                (Some(url), Some(name), Some(key)) => Some(site_statuses(&url, ScriptKey { name, key }, &set).await?),
                _ => None,
            };
            let findings = check(&set, statuses.as_ref());
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
    }
}

/// A rule set from a file, with the file's name in whatever is wrong with it.
pub(crate) fn read_rules(path: &Path) -> Result<RuleSet, Failure> {
    let bytes = std::fs::read(path).map_err(|e| mistake(format!("{} cannot be read: {e}", path.display())))?;
    RuleSet::parse(&bytes).map_err(|e| mistake(format!("{}: {e}", path.display())))
}

async fn site_statuses(url: &str, script: ScriptKey, set: &RuleSet) -> Result<SiteStatuses, Failure> {
    let site = ShotGrid::new(url, script, Arc::new(SystemClock))?;
    let mut statuses = SiteStatuses::default();
    for column in set.statuses.keys() {
        let kind: EntityType = ColumnName::entity_type(column);
        let list = site.status_list(&kind).await?;
        statuses.insert(&kind, list.into_iter().map(|s| s.code));
    }
    Ok(statuses)
}

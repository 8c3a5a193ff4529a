//! `callboard doctor`: a site examined without an engine. Nothing is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_engine::api::{DoctorFinding, DoctorLevel};
use callboard_engine::{KeepIn, Safe, Secret, Settings, SiteSettings, WriteMode, examine};
use callboard_model::{SiteName, SystemClock};
use serde::Serialize;

use crate::rules::read_rules;
use crate::site::Tracker;
use crate::{Failure, mistake, print, say};

#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    /// Sites in TOML, as `serve` reads them
    #[arg(long, required_unless_present = "url", conflicts_with = "url")]
    config: Option<PathBuf>,
    /// Only this site of the file
    #[arg(long, requires = "config")]
    site: Option<String>,
    /// The data folder, where secrets are kept that the file names; left out: the file's own folder
    #[arg(long, requires = "config")]
    data: Option<PathBuf>,
    /// A site that is in no file yet, by its address
    #[arg(long, requires = "script_name")]
    url: Option<String>,
    /// Which tracker that site is
    #[arg(long, value_enum, default_value_t = Tracker::Shotgrid)]
    kind: Tracker,
    /// ShotGrid: the script's name in that site. ftrack: the user's
    #[arg(long, alias = "user", requires = "script_key")]
    script_name: Option<String>,
    /// ShotGrid: the script's key. ftrack: the user's API key
    #[arg(long, alias = "api-key", env = "CALLBOARD_SCRIPT_KEY", hide_env_values = true)]
    script_key: Option<String>,
    /// Holds the statuses of this rule set against the site's
    #[arg(long)]
    rules: Option<PathBuf>,
}

/// A finding with the site that it is about.
#[derive(Serialize)]
struct Line<'a> {
    site: &'a str,
    #[serde(flatten)]
    finding: &'a DoctorFinding,
}

pub(crate) async fn run(args: DoctorArgs) -> Result<(), Failure> {
    let rules = args.rules.as_deref().map(read_rules).transpose()?;
    let (settings, sites, folder) = sites(&args)?;
    let safe = Safe::new(&folder, KeepIn::Memory);
    let mut has_problem = false;
    for site in sites {
        let examined = examine(&site, &settings, &safe, rules.as_ref(), Arc::new(SystemClock)).await?;
        for finding in &examined.findings {
            let line = Line {
                site: &site.name,
                finding,
            };
            print(&mut std::io::stdout(), &line)?;
            tell(finding);
        }
        has_problem |= examined
            .findings
            .iter()
            .any(|found| found.level == DoctorLevel::Problem);
    }
    if has_problem { Err(Failure::Check) } else { Ok(()) }
}

fn sites(args: &DoctorArgs) -> Result<(Settings, Vec<SiteSettings>, PathBuf), Failure> {
    if let (Some(url), Some(name), Some(key)) = (&args.url, &args.script_name, &args.script_key) {
        let key = Secret::Plain(key.clone());
        let site = SiteSettings {
            // Whoever examines a site wants to know what writing would come to.
            write: WriteMode::Act,
            ..match args.kind {
                Tracker::Shotgrid => SiteSettings::shotgrid("site", url, name, key),
                Tracker::Ftrack => SiteSettings::ftrack("site", url, name, key),
            }
        };
        return Ok((Settings::default(), vec![site], PathBuf::from(".")));
    }
    let config = args
        .config
        .as_deref()
        .ok_or_else(|| mistake("--config or --url says which site. Try --help"))?;
    let settings = Settings::read(config)?;
    let folder = args
        .data
        .clone()
        .or_else(|| config.parent().map(Path::to_owned))
        .unwrap_or_default();
    let sites = match &args.site {
        None => settings.sites.clone(),
        Some(name) => {
            let site = settings.site(&SiteName::new(name)?).cloned();
            vec![site.ok_or_else(|| mistake(format!("{} has no site named \"{name}\"", config.display())))?]
        }
    };
    if sites.is_empty() {
        return Err(mistake(format!("{} names no site", config.display())));
    }
    Ok((settings, sites, folder))
}

/// The same for a person.
pub(crate) fn tell(finding: &DoctorFinding) {
    let mark = match finding.level {
        DoctorLevel::Good => "good",
        DoctorLevel::Advice => "advice",
        DoctorLevel::Problem => "PROBLEM",
        DoctorLevel::Unknown => "unknown",
    };
    say(&format!("{mark:>7}  {}.", finding.title));
    if let Some(remedy) = &finding.remedy {
        say(&format!("         {}.", finding.why));
        say(&format!("         → {remedy}."));
    }
}

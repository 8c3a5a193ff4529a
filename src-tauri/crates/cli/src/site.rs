//! `callboard site …` and `callboard reach`: the sites of a running engine, and the address under which they reach it.

use callboard_engine::api::{Ask, DoctorFinding, DoctorLevel, KeyText, Overview, ProjectMode, SiteIn, SiteProject};
use callboard_model::{EntityId, SiteName};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::doctor::tell;
use crate::remote::Remote;
use crate::{Failure, mistake, print};

#[derive(clap::Subcommand)]
pub(crate) enum SiteCommand {
    /// Connects a site, or changes one; what is left out stays
    Put(Box<PutArgs>),
    /// Lets a site go, with its hooks here
    Remove(RemoveArgs),
    /// The sites as they are set up, a line each, without their secrets
    List(ListArgs),
    /// The projects of a site, a line each, with where changes may be written; sets that too
    Projects(ProjectsArgs),
}

/// A tracker that can be asked.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tracker {
    Shotgrid,
    Ftrack,
}

/// A kind of site that can be connected: also one that can only be heard.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Connected {
    Shotgrid,
    Ftrack,
    #[value(name = "creative_force")]
    CreativeForce,
}

#[derive(clap::Args)]
pub(crate) struct PutArgs {
    #[command(flatten)]
    remote: Remote,
    /// The site's name: letters, digits, - and _
    name: String,
    /// Which tracker it is; left out: what it was, or shotgrid
    #[arg(long, value_enum)]
    kind: Option<Connected>,
    /// Its address
    #[arg(long)]
    url: Option<String>,
    /// ShotGrid: the script's name. ftrack: the user's
    #[arg(long, alias = "user")]
    script_name: Option<String>,
    /// ShotGrid: the script's key. ftrack: the user's API key. Left out: the one that is kept
    #[arg(long, alias = "api-key", env = "CALLBOARD_SCRIPT_KEY", hide_env_values = true)]
    script_key: Option<String>,
    /// Where changes may be written: watch, ask or act
    #[arg(long)]
    write: Option<String>,
    /// Whether the event log is read
    #[arg(long)]
    event_log: Option<bool>,
    /// Seconds between readings of it
    #[arg(long)]
    poll_seconds: Option<u32>,
    /// Whether outcomes are written back into deliveries
    #[arg(long)]
    acknowledge: Option<bool>,
    /// Whether open pages of the site refresh after our writes
    #[arg(long)]
    refresh_pages: Option<bool>,
    /// A file with the studio's own certificate authority, in PEM; empty: none
    #[arg(long)]
    ca_file: Option<String>,
    /// An HTTP proxy to go through; empty: none
    #[arg(long)]
    proxy: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    remote: Remote,
    /// The site's name
    name: String,
}

#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    remote: Remote,
}

#[derive(clap::Args)]
pub(crate) struct ProjectsArgs {
    #[command(flatten)]
    remote: Remote,
    /// The site's name
    name: String,
    /// Where changes may be written in a project (repeatable): off, watch, ask or act; site: as in the rest of the site
    #[arg(long, value_name = "ID=MODE", value_parser = mode_of)]
    set: Vec<(EntityId, String)>,
    /// Whether projects for which nothing is set are left out
    #[arg(long)]
    only_listed: Option<bool>,
}

/// `122=act`
fn mode_of(text: &str) -> Result<(EntityId, String), String> {
    let (id, mode) = text.split_once('=').ok_or("it takes ID=MODE, as in 122=act")?;
    if !MODES.contains(&mode) {
        return Err(format!("{mode} is none of {}", MODES.join(", ")));
    }
    let id = id
        .parse()
        .map_or_else(|_| EntityId::Text(id.to_owned()), EntityId::Number);
    Ok((id, mode.to_owned()))
}

/// How a project may be set; the last takes it from the list.
const MODES: [&str; 5] = ["off", "watch", "ask", "act", AS_SITE];
const AS_SITE: &str = "site";

#[derive(clap::Args)]
pub(crate) struct ReachArgs {
    #[command(flatten)]
    remote: Remote,
    /// The address under which sites reach this receiver: https://callboard.studio.example
    #[arg(required_unless_present = "none")]
    address: Option<String>,
    /// Also sets it, when nothing is wrong with it
    #[arg(long)]
    set: bool,
    /// Sets that there is none
    #[arg(long, conflicts_with_all = ["address", "set"])]
    none: bool,
}

pub(crate) async fn run(command: SiteCommand) -> Result<(), Failure> {
    match command {
        SiteCommand::Put(args) => put(*args).await,
        SiteCommand::Remove(args) => {
            let site = SiteName::new(&args.name)?;
            let _: Overview = args.remote.ask(&Ask::RemoveSite { site: site.clone() }).await?;
            print(&mut std::io::stdout(), &json!({ "removed": site }))
        }
        SiteCommand::List(args) => {
            let sites: Vec<SiteIn> = args.remote.ask(&Ask::Sites).await?;
            sites.iter().try_for_each(|site| print(&mut std::io::stdout(), site))
        }
        SiteCommand::Projects(args) => projects(args).await,
    }
}

async fn projects(args: ProjectsArgs) -> Result<(), Failure> {
    let name = SiteName::new(&args.name)?;
    let sites: Vec<SiteIn> = args.remote.ask(&Ask::Sites).await?;
    let known = sites.into_iter().find(|site| site.name == name);
    let mut site = known.ok_or_else(|| mistake(format!("no site named {name} is set up")))?;
    let of_site: Vec<SiteProject> = args.remote.ask(&Ask::SiteProjects { site: name }).await?;
    let is_change = !args.set.is_empty() || args.only_listed.is_some();
    for (id, write) in args.set {
        site.projects.retain(|listed| listed.id != id);
        if write == AS_SITE {
            continue;
        }
        let found = of_site.iter().find(|project| project.id == id);
        let found = found.ok_or_else(|| mistake(format!("{} has no project {id}", site.name)))?;
        let name = found.name.clone();
        site.projects.push(ProjectMode { id, name, write });
    }
    if let Some(only_listed) = args.only_listed {
        site.only_listed = only_listed;
    }
    if is_change {
        let _: Overview = args.remote.ask(&Ask::PutSite { site: site.clone() }).await?;
    }
    let rest = if site.only_listed { "off" } else { site.write.as_str() };
    for project in &of_site {
        let listed = site.projects.iter().find(|listed| listed.id == project.id);
        let write = listed.map_or(rest, |listed| listed.write.as_str());
        let line = json!({
            "id": project.id, "name": project.name, "archived": project.archived, "write": write,
            "listed": listed.is_some(),
        });
        print(&mut std::io::stdout(), &line)?;
    }
    Ok(())
}

async fn put(args: PutArgs) -> Result<(), Failure> {
    let name = SiteName::new(&args.name)?;
    let sites: Vec<SiteIn> = args.remote.ask(&Ask::Sites).await?;
    let known = sites.into_iter().find(|site| site.name == name);
    let mut site = match (known, &args.url, &args.script_name) {
        (Some(known), ..) => known,
        (None, Some(url), Some(user)) if args.kind == Some(Connected::Ftrack) => {
            SiteIn::ftrack(name.clone(), url, user)
        }
        (None, url, _) if args.kind == Some(Connected::CreativeForce) => {
            SiteIn::creative_force(name.clone(), url.as_deref().unwrap_or_default())
        }
        (None, Some(url), Some(script_name)) => SiteIn::shotgrid(name.clone(), url, script_name),
        (None, ..) if args.kind == Some(Connected::Ftrack) => {
            return Err(mistake("a new ftrack site needs --url and --user"));
        }
        (None, ..) => return Err(mistake("a new site needs --url and --script-name")),
    };
    fn over<T>(field: &mut T, said: Option<T>) {
        if let Some(said) = said {
            *field = said;
        }
    }
    let kind = args.kind.map(|kind| match kind {
        Connected::Shotgrid => "shotgrid".to_owned(),
        Connected::Ftrack => "ftrack".to_owned(),
        Connected::CreativeForce => "creative_force".to_owned(),
    });
    over(&mut site.kind, kind);
    over(&mut site.url, args.url);
    over(&mut site.script_name, args.script_name);
    over(&mut site.write, args.write);
    over(&mut site.event_log, args.event_log);
    over(&mut site.poll_seconds, args.poll_seconds);
    over(&mut site.acknowledge, args.acknowledge);
    over(&mut site.refresh_pages, args.refresh_pages);
    over(&mut site.ca_file, args.ca_file.map(Some));
    over(
        &mut site.proxy,
        args.proxy.as_deref().map(|proxy| Some(KeyText::from(proxy))),
    );
    site.script_key = args.script_key.as_deref().map(KeyText::from);
    let _: Overview = args.remote.ask(&Ask::PutSite { site }).await?;
    let sites: Vec<SiteIn> = args.remote.ask(&Ask::Sites).await?;
    let kept = sites.iter().find(|site| site.name == name);
    print(&mut std::io::stdout(), &kept)
}

pub(crate) async fn reach(args: ReachArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    if let Some(address) = &args.address {
        let findings: Vec<DoctorFinding> = args
            .remote
            .ask(&Ask::CheckReach {
                address: address.clone(),
            })
            .await?;
        for finding in &findings {
            print(&mut out, finding)?;
            tell(finding);
        }
        if findings.iter().any(|found| found.level == DoctorLevel::Problem) {
            return Err(Failure::Check);
        }
    }
    if args.set || args.none {
        let address = args.address;
        let _: Value = args
            .remote
            .ask(&Ask::SetPublicAddress {
                address: address.clone(),
            })
            .await?;
        print(&mut out, &json!({ "public_address": address }))?;
    }
    Ok(())
}

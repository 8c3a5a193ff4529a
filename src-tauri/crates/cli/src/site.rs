//! `callboard site …` and `callboard reach`: the sites of a running engine, and the address under which they reach it.

use callboard_engine::api::{Ask, DoctorFinding, DoctorLevel, KeyText, Overview, SiteIn};
use callboard_model::SiteName;
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
}

#[derive(clap::Args)]
pub(crate) struct PutArgs {
    #[command(flatten)]
    remote: Remote,
    /// The site's name: letters, digits, - and _
    name: String,
    /// Its address
    #[arg(long)]
    url: Option<String>,
    /// The script's name
    #[arg(long)]
    script_name: Option<String>,
    /// The script's key; left out: the one that is kept
    #[arg(long, env = "CALLBOARD_SCRIPT_KEY", hide_env_values = true)]
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
    }
}

async fn put(args: PutArgs) -> Result<(), Failure> {
    let name = SiteName::new(&args.name)?;
    let sites: Vec<SiteIn> = args.remote.ask(&Ask::Sites).await?;
    let known = sites.into_iter().find(|site| site.name == name);
    let mut site = match (known, &args.url, &args.script_name) {
        (Some(known), ..) => known,
        (None, Some(url), Some(script_name)) => SiteIn::shotgrid(name.clone(), url, script_name),
        (None, ..) => return Err(mistake("a new site needs --url and --script-name")),
    };
    fn over<T>(field: &mut T, said: Option<T>) {
        if let Some(said) = said {
            *field = said;
        }
    }
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

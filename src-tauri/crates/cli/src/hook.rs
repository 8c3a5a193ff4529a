//! `callboard hook …`: the hooks of a running engine, here and on their sites.

use std::collections::BTreeMap;

use callboard_engine::api::{ApiErrorCode, Ask, HookIn, HookPut, HookTest, HookView, HooksView, KeyText, NewHook};
use callboard_model::{EntityId, EntityType, HookName, Lifecycle, SiteName, Subscription};
use serde_json::json;

use crate::doctor::tell;
use crate::remote::Remote;
use crate::{Failure, mistake, print, say};

#[derive(clap::Subcommand)]
pub(crate) enum HookCommand {
    /// Makes a hook, here and on its site, with a secret made for it
    Create(CreateArgs),
    /// Makes or changes a hook of a site whose webhooks are entered there by hand: Creative Force
    Listen(ListenArgs),
    /// Changes what a hook delivers; what is left out stays
    Change(ChangeArgs),
    /// Switches a hook on, which revives a failed one, and proves it by a test that arrives
    SwitchOn(NamedArgs),
    /// Switches a hook off
    SwitchOff(NamedArgs),
    /// Deletes a hook, here and on its site
    Delete(NamedArgs),
    /// Has the site send a test and waits for it, a line a step; exit 1 when it does not arrive. Where the site sends no tests: whether
    /// anything has arrived
    Test(NamedArgs),
    /// Prints what a hook of a site should deliver by the live rules
    Suggest(SuggestArgs),
}

#[derive(clap::Args)]
pub(crate) struct NamedArgs {
    #[command(flatten)]
    remote: Remote,
    /// The hook's name
    name: String,
}

#[derive(clap::Args)]
pub(crate) struct SuggestArgs {
    #[command(flatten)]
    remote: Remote,
    /// The site
    #[arg(long)]
    site: String,
}

#[derive(clap::Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    remote: Remote,
    /// The hook's name, the last part of its address
    name: String,
    /// The site
    #[arg(long)]
    site: String,
    #[command(flatten)]
    hears: Hears,
    /// Takes up to fifty events in one request
    #[arg(long)]
    batched: bool,
    /// Lets the site deliver to a certificate that it does not trust
    #[arg(long)]
    any_certificate: bool,
}

#[derive(clap::Args)]
pub(crate) struct ListenArgs {
    #[command(flatten)]
    remote: Remote,
    /// The hook's name, the last part of its address
    name: String,
    /// The site
    #[arg(long)]
    site: String,
    /// The secret key; left out: the one that is kept, or a new one, which is printed once
    #[arg(long, env = "CALLBOARD_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Works on deliveries of this workspace alone, by its name or id (repeatable)
    #[arg(long = "workspace", value_name = "NAME")]
    workspaces: Vec<String>,
    /// Works on Task events of this production step alone (repeatable)
    #[arg(long = "step", value_name = "NAME")]
    steps: Vec<String>,
    /// A custom header that each delivery must have (repeatable); with an empty value the one that is kept
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    remote: Remote,
    /// The hook's name
    name: String,
    #[command(flatten)]
    hears: Hears,
    /// Hears of all projects again
    #[arg(long, conflicts_with = "projects")]
    all_projects: bool,
    /// Whether up to fifty events come in one request
    #[arg(long)]
    batched: Option<bool>,
    /// Whether the site checks the certificate of the address
    #[arg(long)]
    check_certificate: Option<bool>,
    /// Makes a new secret; the old one is taken too for a while
    #[arg(long)]
    new_secret: bool,
}

/// What is delivered. Left out: what the live rules ask for, or what was delivered before.
#[derive(clap::Args)]
struct Hears {
    /// What of a type is delivered (repeatable): Version:create, Version:update=sg_status_list, Task:update, Shot:delete, Shot:revive
    #[arg(long = "on", value_name = "TYPE:MOMENT", conflicts_with = "event")]
    on: Vec<String>,
    /// A custom event in place of entities: Shotgun_User_Login. ftrack: a trigger's filter of one's own
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Only of this project, by its id (repeatable)
    #[arg(long = "project", value_name = "ID")]
    projects: Vec<String>,
}

impl Hears {
    /// None: nothing was said.
    fn subscription(&self) -> Result<Option<Subscription>, Failure> {
        if let Some(event) = &self.event {
            return Ok(Some(Subscription::Custom(event.clone())));
        }
        let mut kinds: BTreeMap<EntityType, Lifecycle> = BTreeMap::new();
        for on in &self.on {
            let (kind, moment) = on
                .split_once(':')
                .filter(|(kind, _)| !kind.is_empty())
                .ok_or_else(|| unclear(on))?;
            let life = kinds.entry(EntityType::from(kind)).or_default();
            match moment
                .split_once('=')
                .map_or((moment, None), |(moment, field)| (moment, Some(field)))
            {
                ("create", None) => life.create = true,
                ("delete", None) => life.delete = true,
                ("revive", None) => life.revive = true,
                // An empty list means any field, and stands above those that are named.
                ("update", None) => life.update = Some(Vec::new()),
                ("update", Some(field)) if !field.is_empty() => match &mut life.update {
                    Some(fields) if fields.is_empty() => {}
                    fields => fields.get_or_insert_default().push(field.to_owned()),
                },
                _ => return Err(unclear(on)),
            }
        }
        Ok((!kinds.is_empty()).then_some(Subscription::Entities(kinds)))
    }

    fn projects(&self) -> Vec<EntityId> {
        let id = |text: &String| {
            text.parse()
                .map_or_else(|_| EntityId::Text(text.clone()), EntityId::Number)
        };
        self.projects.iter().map(id).collect()
    }
}

fn unclear(on: &str) -> Failure {
    mistake(format!(
        "\"{on}\" says no moment of a type: write Version:create, Version:update=sg_status_list, Version:delete or Version:revive"
    ))
}

pub(crate) async fn run(command: HookCommand) -> Result<(), Failure> {
    match command {
        HookCommand::Create(args) => create(args).await,
        HookCommand::Listen(args) => listen(args).await,
        HookCommand::Change(args) => change(args).await,
        HookCommand::SwitchOn(args) => switch(args, true).await,
        HookCommand::SwitchOff(args) => switch(args, false).await,
        HookCommand::Delete(args) => delete(args).await,
        HookCommand::Test(args) => test(args).await,
        HookCommand::Suggest(args) => {
            let site = SiteName::new(&args.site)?;
            let suggested: Subscription = args.remote.ask(&Ask::SuggestSubscription { site }).await?;
            print(&mut std::io::stdout(), &suggested)
        }
    }
}

async fn listen(args: ListenArgs) -> Result<(), Failure> {
    let mut headers = BTreeMap::new();
    for header in &args.headers {
        let pair = header.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = pair.ok_or_else(|| mistake(format!("\"{header}\" is not NAME=VALUE")))?;
        headers.insert(name.to_owned(), KeyText::from(value));
    }
    let hook = HookIn {
        name: HookName::new(&args.name)?,
        site: SiteName::new(&args.site)?,
        secret: args.secret.as_deref().map(KeyText::from),
        workspaces: args.workspaces,
        steps: args.steps,
        headers,
    };
    let name = hook.name.clone();
    let put: HookPut = args.remote.ask(&Ask::PutHook { hook }).await?;
    let view = put.hooks.hooks.iter().find(|hook| hook.health.name == name);
    let address = view.map(|view| view.public_address.as_ref().unwrap_or(&view.address));
    let trouble = view.and_then(|view| view.address_trouble.as_ref());
    if let Some(trouble) = trouble {
        say(trouble);
    }
    if put.secret.is_some() {
        say("A secret was made. Enter it in the tracker as the webhook's Secret Key: it is not shown again");
    }
    print(
        &mut std::io::stdout(),
        &json!({"name": name, "address": address, "trouble": trouble, "secret": put.secret}),
    )
}

async fn create(args: CreateArgs) -> Result<(), Failure> {
    let site = SiteName::new(&args.site)?;
    let subscription = match args.hears.subscription()? {
        Some(subscription) => subscription,
        None => {
            args.remote
                .ask(&Ask::SuggestSubscription { site: site.clone() })
                .await?
        }
    };
    let hook = NewHook {
        name: HookName::new(&args.name)?,
        site,
        subscription,
        projects: args.hears.projects(),
        batched: args.batched,
        validates_certificate: !args.any_certificate,
    };
    let name = hook.name.clone();
    let view: HooksView = args.remote.ask(&Ask::CreateHook { hook }).await?;
    show(&view, &name)
}

async fn change(args: ChangeArgs) -> Result<(), Failure> {
    let name = HookName::new(&args.name)?;
    let view: HooksView = args.remote.ask(&Ask::Hooks).await?;
    let before = named(&view, &name)?;
    let unknown = before.webhook_unknown.clone();
    let webhook = before.webhook.as_ref().ok_or_else(|| {
        mistake(
            unknown.unwrap_or_else(|| format!("the site has no webhook for {name}: delete the hook and make it anew")),
        )
    })?;
    let projects = args.hears.projects();
    let hook = NewHook {
        name: name.clone(),
        site: before.health.site.clone(),
        subscription: args
            .hears
            .subscription()?
            .unwrap_or_else(|| webhook.draft.subscription.clone()),
        projects: if projects.is_empty() && !args.all_projects {
            webhook.draft.projects.clone()
        } else {
            projects
        },
        batched: args.batched.unwrap_or(webhook.draft.batched),
        validates_certificate: args.check_certificate.unwrap_or(webhook.draft.validates_certificate),
    };
    let new_secret = args.new_secret;
    let view: HooksView = args.remote.ask(&Ask::ChangeHook { hook, new_secret }).await?;
    show(&view, &name)
}

async fn switch(args: NamedArgs, on: bool) -> Result<(), Failure> {
    let name = HookName::new(&args.name)?;
    let asked = Ask::SwitchHook { hook: name.clone(), on };
    match args.remote.try_ask::<HooksView>(&asked).await? {
        Ok(view) => show(&view, &name),
        // It was switched on, and its test did not arrive: a check that failed, not a mistake in the command.
        Err(error) if on && error.code == ApiErrorCode::Site => {
            print(
                &mut std::io::stdout(),
                &json!({ "name": name, "proven": false, "why": error.message }),
            )?;
            Err(Failure::Check)
        }
        Err(error) => Err(mistake(error.message)),
    }
}

async fn delete(args: NamedArgs) -> Result<(), Failure> {
    let name = HookName::new(&args.name)?;
    let _: HooksView = args.remote.ask(&Ask::DeleteHook { hook: name.clone() }).await?;
    print(&mut std::io::stdout(), &json!({ "deleted": name }))
}

async fn test(args: NamedArgs) -> Result<(), Failure> {
    let hook = HookName::new(&args.name)?;
    let test: HookTest = args.remote.ask(&Ask::TestHook { hook }).await?;
    let mut out = std::io::stdout();
    for step in &test.steps {
        print(&mut out, step)?;
        tell(step);
    }
    print(&mut out, &json!({ "arrived": test.arrived, "took_ms": test.took_ms }))?;
    if test.arrived { Ok(()) } else { Err(Failure::Check) }
}

fn named<'a>(view: &'a HooksView, name: &HookName) -> Result<&'a HookView, Failure> {
    let hook = view.hooks.iter().find(|hook| hook.health.name == *name);
    hook.ok_or_else(|| mistake(format!("there is no hook named {name}")))
}

fn show(view: &HooksView, name: &HookName) -> Result<(), Failure> {
    let hook = named(view, name)?;
    print(
        &mut std::io::stdout(),
        &json!({
            "name": hook.health.name,
            "site": hook.health.site,
            "state": hook.health.state,
            "address": hook.address,
            "public_address": hook.public_address,
            "is_signed": hook.is_signed,
            "strength": hook.strength,
            "offered": hook.offered,
            "webhook": hook.webhook,
        }),
    )
}

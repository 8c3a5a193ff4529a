//! `callboard outgoing …`: whom a running engine tells by signed webhooks.

use callboard_engine::api::{Ask, KeyText, OutgoingIn, OutgoingSet, OutgoingTest, OutgoingView};
use serde_json::json;

use crate::remote::Remote;
use crate::{Failure, print, say};

#[derive(clap::Subcommand)]
pub(crate) enum OutgoingCommand {
    /// Who is told and what waits for them, a line each
    List(ListArgs),
    /// Tells somebody from now on, or otherwise than before
    Set(SetArgs),
    /// Tells somebody no more; what waits for them is let go
    Remove(NamedArgs),
    /// Sends a test and says what came of it; exit 1 when it is not taken
    Test(NamedArgs),
}

#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    remote: Remote,
}

#[derive(clap::Args)]
pub(crate) struct NamedArgs {
    #[command(flatten)]
    remote: Remote,
    /// Its name
    name: String,
}

#[derive(clap::Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    remote: Remote,
    /// Its name: letters, digits, - and _
    name: String,
    /// Where it is told
    #[arg(long)]
    url: String,
    /// What messages are signed with, `whsec_…`; left out: the one that is kept, or a new one, which is printed once
    #[arg(long, env = "CALLBOARD_OUTGOING_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Of what (repeatable): `would_set`, confirmed or failed changes, and kinds of alerts such as `hook_failed`; left out: of everything
    #[arg(long, value_name = "WHAT")]
    on: Vec<String>,
}

pub(crate) async fn run(command: OutgoingCommand) -> Result<(), Failure> {
    match command {
        OutgoingCommand::List(args) => list(args.remote.ask(&Ask::Outgoing).await?),
        OutgoingCommand::Set(args) => set(args).await,
        OutgoingCommand::Remove(args) => list(args.remote.ask(&Ask::RemoveOutgoing { name: args.name }).await?),
        OutgoingCommand::Test(args) => {
            let test: OutgoingTest = args.remote.ask(&Ask::TestOutgoing { name: args.name }).await?;
            print(&mut std::io::stdout(), &test)?;
            if test.delivered { Ok(()) } else { Err(Failure::Check) }
        }
    }
}

fn list(receivers: Vec<OutgoingView>) -> Result<(), Failure> {
    let mut lines = receivers.into_iter();
    lines.try_for_each(|receiver| print(&mut std::io::stdout(), &receiver))
}

async fn set(args: SetArgs) -> Result<(), Failure> {
    let outgoing = OutgoingIn {
        name: args.name.clone(),
        url: args.url,
        secret: args.secret.as_deref().map(KeyText::from),
        on: args.on,
    };
    let set: OutgoingSet = args.remote.ask(&Ask::SetOutgoing { outgoing }).await?;
    if set.secret.is_some() {
        say("A secret was made. Enter it where messages are received: it is not shown again");
    }
    let line = set.outgoing.iter().find(|receiver| receiver.name == args.name);
    print(&mut std::io::stdout(), &json!({"outgoing": line, "secret": set.secret}))
}

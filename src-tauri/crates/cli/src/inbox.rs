//! `callboard inbox …` and `callboard undo`: what waits for a person in a running engine, and what a person takes back.

use callboard_engine::api::{Ask, Inbox, Undone};

use crate::remote::Remote;
use crate::{Failure, mistake, print};

#[derive(clap::Subcommand)]
pub(crate) enum InboxCommand {
    /// What waits for a person, a line a change
    List(ListArgs),
    /// Has changes written, with those that they follow from; prints what waits still
    Accept(AcceptArgs),
    /// Takes changes out for good, with those that follow from them; prints what waits still
    Decline(DeclineArgs),
}

#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    remote: Remote,
}

/// Which of the changes that wait.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Chosen {
    /// The changes, by the number in the field `change`
    changes: Vec<i64>,
    /// All that wait
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
pub(crate) struct AcceptArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    chosen: Chosen,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct DeclineArgs {
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    chosen: Chosen,
    /// Why, for the others
    #[arg(long)]
    why: Option<String>,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct UndoArgs {
    #[command(flatten)]
    remote: Remote,
    /// The change, by the number in the field `change` of `callboard cascades`
    #[arg(required_unless_present = "event")]
    change: Option<i64>,
    /// All that this event caused instead, last first, by the event's number
    #[arg(long, value_name = "SEQ", conflicts_with = "change")]
    event: Option<i64>,
    /// Who does it; left out: whoever runs the engine
    #[arg(long)]
    by: Option<String>,
}

impl Chosen {
    async fn ids(self, remote: &Remote) -> Result<Vec<i64>, Failure> {
        if !self.all {
            return Ok(self.changes);
        }
        let inbox: Inbox = remote.ask(&Ask::Inbox).await?;
        Ok(inbox.waiting.iter().map(|waiting| waiting.change).collect())
    }
}

pub(crate) async fn run(command: InboxCommand) -> Result<(), Failure> {
    let (remote, ask) = match command {
        InboxCommand::List(ListArgs { remote }) => (remote, Ask::Inbox),
        InboxCommand::Accept(AcceptArgs { remote, chosen, by }) => {
            let changes = some(chosen.ids(&remote).await?)?;
            (remote, Ask::Accept { changes, by })
        }
        InboxCommand::Decline(DeclineArgs {
            remote,
            chosen,
            why,
            by,
        }) => {
            let changes = some(chosen.ids(&remote).await?)?;
            (remote, Ask::Decline { changes, why, by })
        }
    };
    let inbox: Inbox = remote.ask(&ask).await?;
    let mut out = std::io::stdout();
    inbox.waiting.iter().try_for_each(|waiting| print(&mut out, waiting))
}

fn some(changes: Vec<i64>) -> Result<Vec<i64>, Failure> {
    if changes.is_empty() {
        return Err(mistake("nothing waits for you"));
    }
    Ok(changes)
}

/// What was taken back, and on a line each what was not; some of an event's changes left is a failed check.
pub(crate) async fn undo(args: UndoArgs) -> Result<(), Failure> {
    let UndoArgs {
        remote,
        change,
        event,
        by,
    } = args;
    let ask = match (change, event) {
        (_, Some(event)) => Ask::UndoCascade { event, by },
        (Some(change), None) => Ask::Undo { change, by },
        (None, None) => return Err(mistake("say which change, or --event")),
    };
    let Undone { undone, left } = remote.ask(&ask).await?;
    let mut out = std::io::stdout();
    for change in undone {
        print(&mut out, &serde_json::json!({ "change": change, "undone": true }))?;
    }
    for not in &left {
        let line = serde_json::json!({ "change": not.change, "undone": false, "why": not.why });
        print(&mut out, &line)?;
    }
    if left.is_empty() { Ok(()) } else { Err(Failure::Check) }
}

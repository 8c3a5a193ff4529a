//! `callboard mail-test`.

use std::path::{Path, PathBuf};

use callboard_engine::{KeepIn, Safe, Settings, mail_test};
use callboard_model::SystemClock;
use serde_json::json;

use crate::{Failure, mistake, print};

#[derive(clap::Args)]
pub(crate) struct MailTestArgs {
    /// The settings with [mail], in TOML; callboard.toml in the data folder unless told
    #[arg(long, required_unless_present = "data")]
    config: Option<PathBuf>,
    /// The data folder, where the password is kept in its file of secrets; the settings' folder unless told
    #[arg(long)]
    data: Option<PathBuf>,
}

pub(crate) async fn run(args: MailTestArgs) -> Result<(), Failure> {
    let beside = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let data = args.data.as_deref().unwrap_or(beside);
    let settings = Settings::of(data, args.config.as_deref())?;
    let mail = settings.mail.ok_or_else(|| {
        let file = Settings::path(data, args.config.as_deref());
        mistake(format!(
            "there is no [mail] in {}. The README shows one",
            file.display()
        ))
    })?;
    let test = mail_test(&mail, &Safe::new(data, KeepIn::File), &SystemClock).await?;
    let unsent: Vec<_> = test
        .unsent
        .iter()
        .map(|(to, why)| json!({"to": to, "why": why}))
        .collect();
    print(
        &mut std::io::stdout(),
        &json!({"ok": unsent.is_empty(), "server": test.server, "sent": test.sent, "unsent": unsent}),
    )?;
    if unsent.is_empty() { Ok(()) } else { Err(Failure::Check) }
}

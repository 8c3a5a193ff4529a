//! `callboard practice`.

use callboard_practice::{Practice, PracticeArgs};

use crate::serve::told_to_stop;
use crate::{Failure, print};

pub(crate) async fn run(args: PracticeArgs) -> Result<(), Failure> {
    let practice = Practice::start(args).await?;
    print(&mut std::io::stdout(), &practice.ready_line())?;
    tokio::select! {
        () = practice.finished() => {}
        stopped = told_to_stop() => stopped?,
    }
    practice.stop().await;
    Ok(())
}

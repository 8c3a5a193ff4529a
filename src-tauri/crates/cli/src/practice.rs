//! `callboard practice`.

use callboard_practice::{Practice, PracticeArgs};

use crate::serve::Stop;
use crate::{Failure, print};

pub(crate) async fn run(args: PracticeArgs) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let practice = Practice::start(args).await?;
    print(&mut std::io::stdout(), &practice.ready_line())?;
    tokio::select! {
        () = practice.finished() => {}
        () = stop.told() => {}
    }
    practice.stop().await;
    Ok(())
}

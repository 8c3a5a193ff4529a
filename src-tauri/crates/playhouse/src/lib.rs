#![doc = include_str!("../README.md")]

use async_trait::async_trait;
use callboard_engine::{PracticeHouse, PracticeProduction, PracticeWish};
use callboard_practice::{Practice, PracticeArgs};

/// The name of the script that signs in, and its key. Nothing there is real.
const SCRIPT: &str = "practice";

/// A house for productions whose people make so many events a second.
#[derive(Clone, Copy, Debug)]
pub struct Playhouse {
    /// Events a second, from 0 up.
    pub rate: f64,
}

impl Default for Playhouse {
    /// As busy as a day in which one can still read along.
    fn default() -> Self {
        Self { rate: 0.6 }
    }
}

#[async_trait]
impl PracticeHouse for Playhouse {
    async fn open(&self, wish: PracticeWish) -> Result<Box<dyn PracticeProduction>, String> {
        let usual = PracticeArgs::default();
        let first_event = wish.after.map_or(usual.first_event, |last| last.saturating_add(1));
        let practice = Practice::start(PracticeArgs {
            hook: vec![wish.hook],
            secret: Some(wish.secret),
            rate: self.rate,
            first_event,
            // Another day for those who practise again, with other dice for what must not come twice.
            seed: wish.after.map_or(usual.seed, i64::unsigned_abs),
            ..usual
        });
        let practice = practice.await.map_err(|error| error.to_string())?;
        practice.control().people_pause(true);
        Ok(Box::new(Production(practice)))
    }
}

struct Production(Practice);

#[async_trait]
impl PracticeProduction for Production {
    fn url(&self) -> String {
        self.0.url()
    }

    fn script(&self) -> (String, String) {
        (SCRIPT.to_owned(), SCRIPT.to_owned())
    }

    fn begin(&self) {
        self.0.control().people_pause(false);
    }

    async fn close(self: Box<Self>) {
        self.0.stop().await;
    }
}

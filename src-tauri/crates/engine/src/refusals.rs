//! Writes that a site refuses, counted by the rule that wanted them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use callboard_model::{Change, ChangeState, RuleId};

/// Refusals in a row after which a rule is set aside: one may be one entity's own trouble.
const MOST: u32 = 5;

/// How often in a row the site refused what a rule wanted.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<RuleId, u32>>);

impl Refusals {
    /// Takes note of how a change ended. Answers why its rule is to be set aside, when it is.
    pub(crate) fn note(&self, change: &Change) -> Option<String> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change.state {
            ChangeState::Applied | ChangeState::Confirmed => {
                counted.remove(&change.rule);
                None
            }
            ChangeState::Failed => {
                let times = counted.entry(change.rule.clone()).or_default();
                *times += 1;
                if *times < MOST {
                    return None;
                }
                counted.remove(&change.rule);
                let said = change.reason.as_deref().unwrap_or("no reason given");
                Some(format!(
                    "the site refused what it sets {MOST} times in a row, last with: {said}"
                ))
            }
            ChangeState::Planned | ChangeState::Skipped | ChangeState::Undone => None,
        }
    }
}

//! What the live rules decided, read from what became of it.
//!
//! Decisions are compared, not what came of them: a change that was not written because writing was paused or not allowed,
//! because a person was quicker or because the site failed, was decided all the same.

use callboard_model::{ChangeState, Skip};

/// Whether the rules decided to set this. They did not where a rule found nothing to set: the entity could not be read,
/// another rule came first, no status was valid, there were too many.
pub(super) fn is_decision(skip: Option<Skip>) -> bool {
    match skip {
        None
        | Some(
            Skip::Paused
            | Skip::SetAside
            | Skip::NotAllowed
            | Skip::Asks
            | Skip::Declined
            | Skip::Replaced
            | Skip::LaterWord
            | Skip::Overruled
            | Skip::Gone
            | Skip::CauseLost,
        ) => true,
        Some(
            Skip::AlreadyThere | Skip::NotFound | Skip::Conflict | Skip::TooDeep | Skip::OverLimit | Skip::NotValid,
        ) => false,
    }
}

/// Whether it stood there already: when the plan was made, and then it sets nothing, or when it was to be written.
pub(super) fn stood_already(skip: Option<Skip>) -> bool {
    skip == Some(Skip::AlreadyThere)
}

/// Whether a change's `from` is what the site said when the plan was made. Of a rule that came second it may be what the
/// first one made of it.
pub(super) fn tells_what_was(skip: Option<Skip>) -> bool {
    is_decision(skip) || stood_already(skip)
}

/// Whether the site had it from us.
pub(super) fn was_written(state: ChangeState) -> bool {
    matches!(
        state,
        ChangeState::Applied | ChangeState::Confirmed | ChangeState::Undone
    )
}

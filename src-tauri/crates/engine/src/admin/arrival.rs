//! The words of a hook's test.

use std::time::Duration;

use callboard_model::HookState;
use callboard_trackers::ftrack::HEADER_STRENGTH;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::api::{DoctorCode, DoctorFinding};

const ONLY_IF_KNOWN: &str = "The site can only deliver what it has a webhook for";

pub(super) fn unlisted(why: &str) -> DoctorFinding {
    DoctorFinding::unknown(
        DoctorCode::Webhooks,
        format!("The site's webhooks cannot be read: {why}"),
        "Without them Callboard can neither see the webhook nor ask for a test",
        "Give the script the permission \"Show Webhooks\" on the site, then test again",
    )
}

pub(super) fn nowhere() -> DoctorFinding {
    DoctorFinding::problem(
        DoctorCode::HookState,
        "The site has no webhook for this hook",
        ONLY_IF_KNOWN,
        "Delete the hook here and make it anew, or make a webhook with this address and secret on the site's Webhooks page",
    )
}

pub(super) fn elsewhere(there: &str, here: Option<&str>) -> DoctorFinding {
    let ours = here.map_or_else(
        || "no public address is set here".to_owned(),
        |here| format!("it would be reached here at {here}"),
    );
    DoctorFinding::problem(
        DoctorCode::Reach,
        format!("The site's webhook delivers to {there}, and {ours}"),
        "What is delivered to another address does not arrive here",
        "Set the public address to the one under which the site reaches Callboard, then save the hook, which changes the site's webhook",
    )
}

pub(super) fn known(name: &str) -> DoctorFinding {
    DoctorFinding::good(
        DoctorCode::Webhooks,
        format!("The site has the webhook, named \"{name}\""),
        ONLY_IF_KNOWN,
    )
}

pub(super) fn right_address(address: &str) -> DoctorFinding {
    DoctorFinding::good(
        DoctorCode::Reach,
        format!("It delivers to {address}, as it should"),
        "What is delivered to another address does not arrive here",
    )
}

pub(super) fn state(state: HookState) -> DoctorFinding {
    let why = "The site sends nothing to a webhook that has failed or is switched off";
    match state {
        HookState::Active => DoctorFinding::good(DoctorCode::HookState, "The site says that it is active", why),
        HookState::Unstable | HookState::Deaf => DoctorFinding::advice(
            DoctorCode::HookState,
            "The site says that deliveries have failed in the past 24 hours",
            "After 100 failures in 24 hours the site gives a webhook up",
            "See among its deliveries what failed and why",
        ),
        HookState::Failed => DoctorFinding::problem(
            DoctorCode::HookState,
            "The site has given the webhook up: 100 deliveries failed in 24 hours",
            why,
            "Mend what made them fail, then switch the webhook on again",
        ),
        HookState::Disabled => DoctorFinding::problem(
            DoctorCode::HookState,
            "The webhook is switched off on the site",
            why,
            "Switch it on",
        ),
    }
}

pub(super) fn signed(here: bool, there: bool) -> DoctorFinding {
    let why = "A signature proves that a delivery comes from the site: it is made with a secret that only the site and Callboard have";
    match (here, there) {
        (true, true) => DoctorFinding::good(DoctorCode::Arrival, "Deliveries are signed on both sides", why),
        (true, false) => DoctorFinding::problem(
            DoctorCode::Arrival,
            "The hook expects signed deliveries, and the site does not sign them",
            "Every delivery is refused",
            "Change the hook with a new secret, which is set on both sides",
        ),
        (false, true) => DoctorFinding::advice(
            DoctorCode::Arrival,
            "The site signs its deliveries, and Callboard does not check that",
            why,
            "Change the hook with a new secret, which is set on both sides",
        ),
        (false, false) => DoctorFinding::advice(
            DoctorCode::Arrival,
            "Deliveries are not signed: anybody who knows the address can send one",
            why,
            "Change the hook with a new secret, which is set on both sides",
        ),
    }
}

/// As [`signed`], where the site signs nothing and a secret stands in a header.
pub(super) fn shows_a_secret(here: bool, there: bool) -> DoctorFinding {
    match (here, there) {
        (true, true) => DoctorFinding::good(
            DoctorCode::Arrival,
            "Deliveries show a secret in a header on both sides",
            HEADER_STRENGTH,
        ),
        (true, false) => DoctorFinding::problem(
            DoctorCode::Arrival,
            "The hook expects a secret in a header, and the site's webhook has none",
            "Every delivery is refused",
            "Change the hook with a new secret, which is set on both sides",
        ),
        (false, _) => DoctorFinding::advice(
            DoctorCode::Arrival,
            "No secret is asked for: anybody who knows the address can send a delivery",
            HEADER_STRENGTH,
            "Change the hook with a new secret, which is set on both sides",
        ),
    }
}

/// The site sends no tests: whether the way is open shows by what has come.
pub(super) fn no_tests(last: Option<Timestamp>) -> DoctorFinding {
    let why = "ftrack has no test deliveries: only a delivery that arrives proves that the way is open";
    match last {
        Some(at) => DoctorFinding::good(
            DoctorCode::Arrival,
            format!(
                "The last delivery arrived at {}",
                at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M")
            ),
            why,
        ),
        None => DoctorFinding::unknown(
            DoctorCode::Arrival,
            "No delivery has arrived yet",
            why,
            "Change a status on the site that the rules go by, and see it arrive in the feed",
        ),
    }
}

pub(super) fn certificate(is_checked: bool) -> DoctorFinding {
    let why = "By the certificate the site knows that it delivers to Callboard and to nobody between";
    if is_checked {
        DoctorFinding::good(DoctorCode::Certificate, "The site checks our certificate", why)
    } else {
        DoctorFinding::advice(
            DoctorCode::Certificate,
            "The site does not check our certificate",
            why,
            "Switch the certificate check of the hook on, unless the certificate is one of the studio's own",
        )
    }
}

pub(super) fn not_sent(why: &str) -> DoctorFinding {
    DoctorFinding::problem(
        DoctorCode::Arrival,
        format!("The site did not send a test: {why}"),
        "Only a test that arrives proves that the way is open",
        "Check the site's address and key, then test again",
    )
}

pub(super) fn arrived(took: Duration) -> DoctorFinding {
    DoctorFinding::good(
        DoctorCode::Arrival,
        format!("The site's test arrived after {} ms", took.as_millis()),
        "The way from the site to Callboard is open, and the secret is the same on both sides",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_without_deliveries_is_a_problem_and_one_with_failures_is_not() {
        let is_problem = |of| state(of).is_problem();
        assert!(is_problem(HookState::Failed) && is_problem(HookState::Disabled));
        assert!(!is_problem(HookState::Unstable) && !is_problem(HookState::Active));
        assert!(signed(true, false).is_problem() && !signed(false, false).is_problem());
    }
}

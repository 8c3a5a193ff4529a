//! Why a test did not come: by what came to the receiver instead, by the site's own record of it, and by our own knock.

use callboard_model::{Refusal, SiteDelivery};
use reqwest::Url;
use reqwest::header::HeaderMap;

use super::reach::Reached;
use super::reachable::{answered, is_local};
use crate::api::{DoctorCode, DoctorFinding};

const WHY: &str = "The site says that it has sent the test, which proves nothing; only what arrives does";
/// What no look from this machine can tell apart.
const OUTSIDE: &str = "a firewall keeps the site out; the name is not known outside the studio, or leads elsewhere there; \
                       the certificate is not one that the site trusts";

/// What came to the receiver while a test was waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Why deliveries of this hook were refused.
    pub(super) refused: Option<Refusal>,
    /// The name that requests came under which is none of ours.
    pub(super) wrong_name: Option<String>,
}

impl Seen {
    pub(super) fn is_nothing(&self) -> bool {
        self.refused.is_none() && self.wrong_name.is_none()
    }
}

/// What the site's record of its deliveries has of a test.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    /// It cannot be read, or tells nothing of the test.
    Unread,
    /// The test is not through yet.
    NotYet,
    /// What came of it.
    Of(SiteDelivery),
}

/// What a delivery that is newer than the test tells of it. `batched`: several events may have gone in one.
pub(super) fn in_record(newer: &[SiteDelivery], batched: bool) -> Record {
    // All of a hook's deliveries go the same way: where one failed, the test did.
    let has_failed = |one: &&SiteDelivery| !one.delivered && (one.answer > 0 || one.seconds > 0.0);
    let itself = |one: &&SiteDelivery| one.delivered && one.about_itself;
    match newer.iter().find(has_failed).or_else(|| newer.iter().find(itself)) {
        Some(one) => Record::Of(one.clone()),
        None if batched && newer.iter().any(|one| one.delivered) => Record::Unread,
        None => Record::NotYet,
    }
}

/// The steps that tell why no test came. The last one names the cause; what is only likely is told where nothing is known.
/// `reached`: what our own knock at the address found; none where it was not tried.
pub(super) fn causes(seen: &Seen, address: &str, record: &Record, reached: Option<Reached>) -> Vec<DoctorFinding> {
    if let Some(cause) = by_what_came(seen) {
        return vec![cause];
    }
    let is_tried = reached.is_some();
    let Reached { mut findings, came } = reached.unwrap_or_default();
    // What is wrong where our own knock comes in is known for certain. Where it does not come in, the site is the better witness: from
    // inside, some networks do not lead back to their own public address.
    let is_certain = came && findings.last().is_some_and(DoctorFinding::is_problem);
    let cause = match record {
        Record::Of(delivery) if delivery.answer > 0 && !is_certain => {
            findings.retain(|finding| !finding.is_problem());
            by_record(address, delivery)
        }
        record => match findings.iter().rposition(DoctorFinding::is_problem) {
            Some(at) => findings.remove(at),
            None => unexplained(address, record, is_tried),
        },
    };
    findings.push(cause);
    findings
}

fn problem(title: String, remedy: String) -> DoctorFinding {
    DoctorFinding::problem(DoctorCode::Arrival, title, WHY, remedy)
}

fn by_what_came(seen: &Seen) -> Option<DoctorFinding> {
    if let Some(refused) = seen.refused {
        return Some(problem(
            "A delivery came, and Callboard refused it".into(),
            format!("What was wrong: {}", refused.remedy()),
        ));
    }
    let name = seen.wrong_name.as_ref()?;
    Some(problem(
        format!("A request came under the name \"{name}\", which is not one of Callboard's, and was turned away"),
        "Set the public address to the name that the proxy or tunnel passes on, or have it pass the public name on (the Host header)".into(),
    ))
}

/// The site had an answer, and it was not ours.
fn by_record(address: &str, delivery: &SiteDelivery) -> DoctorFinding {
    let url = Url::parse(address).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or(address);
    DoctorFinding {
        code: DoctorCode::Arrival,
        why: format!(
            "The site's own record of the test says so: it was answered with {} after {:.1} s",
            delivery.answer, delivery.seconds
        ),
        ..answered(host, delivery.answer, &HeaderMap::new(), false, true)
    }
}

/// Nothing is wrong that can be seen from here.
fn unexplained(address: &str, record: &Record, is_tried: bool) -> DoctorFinding {
    match record {
        Record::Of(delivery) => unreached(address, delivery, is_tried),
        Record::NotYet => not_yet(),
        Record::Unread => likely(address, is_tried),
    }
}

fn unreached(address: &str, delivery: &SiteDelivery, is_tried: bool) -> DoctorFinding {
    let waited = format!("by its own record it had no answer within {:.1} s", delivery.seconds);
    if is_tried {
        problem(
            format!(
                "The site does not get through to {address}: {waited}. From here, it is this Callboard that answers there"
            ),
            format!(
                "Something between the site and this machine keeps it out: {OUTSIDE}. Ask for the address from another network"
            ),
        )
    } else {
        problem(
            format!("Nobody answers the site at {address}: {waited}"),
            "Have the site's webhook deliver to the address of this hook: set the public address, then save the hook"
                .into(),
        )
    }
}

fn not_yet() -> DoctorFinding {
    problem(
        "By the site's own record, the test is not through yet".into(),
        "The site is slow, or holds back a hook whose answers took long. Look among the hook's deliveries in a minute, then test again".into(),
    )
}

fn likely(address: &str, is_tried: bool) -> DoctorFinding {
    let first = if is_tried {
        ""
    } else if is_local(address) {
        "the address is one of this machine or its network, which a site on the internet cannot reach; "
    } else {
        "the tunnel or reverse proxy is not running, or leads to another port; "
    };
    problem(
        format!("Nothing came from the site at {address}, and its record does not tell why"),
        format!(
            "In the order of likelihood: {first}{OUTSIDE}; the site is slow, and the test is still to come. \
             Check the public address first"
        ),
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const ADDRESS: &str = "https://relay.example/hooks/status";

    fn delivery(answer: u16, seconds: f64, about_itself: bool) -> SiteDelivery {
        SiteDelivery {
            id: "d".into(),
            at: Timestamp::UNIX_EPOCH,
            delivered: (1..400).contains(&answer),
            seconds,
            answer,
            entries: Vec::new(),
            about_itself,
            acknowledgement: None,
        }
    }

    fn reached(came: bool, wrong: Option<&str>) -> Option<Reached> {
        let good = DoctorFinding::good(DoctorCode::Reach, "The name is known", "");
        let wrong = wrong.map(|title| DoctorFinding::problem(DoctorCode::Reach, title, "", "Mend it"));
        Some(Reached {
            findings: [good].into_iter().chain(wrong).collect(),
            came,
        })
    }

    fn told(seen: &Seen, record: &Record, reached: Option<Reached>) -> String {
        let steps = causes(seen, ADDRESS, record, reached);
        assert_eq!(steps.iter().filter(|step| step.is_problem()).count(), 1, "{steps:#?}");
        let said = steps.last().unwrap();
        assert!(said.is_problem());
        format!("{}. {}", said.title, said.remedy.clone().unwrap())
    }

    #[test]
    fn what_came_is_told_before_all_else() {
        let seen = |refused, wrong_name: Option<&str>| Seen {
            refused,
            wrong_name: wrong_name.map(str::to_owned),
        };
        let told = |seen: &Seen| told(seen, &Record::Of(delivery(502, 0.1, true)), reached(false, Some("x")));
        let wrong = told(&seen(Some(Refusal::SignatureWrong), Some("x.example")));
        assert!(
            wrong.contains("refused it") && wrong.contains("another secret"),
            "{wrong}"
        );
        let renamed = told(&seen(None, Some("x.example")));
        assert!(
            renamed.contains("\"x.example\"") && renamed.contains("Host header"),
            "{renamed}"
        );
    }

    #[test]
    fn the_sites_record_names_who_answered_instead() {
        let by = |answer| {
            told(
                &Seen::default(),
                &Record::Of(delivery(answer, 0.1, true)),
                reached(true, None),
            )
        };
        assert!(by(502).contains("The proxy or tunnel at relay.example is there and does not reach Callboard"));
        assert!(by(403).contains("asks for a sign-in"));
        assert!(by(302).contains("sends elsewhere"));
        let taken = by(200);
        assert!(
            taken.contains("Something else answers at relay.example: it answered 200"),
            "{taken}"
        );
    }

    #[test]
    fn our_own_knock_names_what_the_record_leaves_open() {
        let nobody = Record::Of(delivery(0, 6.0, true));
        let by = |record: &Record, reached| told(&Seen::default(), record, reached);
        for record in [&nobody, &Record::NotYet, &Record::Unread] {
            assert!(by(record, reached(false, Some("Nobody answers at relay.example"))).starts_with("Nobody answers"));
        }
        let outside = by(&nobody, reached(true, None));
        assert!(
            outside.contains("no answer within 6.0 s") && outside.contains("firewall"),
            "{outside}"
        );
        assert!(by(&Record::NotYet, reached(true, None)).contains("not through yet"));
        // It comes in and something is wrong: that is certain. It does not come in: the site may get further.
        let refused = Record::Of(delivery(503, 0.1, true));
        assert!(by(&refused, reached(true, Some("the journal cannot be written"))).starts_with("the journal"));
        assert!(by(&refused, reached(false, Some("Nobody answers"))).contains("(it answered 503)"));
    }

    #[test]
    fn what_is_only_likely_is_told_where_nothing_is_known() {
        let by = |reached| told(&Seen::default(), &Record::Unread, reached);
        let nothing = by(None);
        assert!(
            nothing.contains("likelihood: the tunnel or reverse proxy is not running"),
            "{nothing}"
        );
        let knocked = by(reached(true, None));
        assert!(
            knocked.contains("likelihood: a firewall") && !knocked.contains("tunnel"),
            "{knocked}"
        );
    }

    #[test]
    fn a_test_is_found_in_the_record_by_what_is_new_in_it() {
        let failed = delivery(502, 0.1, false);
        let test = delivery(200, 0.1, true);
        let event = delivery(200, 0.1, false);
        assert_eq!(in_record(&[test.clone(), failed.clone()], false), Record::Of(failed));
        assert_eq!(in_record(&[event.clone(), test.clone()], false), Record::Of(test));
        assert_eq!(in_record(&[], false), Record::NotYet);
        assert_eq!(in_record(std::slice::from_ref(&event), false), Record::NotYet);
        assert_eq!(
            in_record(&[event], true),
            Record::Unread,
            "the test may have been in it"
        );
        let awaited = delivery(0, 0.0, true);
        assert_eq!(in_record(&[awaited], false), Record::NotYet);
    }
}

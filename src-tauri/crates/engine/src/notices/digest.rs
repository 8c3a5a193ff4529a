//! What happened in the quiet hours, in one message: what has changed and still stands.

use callboard_journal::{IssueState, IssueView};
use callboard_model::{AlertKind, Place};

use crate::health::Alert;

/// The group of digests: a later one takes the place of an earlier one.
const GROUP: &str = "digest";
/// Things that are named; the rest are counted.
const NAMED: usize = 6;

/// The digest of alerts that were held back, in the order in which they came; none where nothing is left to tell. `off`: kinds that
/// nobody is told of. `open`: the issues as they stand now.
pub(crate) fn digest(held: &[Alert], off: &[AlertKind], open: &[IssueView]) -> Option<Alert> {
    if off.contains(&AlertKind::Digest) {
        return None;
    }
    let mut topics: Vec<(&Alert, &Alert)> = Vec::new();
    for alert in held {
        match topics.iter_mut().find(|(first, _)| first.group == alert.group) {
            Some((_, last)) => *last = alert,
            None => topics.push((alert, alert)),
        }
    }
    let told: Vec<Alert> = topics
        .into_iter()
        .filter_map(|(first, last)| what_stands(first, last, open))
        .filter(|alert| !off.contains(&alert.kind))
        .collect();
    let first = told.first()?;
    if let [only] = told.as_slice() {
        return Some(Alert {
            kind: AlertKind::Digest,
            title: format!("While it was quiet: {}", only.title),
            body: only.body.clone(),
            group: GROUP.to_owned(),
            place: only.place.clone(),
        });
    }
    let mut body: Vec<String> = told.iter().take(NAMED).map(|alert| alert.title.clone()).collect();
    if told.len() > NAMED {
        body.push(format!(
            "And {} more, which stand in Callboard under Issues",
            told.len() - NAMED
        ));
    }
    let same = told.iter().all(|alert| alert.place == first.place);
    Some(Alert {
        kind: AlertKind::Digest,
        title: format!("While it was quiet, {} things changed", told.len()),
        body: body.join("\n"),
        group: GROUP.to_owned(),
        place: if same { first.place.clone() } else { Place::Issues },
    })
}

/// What is to be told of a topic; none where it is as it was before, or somebody has seen to it.
fn what_stands(first: &Alert, last: &Alert, open: &[IssueView]) -> Option<Alert> {
    let issue = open.iter().find(|issue| issue.key == last.group);
    match issue {
        Some(issue) if issue.state == IssueState::Open => Some(Alert {
            kind: issue.kind,
            title: issue.title.clone(),
            body: issue.remedy.clone(),
            ..last.clone()
        }),
        Some(_) => None,
        // It was ill before, and is well: that is news. What came and went is none.
        None => (last.kind == AlertKind::HookRecovered && first.kind == AlertKind::HookRecovered).then(|| last.clone()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn alert(kind: AlertKind, group: &str) -> Alert {
        Alert {
            kind,
            title: format!("{group} is {}", kind.as_str()),
            body: "Do this".into(),
            group: group.into(),
            place: Place::Hook { hook: "status".into() },
        }
    }

    fn open(kind: AlertKind, key: &str) -> IssueView {
        let alert = alert(kind, key);
        IssueView {
            key: key.into(),
            kind,
            title: alert.title,
            remedy: alert.body,
            state: IssueState::Open,
            number: 1,
            first_at: Timestamp::UNIX_EPOCH,
            last_at: Timestamp::UNIX_EPOCH,
            acknowledged_by: None,
            acknowledged_at: None,
            resolved_at: None,
            resolved_by: None,
            place: None,
        }
    }

    #[test]
    fn what_came_and_went_in_the_night_is_not_told() {
        let held = [
            alert(AlertKind::HookUnstable, "hook:a"),
            alert(AlertKind::HookRecovered, "hook:a"),
            alert(AlertKind::RuleSetAside, "rule:r"),
        ];
        assert_eq!(digest(&held, &[], &[]), None);
        assert_eq!(digest(&[], &[], &[]), None);
    }

    #[test]
    fn one_thing_is_told_as_itself_with_its_place() {
        let held = [
            alert(AlertKind::HookUnstable, "hook:a"),
            alert(AlertKind::HookFailed, "hook:a"),
        ];
        let told = digest(&held, &[], &[open(AlertKind::HookFailed, "hook:a")]).unwrap();
        assert_eq!(told.kind, AlertKind::Digest);
        assert_eq!(told.title, "While it was quiet: hook:a is hook_failed");
        assert_eq!((told.body.as_str(), &told.place), ("Do this", &held[0].place));
        let back = [alert(AlertKind::HookRecovered, "hook:a")];
        let told = digest(&back, &[], &[]).unwrap();
        assert_eq!(told.title, "While it was quiet: hook:a is hook_recovered");
    }

    #[test]
    fn many_are_one_message_of_a_line_each_and_the_rest_are_counted() {
        let names: Vec<String> = (0..9).map(|n| format!("write:{n}")).collect();
        let held: Vec<Alert> = names.iter().map(|name| alert(AlertKind::WriteGivenUp, name)).collect();
        let open: Vec<IssueView> = names.iter().map(|name| open(AlertKind::WriteGivenUp, name)).collect();
        let told = digest(&held, &[], &open).unwrap();
        assert_eq!(told.title, "While it was quiet, 9 things changed");
        assert_eq!(told.body.lines().count(), NAMED + 1);
        assert!(
            told.body.ends_with("And 3 more, which stand in Callboard under Issues"),
            "{}",
            told.body
        );
    }

    #[test]
    fn what_somebody_has_seen_or_chose_not_to_hear_is_not_told() {
        let held = [alert(AlertKind::Conflict, "c"), alert(AlertKind::Approvals, "inbox")];
        let mut issues = [open(AlertKind::Conflict, "c"), open(AlertKind::Approvals, "inbox")];
        assert!(digest(&held, &[AlertKind::Digest], &issues).is_none());
        issues[0].state = IssueState::Acknowledged;
        let told = digest(&held, &[], &issues).unwrap();
        assert_eq!(told.title, "While it was quiet: inbox is approvals");
        assert_eq!(digest(&held, &[AlertKind::Approvals], &issues), None);
    }
}

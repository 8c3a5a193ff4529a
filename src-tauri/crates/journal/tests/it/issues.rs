//! What needs a person: opened, acknowledged, resolved, and open again by itself.

use callboard_journal::{Alike, IssueState, IssueView, Journal, NewIssue};
use callboard_model::{AlertKind, Place};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::made::{Kept, at};

const HOOK: &str = "hook:status";
const DAY: i64 = 86_400;

fn unstable(title: &str) -> NewIssue {
    NewIssue {
        key: HOOK.into(),
        kind: AlertKind::HookUnstable,
        place: Place::Hook { hook: "status".into() },
        title: title.into(),
        remedy: "Do something".into(),
    }
}

fn named(key: &str) -> NewIssue {
    NewIssue {
        key: key.into(),
        ..unstable("A")
    }
}

fn open(kept: &Kept) -> Vec<IssueView> {
    kept.reader().issues_view().unwrap().open
}

#[tokio::test]
async fn an_issue_is_one_however_often_it_is_met() {
    let kept = Kept::new();
    assert!(
        kept.raise(unstable("First"), at(1)).await.unwrap(),
        "it was not open before"
    );
    assert!(!kept.raise(unstable("Second"), at(2)).await.unwrap());
    let found = kept.reader().issues().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].title.as_str(), found[0].number, found[0].state),
        ("Second", 2, "open")
    );
    assert_eq!((found[0].first_at, found[0].last_at), (at(1), at(2)));
    kept.resolve(HOOK.into(), at(2)).await.unwrap();
    kept.resolve("nosuch".into(), at(2)).await.unwrap();
    let found = kept.reader().issues().unwrap();
    assert_eq!((found[0].state, found[0].resolved_at), ("resolved", Some(at(2))));
    assert!(
        kept.raise(unstable("Again"), at(3)).await.unwrap(),
        "it is news once more"
    );
    assert_eq!(kept.reader().issues().unwrap()[0].resolved_at, None);
}

#[tokio::test]
async fn an_acknowledged_issue_stays_so_while_it_goes_on_and_is_news_when_it_comes_back() {
    let kept = Kept::new();
    kept.raise(unstable("First"), at(1)).await.unwrap();
    assert_eq!(
        kept.reader().unseen_issues().unwrap(),
        [(AlertKind::HookUnstable, 1)].into()
    );
    assert!(kept.acknowledge_issue(HOOK.into(), "Ada".into(), at(2)).await.unwrap());
    assert!(kept.acknowledge_issue(HOOK.into(), "Bob".into(), at(3)).await.unwrap());
    assert!(
        !kept
            .acknowledge_issue("nosuch".into(), "Ada".into(), at(3))
            .await
            .unwrap()
    );
    let seen = &open(&kept)[0];
    assert_eq!(
        (seen.state, seen.acknowledged_by.as_deref(), seen.acknowledged_at),
        (IssueState::Acknowledged, Some("Ada"), Some(at(2)))
    );
    assert!(kept.reader().unseen_issues().unwrap().is_empty());
    assert_eq!(
        kept.reader().issues().unwrap()[0].state,
        "open",
        "the command line says what it said"
    );

    assert!(!kept.raise(unstable("Second"), at(DAY)).await.unwrap(), "it goes on");
    assert!(
        !kept.raise(unstable("Second"), at(2 * DAY - 1)).await.unwrap(),
        "it still does"
    );
    assert_eq!(open(&kept)[0].state, IssueState::Acknowledged);

    assert!(
        kept.raise(unstable("Second"), at(3 * DAY)).await.unwrap(),
        "a day without it"
    );
    let back = &open(&kept)[0];
    assert_eq!((back.state, &back.acknowledged_by), (IssueState::Open, &None));

    kept.acknowledge_issue(HOOK.into(), "Ada".into(), at(3 * DAY))
        .await
        .unwrap();
    let worse = NewIssue {
        kind: AlertKind::HookFailed,
        ..unstable("Third")
    };
    assert!(
        kept.raise(worse.clone(), at(3 * DAY + 1)).await.unwrap(),
        "it is something else"
    );
    assert_eq!(open(&kept)[0].state, IssueState::Open);
    assert!(!kept.raise(worse, at(3 * DAY + 2)).await.unwrap());
}

#[tokio::test]
async fn a_person_resolves_and_what_is_met_again_is_open_and_acknowledged_by_nobody() {
    let kept = Kept::new();
    kept.raise(unstable("First"), at(1)).await.unwrap();
    kept.acknowledge_issue(HOOK.into(), "Ada".into(), at(2)).await.unwrap();
    assert!(kept.resolve_by(HOOK.into(), "Bob".into(), at(3)).await.unwrap());
    assert!(kept.resolve_by(HOOK.into(), "Eve".into(), at(4)).await.unwrap());
    assert!(!kept.resolve_by("nosuch".into(), "Bob".into(), at(4)).await.unwrap());
    let view = kept.reader().issues_view().unwrap();
    assert!(view.open.is_empty());
    let done = &view.resolved[0];
    assert_eq!(
        (done.state, done.resolved_by.as_deref(), done.resolved_at),
        (IssueState::Resolved, Some("Bob"), Some(at(3)))
    );
    assert!(kept.raise(unstable("First"), at(5)).await.unwrap());
    let view = kept.reader().issues_view().unwrap();
    assert!(view.resolved.is_empty());
    let again = &view.open[0];
    assert_eq!((again.state, again.number), (IssueState::Open, 2));
    assert_eq!((&again.acknowledged_by, &again.resolved_by), (&None, &None));
}

#[tokio::test]
async fn what_is_alike_is_one_issue_that_says_how_many_there_were_since_it_was_opened() {
    let kept = Kept::new();
    let alike = |number| Alike {
        number,
        title: "of them".into(),
    };
    let raise = async |number, when| {
        kept.raise_alike(unstable("One"), alike(number), at(when))
            .await
            .unwrap()
    };
    let stands = || {
        let issue = open(&kept).remove(0);
        (issue.title, issue.number)
    };
    assert_eq!(kept.reader().issue_met_at(HOOK).unwrap(), None);
    assert_eq!(raise(1, 1).await.as_deref(), Some("One"));
    assert_eq!(raise(12, 2).await, None, "it stands, and is counted");
    assert_eq!(stands(), ("13 of them".into(), 13));
    assert_eq!(kept.reader().issue_met_at(HOOK).unwrap(), Some(at(2)));
    kept.acknowledge_issue(HOOK.into(), "Ada".into(), at(3)).await.unwrap();
    assert_eq!(raise(1, 4).await, None);
    assert_eq!(
        raise(1, 2 * DAY).await.as_deref(),
        Some("15 of them"),
        "a day without it"
    );

    kept.resolve_by(HOOK.into(), "Ada".into(), at(3 * DAY)).await.unwrap();
    assert_eq!(raise(1, 3 * DAY + 1).await.as_deref(), Some("One"));
    assert_eq!(stands(), ("One".into(), 16));
    kept.resolve(HOOK.into(), at(3 * DAY + 2)).await.unwrap();
    assert_eq!(raise(2, 3 * DAY + 3).await.as_deref(), Some("2 of them"));
}

#[tokio::test]
async fn what_nobody_has_seen_stands_first_and_of_what_is_done_with_the_newest_fifty() {
    let kept = Kept::new();
    for (key, when) in [("a", 1), ("b", 2), ("c", 3)] {
        kept.raise(named(key), at(when)).await.unwrap();
    }
    kept.acknowledge_issue("c".into(), "Ada".into(), at(4)).await.unwrap();
    let keys: Vec<String> = open(&kept).into_iter().map(|issue| issue.key).collect();
    assert_eq!(keys, ["b", "a", "c"]);
    for n in 0..60 {
        kept.raise(named(&format!("d{n}")), at(10 + n)).await.unwrap();
        kept.resolve(format!("d{n}"), at(100 + n)).await.unwrap();
    }
    let resolved = kept.reader().issues_view().unwrap().resolved;
    assert_eq!((resolved.len(), resolved[0].key.as_str()), (50, "d59"));
    assert_eq!(kept.reader().issues().unwrap().len(), 63);
}

#[test]
fn issues_of_an_older_version_get_their_kind_and_place_by_their_key() {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(Journal::file(folder.path())).unwrap();
    connection
        .execute_batch(include_str!("../../src/schema/0001.sql"))
        .unwrap();
    connection
        .execute_batch(
            "INSERT INTO issue VALUES ('hook:status', 'Webhook status has failed', '', 1, 1, 1, 1),
                ('hook:b', 'Webhook b hears nothing', '', 0, 1, 1, 2000000),
                ('read:main:Shot', 'Shot 1 cannot be read on main', '', 1, 1, 1, 1),
                ('rule:flood', 'Rule \"flood\" is set aside', '', 1, 1, 1, 1),
                ('inbox', '1 change waits for you', '', 1, 1, 1, 1),
                ('write:main:Shot 1', 'Shot 1 could not be set', '', 1, 1, 1, 1);
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let journal = Journal::open(folder.path()).unwrap();
    let view = journal.reader().issues_view().unwrap();
    let of = |key: &str| {
        let all = view.open.iter().chain(&view.resolved);
        let issue = all.clone().find(|issue| issue.key == key).unwrap();
        (issue.kind, issue.place.clone())
    };
    let hook = |hook: &str| Some(Place::Hook { hook: hook.into() });
    assert_eq!(of("hook:status"), (AlertKind::HookFailed, hook("status")));
    assert_eq!(of("hook:b"), (AlertKind::HookDeaf, hook("b")));
    assert_eq!(
        of("read:main:Shot"),
        (AlertKind::Site, Some(Place::Site { site: "main".into() }))
    );
    assert_eq!(
        of("rule:flood"),
        (AlertKind::RuleSetAside, Some(Place::Rule { rule: "flood".into() }))
    );
    assert_eq!(of("inbox"), (AlertKind::Approvals, Some(Place::Inbox)));
    assert_eq!(of("write:main:Shot 1"), (AlertKind::WriteGivenUp, None));
    let resolved_at = view.resolved[0].resolved_at.unwrap();
    assert_eq!(resolved_at.as_second(), 2);
}

#[tokio::test]
async fn an_issue_whose_cause_lasts_says_what_holds_and_opens_again_only_when_it_is_met() {
    let kept = Kept::new();
    let so_far = |remedy: &str| NewIssue {
        remedy: remedy.into(),
        ..unstable("A")
    };
    let stands = || {
        let found = kept.reader().issues().unwrap();
        let remedy = kept
            .reader()
            .issues_view()
            .unwrap()
            .open
            .first()
            .map(|issue| issue.remedy.clone());
        (found[0].number, remedy)
    };
    kept.raise(so_far("1 failed"), at(0)).await.unwrap();
    assert!(!kept.keep_up(so_far("2 failed"), true, at(5)).await.unwrap());
    assert_eq!(stands(), (1, Some("2 failed".into())), "not counted within a minute");
    assert!(!kept.keep_up(so_far("3 failed"), true, at(60)).await.unwrap());
    assert_eq!(stands(), (2, Some("3 failed".into())));

    kept.resolve_by(HOOK.into(), "Ada".into(), at(61)).await.unwrap();
    assert!(!kept.keep_up(so_far("at another pace"), false, at(200)).await.unwrap());
    assert_eq!(stands(), (2, None), "nothing has failed since");
    assert!(kept.keep_up(so_far("4 failed"), true, at(201)).await.unwrap());
    assert_eq!(stands(), (3, Some("4 failed".into())));
}

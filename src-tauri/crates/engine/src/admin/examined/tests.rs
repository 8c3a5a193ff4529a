use callboard_model::EntityRef;
use callboard_trackers::TlsFault;

use super::super::words::words;
use super::*;
use crate::api::DoctorLevel;
use crate::settings::SiteKind;

fn theirs() -> &'static Words {
    words(SiteKind::Shotgrid)
}

fn down() -> TrackerError {
    TrackerError::Timeout("https://show.example".into())
}

fn refused() -> TrackerError {
    TrackerError::Refused("no permission".into())
}

#[test]
fn what_was_not_answered_is_unknown_and_never_good() {
    for found in [
        reading(theirs(), &[("Version", Ok(true)), ("Task", Err(down()))]),
        reading(theirs(), &[("Version", Ok(false))]),
        writing(
            theirs(),
            &[("Version", Ok(Permission::Allowed)), ("Task", Err(down()))],
            false,
        ),
        writing(theirs(), &[("Version", Ok(Permission::NothingToTry))], false),
        own_entries(
            theirs(),
            &Account {
                entity: EntityRef::new("ApiUser", 1),
                leaves_entries: None,
            },
        ),
        version_links(theirs(), &Ok(VersionLinks::default())),
        version_links(theirs(), &Err(down())),
        account(theirs(), &Err(down())),
        roads(theirs(), Some(&Err(down())), Some(&Err(down()))).remove(1),
        statuses_unread(&refused()),
        no_rules(),
    ] {
        assert_eq!(found.level, DoctorLevel::Unknown, "{}", found.title);
        assert!(found.remedy.is_some());
    }
}

#[test]
fn one_road_will_do_and_none_will_not() {
    let of = |log: Result<bool, TrackerError>, hooks: Result<usize, TrackerError>| {
        roads(theirs(), Some(&log), Some(&hooks))
            .iter()
            .any(DoctorFinding::is_problem)
    };
    assert!(!of(Ok(true), Err(refused())));
    assert!(!of(Err(refused()), Ok(2)));
    assert!(of(Err(refused()), Err(refused())));
}

#[test]
fn a_refused_write_is_a_problem_only_for_whoever_writes() {
    let tried = [(
        "Task",
        Ok(Permission::Refused("Task.sg_status_list is read-only".into())),
    )];
    let acting = writing(theirs(), &tried, false);
    assert!(acting.is_problem() && acting.title.contains("read-only"));
    assert!(!writing(theirs(), &tried, true).is_problem());
}

#[test]
fn the_share_of_versions_with_a_task_is_told() {
    let links = |looked, with_task| version_links(theirs(), &Ok(VersionLinks { looked, with_task }));
    assert!(links(50, 0).is_problem());
    assert!(links(50, 41).title.contains("(82 %)"));
    assert_eq!(links(50, 50).level, DoctorLevel::Good);
}

#[test]
fn a_missing_status_counts_before_a_hidden_one() {
    let (missing, hidden) = (vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]);
    assert!(statuses(&missing, &hidden).is_problem());
    assert!(statuses(&missing, &hidden).title.contains("And 1 more"));
    assert!(!statuses(&[], &hidden).is_problem());
}

#[test]
fn no_site_is_told_from_a_site_that_is_down() {
    let no_site = TrackerError::Unreadable {
        site: "https://x.example".into(),
        why: "not JSON".into(),
    };
    assert!(
        no_card(theirs(), "https://x.example", &no_site)
            .title
            .contains("no ShotGrid site")
    );
    let expired = TrackerError::Untrusted {
        site: "https://x.example".into(),
        fault: TlsFault::Expired,
    };
    let said = no_card(theirs(), "https://x.example", &expired);
    assert_eq!(said.code, DoctorCode::Certificate);
    assert!(said.title.contains("has expired") && said.remedy.unwrap().contains("renew it"));
    assert!(
        no_card(theirs(), "https://x.example", &down())
            .remedy
            .unwrap()
            .contains("try again")
    );
}

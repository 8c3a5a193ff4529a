//! The index, held against a naive reading of everything, whatever has changed and wherever the index stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use callboard_journal::{
    Decision, DeliveryIn, FacetCount, FeedCounts, FeedFilter, FeedRow, Journal, Known, NewChange, Outcome,
    OutcomeCount, Reader, StatusView,
};
use callboard_model::{Cause, ChangeState, EntityKey, EntityRef, Note};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::made::{Kept, at, becomes, delivery, event, person, site};

const NAMES: [&str; 7] = [
    "SH010",
    "sq02_comp_v003",
    "Skoda",
    "Rabbit hole",
    "SH0100",
    "x1y2",
    "comp",
];
const CODES: [&str; 3] = ["apv", "rev", "hld"];

#[derive(Clone, Debug)]
enum Step {
    Accept {
        task: i64,
        who: i64,
        project: i64,
        code: usize,
        payload: usize,
    },
    /// Kind and id of what is called otherwise now, and for a Task the Shot that it belongs to.
    Name(&'static str, i64, usize, i64),
    Statuses([usize; 3]),
    Decide(usize, usize, Option<usize>),
    Note(usize, usize),
    Why(usize, Option<usize>),
    Delete(usize),
    Index,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..NAMES.len();
    let kind = prop_oneof![Just("Task"), Just("Shot"), Just("HumanUser"), Just("Project")];
    prop_oneof![
        6 => (1..5_i64, 1..4_i64, 1..3_i64, 0..3_usize, name.clone()).prop_map(|(task, who, project, code, payload)| Step::Accept {
            task, who, project, code, payload
        }),
        4 => (kind, 1..5_i64, name.clone(), 1..5_i64).prop_map(|(kind, id, name, shot)| Step::Name(kind, id, name, shot)),
        1 => [name.clone(), name.clone(), name.clone()].prop_map(Step::Statuses),
        3 => (0..20_usize, name.clone(), proptest::option::of(name.clone())).prop_map(|(event, rule, reason)| Step::Decide(event, rule, reason)),
        1 => (0..20_usize, name.clone()).prop_map(|(event, text)| Step::Note(event, text)),
        2 => (0..20_usize, proptest::option::of(name)).prop_map(|(event, why)| Step::Why(event, why)),
        2 => (0..20_usize).prop_map(Step::Delete),
        3 => Just(Step::Index),
        1 => Just(Step::Reopen),
    ]
}

/// What the events of a journal should be found by.
#[derive(Default)]
struct Told {
    events: BTreeMap<i64, One>,
    names: BTreeMap<(&'static str, i64), usize>,
    shots: BTreeMap<i64, i64>,
    statuses: Option<[usize; 3]>,
}

struct One {
    task: i64,
    who: i64,
    project: i64,
    code: usize,
    entry: i64,
    outcome: Outcome,
    why: Option<usize>,
    note: Option<usize>,
    payload: usize,
    rule: Option<usize>,
    reason: Option<usize>,
}

impl Told {
    fn words(&self, one: &One) -> BTreeSet<String> {
        let name = |kind: &'static str, id: i64| self.names.get(&(kind, id)).copied();
        let task = name("Task", one.task);
        let shot = task.and(self.shots.get(&one.task)).and_then(|shot| name("Shot", *shot));
        let status = self.statuses.and_then(|names| names.get(one.code).copied());
        let said = [
            task,
            shot,
            name("HumanUser", one.who),
            name("Project", one.project),
            status,
            one.why,
            one.note,
            Some(one.payload),
            one.rule,
            one.reason,
        ];
        let mut text: Vec<String> = said.iter().flatten().map(|name| NAMES[*name].to_owned()).collect();
        text.extend([
            "Shotgun_Task_Change sg_status_list Task ip".into(),
            CODES[one.code].into(),
        ]);
        text.extend([one.entry.to_string(), one.task.to_string()]);
        text.iter().flat_map(|text| naive(text)).collect()
    }

    fn found(&self, filter: &FeedFilter) -> Vec<i64> {
        let parts = filter.text.split(|c: char| !c.is_alphanumeric());
        let typed: Vec<String> = parts.map(str::to_lowercase).collect();
        let has = |one: &One| {
            let words = self.words(one);
            let project = self
                .names
                .get(&("Project", one.project))
                .map(|name| NAMES[*name].to_owned());
            typed
                .iter()
                .all(|typed| words.iter().any(|word| word.starts_with(typed.as_str())))
                && (filter.outcomes.is_empty() || filter.outcomes.contains(&one.outcome))
                && (filter.projects.is_empty() || project.is_some_and(|name| filter.projects.contains(&name)))
                && (filter.entity_types.is_empty() || filter.entity_types.contains(&"Task".to_owned()))
        };
        self.events
            .iter()
            .rev()
            .filter(|(_, one)| has(one))
            .map(|(seq, _)| *seq)
            .collect()
    }
}

/// Words, and what is left of them from each place where letters meet digits.
fn naive(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = run.chars().collect();
        for place in 0..letters.len() {
            if place == 0 || letters[place].is_numeric() != letters[place - 1].is_numeric() {
                words.push(letters[place..].iter().collect());
            }
        }
    }
    words
}

fn all(reader: &Reader, filter: &FeedFilter) -> Vec<i64> {
    let (mut before, mut seqs) = (None, Vec::new());
    loop {
        let page = reader.feed(before, 3, filter).unwrap();
        seqs.extend(page.rows.iter().map(|row| row.seq));
        before = page.before;
        assert_eq!(page.more, before.is_some());
        if !page.more {
            return seqs;
        }
    }
}

/// What each choice would show, by reading every event.
fn counted(reader: &Reader, filter: &FeedFilter) -> FeedCounts {
    let rows = |change: fn(&mut FeedFilter)| {
        let mut filter = filter.clone();
        change(&mut filter);
        reader.rows_after(0, 100_000, &filter).unwrap()
    };
    let name = |entity: Option<EntityRef>| entity.and_then(|entity| entity.name);
    let outcomes = facet(&rows(|f| f.outcomes.clear()), |row| {
        Some(row.outcome.as_str().to_owned())
    });
    FeedCounts {
        total: u32::try_from(rows(|_| {}).len()).unwrap(),
        capped: false,
        entity_types: facet(&rows(|f| f.entity_types.clear()), |row| {
            row.entity.as_ref().map(|entity| entity.key.kind.to_string())
        }),
        projects: facet(&rows(|f| f.projects.clear()), |row| name(row.project.clone())),
        outcomes: outcomes
            .into_iter()
            .map(|FacetCount { value, count }| OutcomeCount {
                value: serde_json::from_value(json!(value)).unwrap(),
                count,
            })
            .collect(),
        people: facet(&rows(|f| f.people.clear()), |row| {
            name(row.actor.clone().map(|actor| actor.entity))
        }),
        sites: facet(&rows(|f| f.sites.clear()), |row| Some(row.site.to_string())),
    }
}

fn facet(rows: &[FeedRow], of: impl Fn(&FeedRow) -> Option<String>) -> Vec<FacetCount> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for value in rows.iter().filter_map(of) {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(value, count)| FacetCount { value, count })
        .collect();
    counts.sort_by_key(|choice| std::cmp::Reverse(choice.count));
    counts
}

fn asked() -> Vec<FeedFilter> {
    let texts = [
        "",
        "s",
        "sh",
        "sh0",
        "sh010",
        "sh0100",
        "010",
        "0",
        "co",
        "comp",
        "comp_v003",
        "v003",
        "3",
        "skoda",
        "rab",
        "hole rabbit",
        "x1y",
        "y2",
        "2",
        "apv",
        "rev comp",
        "hld sh010",
        "ip skoda",
        "nosuch",
        "status",
        "comp nosuch",
        "1000",
        "omp",
    ];
    let words = texts.map(|text| FeedFilter {
        text: text.into(),
        ..FeedFilter::default()
    });
    let mut filters = Vec::from(words);
    for outcome in [Outcome::Waiting, Outcome::Nothing, Outcome::Changed, Outcome::Echo] {
        for (projects, text) in [
            (vec![], ""),
            (vec!["SH010", "comp"], ""),
            (vec!["Skoda"], "co"),
            (vec![], "sh"),
        ] {
            filters.push(FeedFilter {
                entity_types: vec!["Task".into()],
                projects: projects.into_iter().map(Into::into).collect(),
                outcomes: vec![outcome],
                text: text.into(),
                ..FeedFilter::default()
            });
        }
    }
    filters
}

async fn indexed(journal: &Journal) {
    let journal = journal.clone();
    tokio::task::spawn_blocking(move || journal.index())
        .await
        .unwrap()
        .unwrap();
}

async fn closed(journal: Journal) {
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

async fn take(journal: &mut Option<Journal>, folder: &Path, told: &mut Told, number: i64, step: Step) {
    let kept = journal.as_ref().unwrap();
    let seq_of = |told: &Told, place: usize| told.events.keys().nth(place).copied();
    match step {
        Step::Accept {
            task,
            who,
            project,
            code,
            payload,
        } => {
            let entry = 1_000_000 + number;
            let mut event = becomes(entry, "Task", task, CODES[code]);
            event.actor = Some(person(who));
            event.project = Some(EntityRef::new("Project", project));
            let body = json!({"data": {"more": NAMES[payload], "at": "2026-05-01T09:00:00Z"}}).to_string();
            let delivery = DeliveryIn {
                body: body.into_bytes(),
                ..delivery(vec![event])
            };
            let seq = kept.accept(delivery).await.unwrap().new[0];
            let one = One {
                task,
                who,
                project,
                code,
                entry,
                outcome: Outcome::Waiting,
                why: None,
                note: None,
                payload,
                rule: None,
                reason: None,
            };
            assert!(told.events.insert(seq, one).is_none());
        }
        Step::Name(kind, id, name, shot) => {
            let parent = (kind == "Task").then(|| EntityKey::new("Shot", shot));
            if parent.is_some() {
                told.shots.insert(id, shot);
            }
            told.names.insert((kind, id), name);
            let known = Known {
                entity: EntityRef::new(kind, id).named(NAMES[name]),
                parent,
            };
            kept.learn(site(), vec![known]).await.unwrap();
        }
        Step::Statuses(names) => {
            told.statuses = Some(names);
            let view = |(code, name): (&str, usize)| StatusView {
                code: code.into(),
                name: NAMES[name].into(),
                color: None,
            };
            let statuses = CODES.into_iter().zip(names).map(view).collect();
            kept.put_statuses(site(), "Task".into(), statuses).await.unwrap();
        }
        Step::Decide(place, rule, reason) => {
            let Some(seq) = seq_of(told, place) else { return };
            let one = told.events.get_mut(&seq).unwrap();
            if one.outcome != Outcome::Waiting {
                return;
            }
            (one.outcome, one.why, one.rule, one.reason) = (Outcome::Changed, None, Some(rule), reason);
            let change = NewChange {
                entity: EntityRef::new("Shot", 1),
                field: None,
                from: None,
                to: Some("ip".into()),
                rule: "r".into(),
                rule_name: NAMES[rule].into(),
                cause: Cause::Event,
                state: ChangeState::Confirmed,
                skip: None,
                reason: reason.map(|reason| NAMES[reason].into()),
            };
            let decision = Decision {
                outcome: Outcome::Changed,
                why: None,
                cascade: Some((1, "Overhaul".into(), vec![change])),
            };
            kept.decide(seq, decision, at(1)).await.unwrap();
        }
        Step::Note(place, text) => {
            let Some(seq) = seq_of(told, place) else { return };
            told.events.get_mut(&seq).unwrap().note = Some(text);
            let note = Note {
                text: NAMES[text].into(),
                about: Vec::new(),
            };
            kept.put_note(seq, note).await.unwrap();
        }
        Step::Why(place, why) => {
            let Some(seq) = seq_of(told, place) else { return };
            let one = told.events.get_mut(&seq).unwrap();
            if one.rule.is_some() {
                return;
            }
            (one.outcome, one.why) = (Outcome::Nothing, why);
            let why = why.map(|why| NAMES[why].into());
            kept.close_event(seq, Outcome::Nothing, why).await.unwrap();
        }
        Step::Delete(place) => {
            let Some(seq) = seq_of(told, place) else { return };
            told.events.remove(&seq);
            let c = Connection::open(Journal::file(folder)).unwrap();
            c.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
            c.execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 DELETE FROM change WHERE cascade_seq IN (SELECT seq FROM cascade WHERE event_seq = {seq});
                 DELETE FROM cascade WHERE event_seq = {seq};
                 DELETE FROM event WHERE seq = {seq};
                 COMMIT"
            ))
            .unwrap();
        }
        Step::Index => indexed(kept).await,
        Step::Reopen => {
            closed(journal.take().unwrap()).await;
            *journal = Some(Journal::open(folder).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_what_is_found_is_what_reading_everything_finds(
        steps in proptest::collection::vec((step(), any::<proptest::sample::Index>()), 1..40)
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = TempDir::new().unwrap();
        runtime.block_on(async {
            let mut journal = Some(Journal::open(folder.path()).unwrap());
            let mut told = Told::default();
            let filters = asked();
            for (number, (step, one)) in (1_i64..).zip(steps) {
                take(&mut journal, folder.path(), &mut told, number, step).await;
                let filter = one.get(&filters);
                let reader = journal.as_ref().unwrap().reader();
                prop_assert_eq!(all(reader, filter), told.found(filter), "{:?}", filter);
                prop_assert_eq!(reader.feed_counts(filter).unwrap(), counted(reader, filter), "counts: {:?}", filter);
            }
            let journal = journal.unwrap();
            for filter in &filters {
                prop_assert_eq!(all(journal.reader(), filter), told.found(filter), "before: {:?}", filter);
            }
            indexed(&journal).await;
            for filter in &filters {
                prop_assert_eq!(all(journal.reader(), filter), told.found(filter), "indexed: {:?}", filter);
            }
            for filter in filters.iter().step_by(5) {
                let (told, own) = (journal.reader().feed_counts(filter).unwrap(), counted(journal.reader(), filter));
                prop_assert_eq!(told, own, "counts, indexed: {:?}", filter);
            }
            closed(journal).await;
            Ok(())
        })?;
    }
}

fn text(text: &str) -> FeedFilter {
    FeedFilter {
        text: text.into(),
        ..FeedFilter::default()
    }
}

/// Waits until the journal has put in by itself what it can.
async fn settled(kept: &Kept) {
    let c = kept.another();
    let sql = "SELECT first <= 1 AND upto >= (SELECT max(seq) FROM event) AND NOT EXISTS (SELECT 1 FROM word_again) FROM word_place";
    for _ in 0..1_200 {
        if c.query_row(sql, [], |r| r.get(0)).unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the index did not come");
}

/// More events than one answer reads by itself, of which only the first has the word; none of them in the index, as a journal
/// from before the index has them.
async fn from_before(number: i64) -> Kept {
    let kept = Kept::new();
    kept.know(&[("Task", 1, "Firstone"), ("Task", 2, "Another")]).await;
    let events = (1..=number)
        .map(|n| becomes(n, "Task", if n == 1 { 1 } else { 2 }, "rev"))
        .collect();
    kept.accept(delivery(events)).await.unwrap();
    let Kept { journal, folder } = kept;
    closed(journal).await;
    let c = Connection::open(Journal::file(folder.path())).unwrap();
    c.execute_batch(
        "DELETE FROM word; DELETE FROM word_again; DELETE FROM word_named;
         UPDATE word_place SET (low, first, upto, high) = (SELECT max(seq) + 1, max(seq) + 1, max(seq), max(seq) FROM event)",
    )
    .unwrap();
    Kept {
        journal: Journal::open(folder.path()).unwrap(),
        folder,
    }
}

#[tokio::test]
async fn a_journal_from_before_is_found_in_from_the_start_and_indexed_by_itself() {
    let kept = from_before(6_000).await;
    assert_eq!(
        all(kept.reader(), &text("firstone")),
        [1],
        "however far the index has come"
    );
    settled(&kept).await;
    let page = kept.reader().feed(None, 10, &text("firstone")).unwrap();
    assert_eq!((page.rows.len(), page.more), (1, false), "in one answer");
    assert_eq!(all(kept.reader(), &text("another")).len(), 5_999);
}

#[tokio::test]
async fn indexing_that_is_cut_off_goes_on_where_it_stood() {
    let mut kept = from_before(6_000).await;
    for _ in 0..6 {
        let Kept { journal, folder } = kept;
        closed(journal).await;
        kept = Kept {
            journal: Journal::open(folder.path()).unwrap(),
            folder,
        };
        assert_eq!(all(kept.reader(), &text("firstone")), [1]);
    }
    indexed(&kept).await;
    assert_eq!(all(kept.reader(), &text("firstone")), [1]);
    assert_eq!(all(kept.reader(), &text("another")).len(), 5_999);
}

#[tokio::test]
async fn an_answer_that_would_take_too_long_stops_and_says_where() {
    let kept = Kept::new();
    kept.know(&[("Task", 1, "Firstone"), ("Task", 2, "Another")]).await;
    let events = (1..=5_000)
        .map(|n| becomes(n, "Task", if n == 1 { 1 } else { 2 }, "rev"))
        .collect();
    // What has only just come is not in the index.
    kept.accept(delivery(events)).await.unwrap();
    let page = kept.reader().feed(None, 10, &text("firstone")).unwrap();
    if page.more {
        assert!(page.rows.is_empty());
        let before = page.before.unwrap();
        assert!((1..5_000).contains(&before), "{before}");
    }
    assert_eq!(all(kept.reader(), &text("firstone")), [1]);
}

#[tokio::test]
async fn blocks_of_which_every_event_went_take_their_words_with_them() {
    let kept = Kept::new();
    kept.accept(delivery((1..=9_000).map(event).collect())).await.unwrap();
    indexed(&kept).await;
    let words = kept.count("word");
    kept.another()
        .execute_batch("PRAGMA busy_timeout = 5000; DELETE FROM event WHERE seq < 8500")
        .unwrap();
    assert!(all(kept.reader(), &text("rev")).iter().all(|seq| *seq >= 8_500));
    indexed(&kept).await;
    assert_eq!(all(kept.reader(), &text("rev")).len(), 501);
    assert_eq!(kept.count("word_again"), 0);
    assert!(
        kept.count("word") < words / 8,
        "{} of {words} are left",
        kept.count("word")
    );
    kept.another()
        .execute_batch("PRAGMA busy_timeout = 5000; DELETE FROM event")
        .unwrap();
    let seq = kept.accept_one(event(10_000)).await;
    assert_eq!(seq, 1, "numbers are given again");
    assert_eq!(all(kept.reader(), &text("rev")), [1]);
    indexed(&kept).await;
    assert_eq!(all(kept.reader(), &text("rev")), [1]);
    assert!(all(kept.reader(), &text("8999")).is_empty());
}

#[tokio::test]
async fn totals_are_the_same_before_and_after_the_index_is_written_and_while_events_move() {
    let kept = Kept::new();
    let events: Vec<_> = (1..=5_000).map(|n| becomes(n, "Task", n % 97, "rev")).collect();
    kept.accept(delivery(events)).await.unwrap();
    for seq in (1..=5_000).step_by(50) {
        kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    }
    let totals = || kept.reader().totals().unwrap();
    let counted = |nothing: u64| {
        std::collections::BTreeMap::from([("nothing".to_owned(), nothing), ("waiting".to_owned(), 5_000 - nothing)])
    };
    assert_eq!(totals(), counted(100));
    let journal = kept.journal.clone();
    tokio::task::spawn_blocking(move || journal.index())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(totals(), counted(100));
    kept.close_event(2, Outcome::Nothing, None).await.unwrap();
    assert_eq!(totals(), counted(101), "it has moved since");
    kept.accept_one(event(9_000)).await;
    assert_eq!(totals().values().sum::<u64>(), 5_001);
}

#[tokio::test]
async fn counts_of_what_is_seldom_are_right_with_and_without_the_index() {
    let kept = Kept::new();
    let events: Vec<_> = (1..=6_000)
        .map(|n| becomes(n, if n % 40 == 0 { "Version" } else { "Task" }, n % 97, "rev"))
        .collect();
    kept.accept(delivery(events)).await.unwrap();
    for seq in [40, 41, 4_000] {
        kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    }
    let filter = FeedFilter {
        entity_types: vec!["Version".into()],
        outcomes: vec![Outcome::Nothing],
        ..FeedFilter::default()
    };
    let before = kept.reader().feed_counts(&filter).unwrap();
    let journal = kept.journal.clone();
    tokio::task::spawn_blocking(move || journal.index())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((before.total, before.capped), (2, false));
    assert_eq!(kept.reader().feed_counts(&filter).unwrap(), before);
}

#[tokio::test]
async fn of_more_than_a_hundred_thousand_the_newest_are_counted() {
    let kept = Kept::new();
    kept.accept(delivery(vec![
        becomes(1, "Shot", 1, "apv"),
        becomes(2, "Task", 1, "rev"),
    ]))
    .await
    .unwrap();
    let columns = "delivery_seq, place, site, road, event_type, operation, entity_type, is_status, outcome, received_at, in_create";
    kept.another()
        .execute_batch(&format!(
            "PRAGMA busy_timeout = 5000;
             WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 100200)
             INSERT INTO event (key, {columns}) SELECT 'more' || n, {columns} FROM event, more WHERE seq = 2 ORDER BY n"
        ))
        .unwrap();
    let all = FeedFilter::default();
    let shots = FeedFilter {
        entity_types: vec!["Shot".into()],
        ..FeedFilter::default()
    };
    let counts = || {
        let told = kept.reader().feed_counts(&all).unwrap();
        let one = kept.reader().feed_counts(&shots).unwrap();
        (told, one.total, one.capped)
    };
    let before = counts();
    indexed(&kept).await;
    assert_eq!(counts(), before);
    let (told, shots, capped) = before;
    assert_eq!((told.total, told.capped, shots, capped), (100_000, true, 1, false));
    let tasks = FacetCount {
        value: "Task".into(),
        count: 100_000,
    };
    assert_eq!(told.entity_types, [tasks], "the Shot's event is the oldest");
}

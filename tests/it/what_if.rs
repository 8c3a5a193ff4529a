//! A rule set on the past. Here the live engine is a few lines, so that a history of hundreds of events takes no time: it
//! decides by the same rules, and the journal is the real one.

use std::ops::ControlFlow;

use callboard_engine::api::{AgreesWith, Ask, Difference, News, WhatIfSummary, Which};
use callboard_engine::{Span, try_recorded, what_if};
use callboard_journal::{Decision, DeliveryIn, FeedFilter, Journal, Known, NewChange, Outcome, Publication, Settled};
use callboard_model::{
    Actor, ActorKind, Change, ChangeState, Entity, EntityKey, EntityRef, Event, HookName, Note, Operation, Production,
    Road, SiteName, Skip, StatusCode, Step,
};
use callboard_rules::{CompiledRules, DEFAULT_STATUS_FIELD, RuleSet, Wanted, apply_event, plan, template};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use crate::stage::Stage;

const STEPS: [&str; 3] = ["Rotoscoping", "Composite", "Secondary Composite"];
const SHOTS: u64 = 4;

/// A studio whose rules are live, and its journal.
struct Studio {
    journal: Journal,
    _folder: TempDir,
    /// How things really stand.
    truth: Production,
    live: RuleSet,
    rules: CompiledRules,
    /// Changes that wait for something.
    held: Vec<Change>,
    entry: i64,
    now: i64,
    dice: u64,
}

/// What becomes of a change that the live rules decide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Written,
    /// Written, and the site never told us of it.
    Unheard,
    /// Written when the next thing has happened.
    WrittenLater,
    NotWritten(Skip),
    /// Somebody set it to the same before it was written.
    ThereBefore,
    Failed,
}

impl Studio {
    async fn new(live: RuleSet) -> Self {
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let publication = Publication {
            name: live.name.clone(),
            document: live.to_json_pretty(),
            author: "test".into(),
            note: String::new(),
            rolled_back_from: None,
            draft: None,
        };
        journal.publish(publication, at(0)).await.unwrap();
        let mut studio = Self {
            journal,
            _folder: folder,
            truth: production().into_iter().collect(),
            rules: CompiledRules::new(&live),
            live,
            held: Vec::new(),
            entry: 100,
            now: 1,
            dice: 0,
        };
        let ada = Known {
            entity: person().entity,
            parent: None,
        };
        studio.journal.learn(site(), vec![ada]).await.unwrap();
        studio.read_all().await;
        studio
    }

    /// The site is read, as it is around each event.
    async fn read_all(&mut self) {
        let all: Vec<Entity> = self.truth.iter().cloned().collect();
        self.journal.learn_entities(site(), all, at(self.now)).await.unwrap();
    }

    fn roll(&mut self, sides: u64) -> u64 {
        // Xorshift: the same days for the same seed.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }

    fn next_event(&mut self, entity: EntityKey, operation: Operation, actor: Actor) -> Event {
        self.entry += 1;
        self.now += 2;
        Event {
            site: site(),
            key: format!("log:{}", self.entry).into(),
            road: Road::Hook,
            hook: Some(HookName::from("status")),
            event_log_entry_id: Some(self.entry),
            event_type: format!("Shotgun_{}_Change", entity.kind),
            operation,
            entity: Some(EntityRef {
                key: entity,
                name: None,
            }),
            field: None,
            old: None,
            new: None,
            in_create: false,
            actor: Some(actor),
            project: Some(EntityRef::new("Project", 1)),
            occurred_at: None,
            session_uuid: None,
            warning: None,
            hook_word: None,
            id: None,
            note: None,
            received: None,
        }
    }

    fn status_event(&mut self, entity: &EntityKey, to: &str, actor: Actor) -> Event {
        let old = self.truth.get(entity).and_then(|e| e.status.clone());
        let mut event = self.next_event(entity.clone(), Operation::Update, actor);
        event.field = Some(DEFAULT_STATUS_FIELD.into());
        event.old = old.map(|code| json!(code.as_str()));
        event.new = Some(json!(to));
        event
    }

    async fn accept(&self, event: &Event) -> i64 {
        let delivery = DeliveryIn {
            tracker_id: None,
            hook: HookName::from("status"),
            site: site(),
            received_at: at(self.now),
            verdict: "Signature good".into(),
            headers: Vec::new(),
            body: event.key.as_str().into(),
            events: vec![event.clone()],
            status_field: DEFAULT_STATUS_FIELD,
            heard: Vec::new(),
            left_out: None,
        };
        self.journal.accept(delivery).await.unwrap().new[0]
    }

    /// A status that a person sets, and what the live rules make of it.
    async fn sets(&mut self, entity: (&str, i64), to: &str) -> i64 {
        self.sets_with(entity, to, &mut |_| Fate::Written).await
    }

    async fn sets_with(&mut self, entity: (&str, i64), to: &str, fate: &mut dyn FnMut(&EntityKey) -> Fate) -> i64 {
        let entity = EntityKey::new(entity.0, entity.1);
        let event = self.status_event(&entity, to, person());
        self.happens(event, None, fate).await
    }

    async fn happens(
        &mut self,
        event: Event,
        created: Option<Entity>,
        fate: &mut dyn FnMut(&EntityKey) -> Fate,
    ) -> i64 {
        let seq = self.accept(&event).await;
        apply_event(&mut self.truth, &event, created, DEFAULT_STATUS_FIELD);
        self.decide(seq, &event, fate).await;
        seq
    }

    /// Writes what waited, unless somebody came first.
    async fn write_held(&mut self) {
        for change in std::mem::take(&mut self.held) {
            let key = &change.entity.key;
            let mut one = Settled::of(&change);
            let as_it_was = self.truth.get(key).is_some_and(|e| e.status == change.from);
            let echo = as_it_was.then(|| {
                let word = change.to.as_ref().map_or("", StatusCode::as_str).to_owned();
                self.status_event(key, &word, script())
            });
            self.now += 1;
            if as_it_was {
                one.state = ChangeState::Confirmed;
                self.truth.set_status(key, change.to.clone());
            } else {
                (one.state, one.skip) = (ChangeState::Skipped, Some(Skip::Overruled));
            }
            self.journal.settle(vec![one], at(self.now)).await.unwrap();
            if let Some(echo) = echo {
                let seq = self.accept(&echo).await;
                self.journal.close_event(seq, Outcome::Echo, None).await.unwrap();
            }
        }
    }

    async fn decide(&mut self, seq: i64, event: &Event, fate: &mut dyn FnMut(&EntityKey) -> Fate) {
        let made = plan(&self.rules, event, &self.truth);
        let mut fates = Vec::new();
        let mut changes = Vec::new();
        for change in made.changes {
            let fate = fate(&change.entity.key);
            let skip = match fate {
                Fate::NotWritten(skip) => Some(skip),
                _ => None,
            };
            fates.push(fate);
            changes.push(NewChange {
                entity: change.entity,
                field: change.field,
                from: change.from,
                to: change.to,
                rule: change.rule,
                rule_name: String::new(),
                cause: change.cause,
                state: skip.map_or(ChangeState::Planned, |_| ChangeState::Skipped),
                skip,
                reason: None,
            });
        }
        changes.extend(made.skipped.into_iter().map(|skip| NewChange {
            entity: skip.entity,
            field: skip.field,
            from: skip.from,
            to: skip.to,
            rule: skip.rule,
            rule_name: String::new(),
            cause: skip.cause,
            state: ChangeState::Skipped,
            skip: Some(skip.reason.into()),
            reason: None,
        }));
        let decision = Decision {
            outcome: Outcome::Waiting,
            why: None,
            cascade: Some((1, self.live.name.clone(), changes)),
        };
        let decided = self.journal.decide(seq, decision, at(self.now)).await.unwrap().changes;
        let decided_at = at(self.now);
        let mut echoes = Vec::new();
        let mut settled = Vec::new();
        for (change, fate) in decided.iter().zip(fates) {
            let key = &change.entity.key;
            let to = change.to.clone();
            let mut one = Settled::of(change);
            match fate {
                Fate::Written | Fate::Unheard => {
                    if fate == Fate::Written {
                        let word = to.as_ref().map_or("", StatusCode::as_str);
                        echoes.push(self.status_event(key, word, script()));
                    }
                    self.truth.set_status(key, to);
                    one.state = ChangeState::Confirmed;
                }
                Fate::NotWritten(_) => continue,
                Fate::WrittenLater => {
                    self.held.push(change.clone());
                    continue;
                }
                Fate::ThereBefore => {
                    (one.state, one.skip) = (ChangeState::Skipped, Some(Skip::AlreadyThere));
                    one.attempts = 1;
                }
                Fate::Failed => one.state = ChangeState::Failed,
            }
            settled.push(one);
        }
        self.journal.settle(settled, decided_at).await.unwrap();
        self.journal.close_event(seq, Outcome::Changed, None).await.unwrap();
        for echo in echoes {
            let seq = self.accept(&echo).await;
            self.journal.close_event(seq, Outcome::Echo, None).await.unwrap();
        }
    }

    fn try_it(&self, draft: &RuleSet, since: Option<i64>, until: Option<i64>) -> (Vec<Difference>, WhatIfSummary) {
        let mut found = Vec::new();
        let span = Span {
            since: since.map(at),
            until: until.map(at),
        };
        let summary = what_if(self.journal.reader(), draft, &|_, rules| rules, span, &mut |told| {
            found.extend(told.differences);
            ControlFlow::Continue(())
        });
        (found, summary.unwrap())
    }
}

fn site() -> SiteName {
    SiteName::from("practice")
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

fn person() -> Actor {
    Actor {
        kind: ActorKind::Person,
        entity: EntityRef::new("HumanUser", 80).named("Ada"),
    }
}

fn script() -> Actor {
    Actor {
        kind: ActorKind::Script,
        entity: EntityRef::new("ApiUser", 1),
    }
}

/// Shots of three Tasks with a Version each: Shot 1, its Tasks 10, 11 and 12, Version 10 of Task 10 …
fn production() -> Vec<Entity> {
    let entity = |kind: &str, id: i64, status: &str| Entity {
        name: Some(format!("{kind} {id}")),
        status: Some(status.into()),
        project: Some(EntityRef::new("Project", 1)),
        ..Entity::bare(EntityKey::new(kind, id))
    };
    let mut all = Vec::new();
    for shot in 1..=SHOTS.cast_signed() {
        all.push(entity("Shot", shot, "awa"));
        for (place, step) in (0..).zip(STEPS) {
            let parent = Some(EntityRef::new("Shot", shot));
            let id = shot * 10 + place;
            all.push(Entity {
                parent: parent.clone(),
                step: Some(Step {
                    name: Some(step.into()),
                    ..Step::default()
                }),
                ..entity("Task", id, "wtg")
            });
            all.push(Entity {
                parent,
                task: Some(EntityRef::new("Task", id)),
                ..entity("Version", id, "na")
            });
        }
    }
    all
}

/// The template, with rules that look at how several entities stand, and at notes.
fn rules() -> RuleSet {
    let mut set = template("status-overhaul").unwrap();
    for rule in &mut set.rules {
        rule.enabled = true;
    }
    let more = json!([
        {"id": "all-approved", "name": "All approved", "when": {"entity": "Task", "becomes": ["apv"]},
         "if": {"siblings": {"all": ["apv", "di"], "ignoring": ["omt"]}}, "then": {"set": "shot", "to": ["final"]}},
        {"id": "next", "name": "The next Task", "when": {"entity": "Task", "becomes": ["stcomp", "apv"]},
         "if": {"target_is": ["wtg", "hld"]}, "then": {"set": {"next_tasks": {}}, "to": ["rdy"]}},
        {"id": "others", "name": "Older ones are done with", "when": {"entity": "Version", "on": ["created"]},
         "then": {"set": {"versions": "others"}, "to": ["note"]}},
        {"id": "said", "name": "Final, they said", "when": {"entity": "Shot", "on": ["note_added"]},
         "if": {"text": ["final"]}, "then": {"set": "itself", "to": ["final"]}},
        {"id": "gone", "name": "A Task that goes wakes the Shot", "when": {"entity": "Task", "on": ["deleted"]},
         "then": {"set": "shot", "to": ["actv"]}},
    ]);
    let mut document: serde_json::Value = serde_json::from_str(&set.to_json_pretty()).unwrap();
    document["rules"]
        .as_array_mut()
        .unwrap()
        .splice(0..0, more.as_array().unwrap().clone());
    RuleSet::parse(document.to_string().as_bytes()).unwrap()
}

/// The template with one rule that sets something else.
fn with_other(live: &RuleSet, rule: &str, to: &str) -> RuleSet {
    let mut draft = live.clone();
    let changed = draft.rules.iter_mut().find(|r| r.id.as_str() == rule).unwrap();
    changed.then.to = Wanted::OneOf(vec![to.into()]);
    draft
}

fn without(live: &RuleSet, rule: &str) -> RuleSet {
    let mut draft = live.clone();
    draft.rules.retain(|r| r.id.as_str() != rule);
    draft
}

fn overhaul() -> RuleSet {
    template("status-overhaul").unwrap()
}

/// `Task 11: wtg > rev by version-review | apv by version-review`
fn told(difference: &Difference) -> String {
    let code = |c: &Option<StatusCode>| c.as_ref().map_or("-".to_owned(), ToString::to_string);
    let moved = |m: &Option<callboard_engine::api::WhatIfMove>| match m {
        Some(m) => format!("{} by {}", code(&m.to), m.rule),
        None => "left".to_owned(),
    };
    format!(
        "{}: {} > {} | {}",
        difference.entity.key,
        code(&difference.from),
        moved(&difference.live),
        moved(&difference.draft)
    )
}

/// Days on which people and scripts do all sorts of things, and writes fare as they may.
async fn days(seed: u64, events: usize) -> Studio {
    let mut studio = Studio::new(rules()).await;
    studio.dice = seed;
    let kinds = ["Version", "Task", "Shot"];
    let mut made = 500;
    for _ in 0..events {
        let kind = kinds[studio.roll(3) as usize];
        let shot = 1 + studio.roll(SHOTS).cast_signed();
        let id = if kind == "Shot" {
            shot
        } else {
            shot * 10 + studio.roll(3).cast_signed()
        };
        let key = EntityKey::new(kind, id);
        let codes = studio.live.statuses_of(&kind.into()).to_vec();
        let code = codes[studio.roll(codes.len() as u64) as usize].code.clone();
        let waiting = !studio.held.is_empty() && studio.roll(2) == 0;
        if waiting {
            studio.write_held().await;
        }
        let mut fates: Vec<u64> = (0..40).map(|_| studio.roll(12)).collect();
        let mut fate = |_: &EntityKey| match fates.pop().unwrap_or(0) {
            0 => Fate::NotWritten(Skip::Paused),
            1 => Fate::NotWritten(Skip::LaterWord),
            2 => Fate::Failed,
            3 => Fate::NotWritten(Skip::NotAllowed),
            4 => Fate::Unheard,
            5 => Fate::ThereBefore,
            6 => Fate::WrittenLater,
            _ => Fate::Written,
        };
        match studio.roll(12) {
            0 => {
                let mut event = studio.next_event(EntityKey::new("Shot", shot), Operation::Note, person());
                event.note = Some(Note {
                    text: "This is final".into(),
                    about: vec![EntityRef::new("Shot", shot)],
                });
                studio.happens(event, None, &mut fate).await;
            }
            1 if studio.truth.get(&EntityKey::new("Task", shot * 10)).is_some() => {
                made += 1;
                let new = Entity {
                    name: Some(format!("Version {made}")),
                    status: Some("na".into()),
                    parent: Some(EntityRef::new("Shot", shot)),
                    task: Some(EntityRef::new("Task", shot * 10)),
                    created_at: Some(at(studio.now + 1)),
                    ..Entity::bare(EntityKey::new("Version", made))
                };
                let event = studio.next_event(new.key.clone(), Operation::Create, person());
                studio.happens(event, Some(new), &mut fate).await;
            }
            2 if studio.truth.get(&key).is_some() && kind == "Task" => {
                let event = studio.next_event(key.clone(), Operation::Delete, person());
                studio.happens(event, None, &mut fate).await;
                let event = studio.status_event(&EntityKey::new("Shot", shot), "awa", person());
                studio.happens(event, None, &mut fate).await;
                let event = studio.next_event(key, Operation::Revive, person());
                studio.happens(event, None, &mut fate).await;
            }
            3 => {
                let event = studio.status_event(&key, code.as_str(), script());
                studio.happens(event, None, &mut fate).await;
            }
            4 => {
                let mut event = studio.next_event(key, Operation::Update, person());
                event.field = Some("description".into());
                event.new = Some(json!("said anew"));
                studio.happens(event, None, &mut fate).await;
            }
            _ => {
                let event = studio.status_event(&key, code.as_str(), person());
                studio.happens(event, None, &mut fate).await;
            }
        }
    }
    studio.read_all().await;
    studio
}

#[tokio::test]
async fn the_rules_that_were_live_differ_nowhere() {
    for seed in 1..=4 {
        let studio = days(seed, 150).await;
        let (found, summary) = studio.try_it(&studio.live, None, None);
        let told: Vec<String> = found.iter().map(|d| format!("{} {}", d.seq, told(d))).collect();
        assert!(told.is_empty(), "seed {seed}: {told:#?}");
        assert!(summary.same > 50, "seed {seed}: {summary:?}");
        assert_eq!((summary.differ, summary.unknown), (0, 0), "seed {seed}");
    }
}

#[tokio::test]
async fn a_span_begins_with_the_statuses_that_stood_then() {
    for seed in 7..=8 {
        let studio = days(seed, 120).await;
        for since in (0..studio.now).step_by(29) {
            let (found, summary) = studio.try_it(&studio.live, Some(since), Some(since + 200));
            let told: Vec<String> = found.iter().map(|d| format!("{} {}", d.seq, told(d))).collect();
            assert!(told.is_empty(), "seed {seed}, since {since}: {told:#?}");
            assert!(summary.events <= 200);
        }
    }
}

#[tokio::test]
async fn one_recorded_event_tried_with_the_rules_that_were_live_comes_to_what_they_decided() {
    let studio = days(11, 150).await;
    let rows = studio.journal.reader().rows_after(0, 10_000, &FeedFilter::default());
    let mut tried = 0;
    for row in rows.unwrap() {
        let Some(cascade) = row.cascade else { continue };
        let trial = try_recorded(studio.journal.reader(), &studio.live, row.seq, None);
        let trial = trial.unwrap().unwrap();
        let mut would: Vec<_> = trial
            .changes
            .iter()
            .map(|c| (&c.entity.key, &c.from, &c.to, &c.rule))
            .collect();
        let reasons = [
            "already_there",
            "not_found",
            "conflict",
            "too_deep",
            "over_limit",
            "not_valid",
        ];
        let planned = |c: &&Change| {
            // Put into the outbox, whatever came of it there.
            c.attempts > 0
                || c.skip
                    .is_none_or(|skip| !reasons.contains(&json!(skip).as_str().unwrap()))
        };
        let mut did: Vec<_> = cascade
            .changes
            .iter()
            .filter(planned)
            .map(|c| (&c.entity.key, &c.from, &c.to, &c.rule))
            .collect();
        // In whichever order the entities of a set were read.
        would.sort();
        did.sort();
        assert_eq!(would, did, "event {}", row.seq);
        tried += 1;
    }
    assert!(tried > 100);
}

/// The site moves on behind the journal's back: what the live rules read is all that tells how it stood then.
#[tokio::test]
async fn what_moved_no_status_is_tried_with_the_status_that_the_live_rules_read() {
    for operation in [Operation::Create, Operation::Revive, Operation::Note, Operation::Custom] {
        let mut set = overhaul();
        let itself = json!({
            "id": "itself", "name": "Itself",
            "when": {"entity": "Shot", "on": ["created", "revived", "note_added", "custom"]},
            "then": {"set": "itself", "to": ["final"]},
        });
        set.rules = vec![serde_json::from_value(itself).unwrap()];
        let mut studio = Studio::new(set).await;
        let shot = EntityKey::new("Shot", 1);
        let now = studio.truth.get(&shot).cloned().unwrap();
        let mut event = studio.next_event(shot.clone(), operation, person());
        if operation == Operation::Note {
            event.note = Some(Note {
                text: "Look".into(),
                about: vec![now.to_ref()],
            });
        }
        let watched = &mut |_: &EntityKey| Fate::NotWritten(Skip::NotAllowed);
        let seq = studio.happens(event, Some(now), watched).await;
        studio.truth.set_status(&shot, Some("actv".into()));
        studio.read_all().await;

        let trial = try_recorded(studio.journal.reader(), &studio.live, seq, None);
        let trial = trial.unwrap().unwrap();
        let would: Vec<_> = trial
            .changes
            .iter()
            .map(|c| (&c.entity.key, c.from.as_ref().map(StatusCode::as_str)))
            .collect();
        assert_eq!(would, [(&shot, Some("awa"))], "{operation:?}");
    }
}

#[tokio::test]
async fn a_changed_rule_differs_where_it_fires_and_nowhere_else() {
    let mut studio = Studio::new(overhaul()).await;
    studio.sets(("Version", 11), "rev").await;
    let sent_back = studio.sets(("Version", 11), "note").await;
    studio.sets(("Version", 21), "apv").await;
    let draft = with_other(&studio.live, "version-note", "hld");
    let (found, summary) = studio.try_it(&draft, None, None);
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "Task 11: rev > adn by version-note | hld by version-note",
            "Shot 1: rev > actv by task-active | hld by task-hold"
        ]
    );
    assert!(found.iter().all(|d| d.seq == sent_back && !d.guess));
    assert_eq!(found[0].entity.name.as_deref(), Some("Task 11"));
    assert_eq!(found[0].group, Some(EntityRef::new("Shot", 1).named("Shot 1")));
    assert_eq!(found[1].group, found[0].group);
    assert_eq!(
        summary,
        WhatIfSummary {
            events: 9,
            would_change: 3,
            same: 4,
            differ: 2,
            ..WhatIfSummary::default()
        }
    );
}

#[tokio::test]
async fn what_the_tried_rules_would_have_set_does_not_stand_for_later_events() {
    let mut studio = Studio::new(overhaul()).await;
    studio.sets(("Version", 11), "rev").await;
    studio.sets(("Version", 12), "rev").await;
    let (found, _) = studio.try_it(&without(&studio.live, "task-review"), None, None);
    // The second finds the Shot where the live rules had put it, and both leave it.
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        ["Shot 1: awa > rev by task-review | left"]
    );
}

#[tokio::test]
async fn a_person_who_overrules_bears_out_one_or_the_other() {
    let mut studio = Studio::new(overhaul()).await;
    let draft = with_other(&studio.live, "version-note", "hld");
    let mut expected = Vec::new();
    for (version, to) in [(10, "hld"), (20, "adn"), (30, "omt"), (40, "")] {
        studio.sets(("Version", version), "note").await;
        // Somebody else's hand does not matter, nor does the echo of our own write.
        studio.sets(("Task", 11), "per").await;
        if !to.is_empty() {
            let before = studio
                .truth
                .get(&EntityKey::new("Task", version))
                .unwrap()
                .status
                .clone();
            assert_eq!(before.unwrap().as_str(), "adn");
            expected.push(studio.sets(("Task", version), to).await);
        }
    }
    let (found, summary) = studio.try_it(&draft, None, None);
    let tasks: Vec<&Difference> = found.iter().filter(|d| d.entity.key.kind.is("Task")).collect();
    let agree: Vec<Option<AgreesWith>> = tasks.iter().map(|d| d.people_agree_with).collect();
    assert_eq!(
        agree,
        [
            Some(AgreesWith::Draft),
            Some(AgreesWith::Live),
            Some(AgreesWith::Neither),
            None
        ]
    );
    let hand = tasks[0].by_hand.clone().unwrap();
    assert_eq!((hand.seq, hand.to), (expected[0], Some("hld".into())));
    assert_eq!(hand.who, Some(person().entity));
    assert_eq!((summary.people_agree, summary.people_disagree), (1, 1));
}

#[tokio::test]
async fn what_a_person_took_back_bears_out_the_rules_that_leave_it() {
    let mut studio = Studio::new(overhaul()).await;
    studio.sets(("Version", 11), "rev").await;
    studio.sets(("Shot", 1), "awa").await;
    studio.sets(("Version", 21), "rev").await;
    let (found, summary) = studio.try_it(&without(&studio.live, "task-review"), None, None);
    let agree: Vec<Option<AgreesWith>> = found.iter().map(|d| d.people_agree_with).collect();
    assert_eq!(agree, [Some(AgreesWith::Draft), None]);
    assert_eq!((summary.differ, summary.people_agree), (2, 1));
    let (found, summary) = studio.try_it(&studio.live, None, None);
    assert!(found.is_empty());
    assert_eq!((summary.same, summary.taken_back), (4, 1));
}

#[tokio::test]
async fn a_hand_after_another_rule_or_a_script_is_no_word_on_this_one() {
    let mut studio = Studio::new(overhaul()).await;
    let draft = without(&studio.live, "task-review");
    studio.sets(("Version", 11), "rev").await;
    studio.sets(("Version", 11), "note").await;
    studio.sets(("Shot", 1), "awa").await;
    studio.sets(("Version", 21), "rev").await;
    let event = studio.status_event(&EntityKey::new("Shot", 2), "hld", script());
    studio.happens(event, None, &mut |_| Fate::Written).await;
    studio.sets(("Shot", 2), "awa").await;
    let (found, _) = studio.try_it(&draft, None, None);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|d| d.by_hand.is_none()), "{found:#?}");
}

#[tokio::test]
async fn on_a_site_that_is_watched_decisions_are_compared_all_the_same() {
    let mut studio = Studio::new(overhaul()).await;
    let mut watched = |_: &EntityKey| Fate::NotWritten(Skip::NotAllowed);
    studio.sets_with(("Version", 11), "rev", &mut watched).await;
    studio.sets_with(("Task", 11), "rev", &mut watched).await;
    let (found, summary) = studio.try_it(&studio.live, None, None);
    assert!(found.is_empty());
    assert_eq!((summary.same, summary.done_by_hand), (3, 1));
}

#[tokio::test]
async fn an_event_that_comes_late_moves_nothing_back() {
    let mut studio = Studio::new(overhaul()).await;
    let late = studio.status_event(&EntityKey::new("Version", 11), "note", person());
    studio.sets(("Version", 11), "apv").await;
    // The live rules look at the event as at its time, and the later word stands.
    let seq = studio.accept(&late).await;
    let mut then = studio.truth.clone();
    std::mem::swap(&mut studio.truth, &mut then);
    apply_event(&mut studio.truth, &late, None, DEFAULT_STATUS_FIELD);
    studio
        .decide(seq, &late, &mut |_| Fate::NotWritten(Skip::LaterWord))
        .await;
    studio.truth = then;
    studio.sets(("Task", 11), "ip").await;
    let (found, summary) = studio.try_it(&studio.live, None, None);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(summary.differ, 0);
}

#[tokio::test]
async fn what_is_not_known_of_that_time_is_not_guessed_silently() {
    let mut studio = Studio::new(overhaul()).await;
    let stranger = EntityKey::new("Version", 999);
    let event = studio.status_event(&stranger, "rev", person());
    let seq = studio.accept(&event).await;
    studio.journal.close_event(seq, Outcome::Nothing, None).await.unwrap();
    studio.sets(("Version", 11), "stcomp").await;
    let (found, summary) = studio.try_it(&studio.live, None, None);
    assert_eq!((found.len(), summary.unknown), (0, 1));
    // No live rule ever looked at what stands beside a Task.
    let mut document: serde_json::Value = serde_json::from_str(&studio.live.to_json_pretty()).unwrap();
    document["rules"].as_array_mut().unwrap().push(json!(
        {"id": "beside", "name": "Beside", "when": {"entity": "Version", "becomes": ["stcomp"]},
         "if": {"siblings": {"any": ["wtg"]}}, "then": {"set": "itself", "to": ["hero"]}}
    ));
    let draft = RuleSet::parse(document.to_string().as_bytes()).unwrap();
    let (found, summary) = studio.try_it(&draft, None, None);
    assert_eq!(summary.unknown, 2);
    assert!(found.iter().any(|d| d.guess), "{found:#?}");
}

#[tokio::test]
async fn an_event_still_to_be_decided_is_not_compared() {
    let mut studio = Studio::new(overhaul()).await;
    let event = studio.status_event(&EntityKey::new("Version", 11), "rev", person());
    studio.accept(&event).await;
    let (found, summary) = studio.try_it(&studio.live, None, None);
    assert_eq!((found.len(), summary.events, summary.would_change), (0, 1, 0));
}

#[tokio::test]
async fn a_run_tells_how_far_it_is_and_ends_when_told() {
    let mut studio = Studio::new(overhaul()).await;
    let total = 41_000;
    for _ in 0..total / 500 {
        let events =
            (0..500).map(|n| studio.status_event(&EntityKey::new("Version", 11), ["rev", "note"][n % 2], person()));
        let delivery = DeliveryIn {
            tracker_id: None,
            hook: HookName::from("status"),
            site: site(),
            received_at: at(1),
            verdict: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            events: events.collect(),
            status_field: DEFAULT_STATUS_FIELD,
            heard: Vec::new(),
            left_out: None,
        };
        studio.journal.accept(delivery).await.unwrap();
    }
    let run = |enough: u64| {
        let mut beats = Vec::new();
        let summary = what_if(
            studio.journal.reader(),
            &studio.live,
            &|_, rules| rules,
            Span::default(),
            &mut |told| {
                assert_eq!(told.of, total);
                beats.push(told.events);
                if told.events >= enough {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        (beats, summary.unwrap())
    };
    let (beats, summary) = run(u64::MAX);
    assert!(beats.windows(2).all(|two| two[1] - two[0] <= 20_000 + 256), "{beats:?}");
    assert_eq!((beats.first(), beats.last()), (Some(&0), Some(&total)));
    assert_eq!(summary.events, total);
    let (beats, summary) = run(1);
    assert_eq!(beats.last(), Some(&summary.events));
    assert!(summary.events < total);
    let (beats, summary) = run(0);
    assert_eq!((beats.as_slice(), summary), (&[0][..], WhatIfSummary::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_hears_of_a_run_until_its_summary() {
    let stage = Stage::open().await;
    let (version, _) = stage.version(1000, "Composite").await;
    stage.site.set_status_as_person("Shot", 1000, "rev");
    stage.settled("Shot", 1000, "rev").await;
    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;
    let mut news = stage.engine.listen();
    let mut hear = async |which: Which| -> (Vec<Difference>, WhatIfSummary) {
        let (since, until) = (None, None);
        let run = stage.engine.ask(Ask::WhatIf { which, since, until }).await.unwrap();
        let mut found = Vec::new();
        loop {
            let heard = tokio::time::timeout(std::time::Duration::from_secs(45), news.next());
            let heard = heard.await.expect("a run ends").unwrap();
            let News::WhatIf { progress } = heard.as_ref() else {
                continue;
            };
            assert_eq!(json!(progress.run), run);
            assert_eq!(progress.error, None);
            found.extend(progress.differences.clone());
            if let Some(summary) = progress.summary {
                assert_eq!((progress.events, progress.of), (summary.events, summary.events));
                return (found, summary);
            }
        }
    };
    let (found, summary) = hear(Which::Live).await;
    assert!(found.is_empty(), "{found:#?}");
    assert!(summary.same >= 2);
    let (found, summary) = hear(Which::Template("blank".into())).await;
    assert_eq!(found.len() as u64, summary.differ);
    let of_note: Vec<&Difference> = found.iter().filter(|d| d.seq == row.seq).collect();
    assert_eq!(of_note.len(), 2, "{of_note:#?}");
    assert!(of_note.iter().all(|d| d.draft.is_none() && d.group.is_some()));
    assert_eq!(stage.engine.ask(Ask::EndWhatIf { run: 9 }).await.unwrap(), json!(false));
    stage.close().await;
}

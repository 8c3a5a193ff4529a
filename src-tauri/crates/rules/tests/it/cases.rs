//! Rule sets that use all of the normal form, productions for them, and events: drawn from numbers, so that a failing case
//! shrinks to a small one.
//!
//! Everything is drawn from few statuses, steps and entities, and what seldom fires is drawn seldom: otherwise next to
//! nothing would ever happen. `the_generator_reaches_everything` counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use callboard_model::{
    ActorKind, Entity, EntityId, EntityKey, EntityRef, EntityType, Event, Note, Operation, RuleId, StatusCode, Step,
};
use callboard_rules::{CompiledRules, RuleSet, SiteStatuses};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::interpreter::{Site, World};
use crate::made::{FIELD, by, event};

/// The statuses, each with its class.
const CODES: [(&str, &str); 7] = [
    ("wtg", "not_started"),
    ("ip", "in_progress"),
    ("rev", "in_progress"),
    ("apv", "done"),
    ("fin", "done"),
    ("hld", "blocked"),
    ("omt", "omitted"),
];
const CLASSES: [&str; 5] = ["@not_started", "@in_progress", "@done", "@blocked", "@omitted"];
const STEPS: [(&str, &str, i64); 4] = [
    ("Roto", "RTO", 10),
    ("Paint", "PNT", 20),
    ("Comp", "CMP", 30),
    ("FX", "EFX", 20),
];
const KINDS: [&str; 6] = ["Task", "Version", "Shot", "Sequence", "Asset", "Episode"];
const TEXTS: [&str; 6] = [
    "looks good",
    "It's FINAL!",
    "don\u{2019}t touch",
    "make it suck less",
    "Finally.",
    "",
];
const FIELDS: [&str; 2] = ["sg_ok", "sg_words"];
const FILTERS: [&str; 5] = [
    "entity.n > 0",
    "entity.type = \"Task\"",
    "entity.n != 0 or user = none",
    "not entity.n = 1",
    "entity.tags in (\"a\", \"b\")",
];

/// Numbers to draw from. When they are used up, all that follows is the first of its choices.
struct Draws<'a> {
    numbers: &'a [u32],
}

impl Draws<'_> {
    fn number(&mut self) -> u32 {
        let (first, rest) = self.numbers.split_first().unwrap_or((&0, &[]));
        self.numbers = rest;
        *first
    }

    /// One of so many; small numbers are the first of them.
    fn below(&mut self, many: usize) -> usize {
        let wide = u64::from(self.number()) * u64::try_from(many).unwrap_or(1);
        usize::try_from(wide >> 32).unwrap_or(0)
    }

    /// Rarely or often, by hundredths; small numbers are no.
    fn chance(&mut self, hundredths: usize) -> bool {
        self.below(100) >= 100 - hundredths
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// One of several by weight.
    fn weighted<T: Clone>(&mut self, of: &[(usize, T)]) -> T {
        let mut at = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in of {
            if at < *weight {
                return one.clone();
            }
            at -= weight;
        }
        of[0].1.clone()
    }

    fn several<T: Clone + PartialEq>(&mut self, from: usize, to: usize, of: &[T]) -> Vec<T> {
        let many = from + self.below(to - from + 1);
        let mut found = Vec::new();
        for _ in 0..many {
            let one = self.one(of);
            if !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }

    fn code(&mut self) -> &'static str {
        self.one(&CODES).0
    }

    /// Statuses as a rule asks for them.
    fn asked(&mut self, from: usize, to: usize) -> Vec<&'static str> {
        let mut words: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        words.extend(CLASSES);
        words.extend(["@done", "@none"]);
        self.several(from, to, &words)
    }

    /// Statuses as a rule sets them.
    fn set(&mut self) -> Vec<&'static str> {
        let mut words: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        words.extend(CODES.iter().map(|(code, _)| *code));
        words.extend(CLASSES);
        self.several(1, 3, &words)
    }

    fn steps(&mut self) -> Vec<&'static str> {
        let mut names: Vec<&str> = STEPS.iter().map(|(name, ..)| *name).collect();
        names.push("CMP");
        self.several(1, 3, &names)
    }
}

/// An event, the production that it happens in, and the rules that are asked.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) set: RuleSet,
    pub(crate) site: Site,
    pub(crate) event: Event,
    /// As it stands before the event.
    pub(crate) before: World,
    /// What was read of an entity that is made or comes back.
    pub(crate) made: Option<Entity>,
}

impl Case {
    /// The production once the event has happened.
    pub(crate) fn world(&self) -> World {
        let world = self.before.clone();
        world.after(&self.event, self.made.clone(), &self.site.status_field)
    }

    pub(crate) fn compiled(&self) -> CompiledRules {
        compiled(&self.set, &self.site)
    }
}

/// Short enough to be read when a test fails.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |what: serde_json::Result<Value>| what.unwrap_or_default();
        writeln!(f, "Case\n  {:?}", self.site)?;
        let mut event = json(serde_json::to_value(&self.event));
        let left_out = [
            "site",
            "key",
            "road",
            "hook",
            "event_log_entry_id",
            "session_uuid",
            "hook_word",
            "id",
        ];
        if let Some(fields) = event.as_object_mut() {
            fields.retain(|name, value| !value.is_null() && !left_out.contains(&name.as_str()));
        }
        writeln!(f, "  event {event} received {:?}", self.event.received)?;
        let statuses = self.set.statuses.iter();
        for (column, list) in statuses {
            let list: Vec<String> = list.iter().map(|s| format!("{} {:?}", s.code, s.class)).collect();
            writeln!(f, "  {column}: {}", list.join(", "))?;
        }
        writeln!(f, "  steps {:?}", self.set.steps)?;
        for rule in &self.set.rules {
            writeln!(f, "  {}", json(serde_json::to_value(rule)))?;
        }
        let link = |link: &Option<EntityRef>| link.as_ref().map_or("-".to_owned(), |l| l.key.to_string());
        let line = |e: &Entity| {
            let step = e.step.as_ref().map(|s| (&s.name, &s.short_name, s.order));
            let upstream: Vec<String> = e.upstream.iter().map(|l| l.key.to_string()).collect();
            format!(
                "{} {:?} {} of {} task {} waits for {upstream:?} {step:?} project {} at {:?} {:?}",
                e.key,
                e.name,
                e.status.as_ref().map_or("-", StatusCode::as_str),
                link(&e.parent),
                link(&e.task),
                link(&e.project),
                e.created_at.map(|at| at.to_string()),
                e.fields
            )
        };
        for (word, list) in [("", &self.before.live), ("trashed ", &self.before.trash)] {
            for entity in list {
                writeln!(f, "  {word}{}", line(entity))?;
            }
        }
        writeln!(f, "  made {:?}", self.made.as_ref().map(line))
    }
}

fn compiled(set: &RuleSet, site: &Site) -> CompiledRules {
    let mut statuses = SiteStatuses::default();
    for (kind, codes) in &site.valid {
        statuses.insert(kind, codes.iter().cloned());
    }
    for (project, kind, code) in &site.hidden {
        statuses.hide(project, "a project", kind, [code.clone()]);
    }
    let aside = site.aside.iter().map(|rule| (rule.clone(), "it broke".to_owned()));
    let mut rules = CompiledRules::new(set).with_set_aside(aside.collect());
    if site.status_field != FIELD {
        rules = rules.with_status_field(site.status_field.clone());
    }
    if !site.valid.is_empty() || !site.hidden.is_empty() {
        rules = rules.with_site(statuses);
    }
    rules
}

/// The numbers of a case, part by part, so that shrinking leaves out whole rules and entities.
#[derive(Clone, Debug)]
struct Numbers {
    set: Vec<u32>,
    rules: Vec<Vec<u32>>,
    entities: Vec<Vec<u32>>,
    event: Vec<u32>,
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let some = |many| vec(any::<u32>(), many);
    (some(80), vec(some(80), 3..=14), vec(some(24), 10..=26), some(30)).prop_map(|(set, rules, entities, event)| {
        Numbers {
            set,
            rules,
            entities,
            event,
        }
    })
}

/// How many cases a test tries: so many, or as many as `CALLBOARD_CASES` says.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("CALLBOARD_CASES").ok().and_then(|many| many.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

/// Any case.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    numbers().prop_map(|numbers| case(&numbers))
}

/// The cases that are counted: always the same.
pub(crate) fn fixed_cases(many: usize) -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let strategy = cases();
    let case = |_| strategy.new_tree(&mut runner).expect("nothing is rejected").current();
    (0..many).map(case).collect()
}

/// Any rule set.
pub(crate) fn rule_sets() -> impl Strategy<Value = RuleSet> {
    cases().prop_map(|case| case.set)
}

fn case(numbers: &Numbers) -> Case {
    let mut before = world(&numbers.entities);
    let draws = &mut Draws {
        numbers: &numbers.event,
    };
    let (event, made) = happening(draws, &mut before);
    let draws = &mut Draws { numbers: &numbers.set };
    let site = site(draws, numbers.rules.len());
    let event = Event {
        field: event.field.map(|field| {
            if field == FIELD {
                site.status_field.clone()
            } else {
                field
            }
        }),
        ..event
    };
    Case {
        set: rule_set(numbers, &Hint::of(&event)),
        site,
        event,
        before,
        made,
    }
}

fn site(draws: &mut Draws<'_>, rules: usize) -> Site {
    let status_field = if draws.chance(6) { "task_status" } else { FIELD };
    let mut valid = BTreeMap::new();
    let mut hidden = BTreeSet::new();
    if draws.chance(25) {
        for kind in KINDS {
            if draws.chance(80) {
                let left = CODES
                    .iter()
                    .filter(|_| !draws.chance(25))
                    .map(|(code, _)| StatusCode::from(*code));
                valid.insert(EntityType::from(kind), left.collect());
            }
        }
        for _ in 0..draws.below(6) {
            let project = EntityId::Number(1 + i64::from(draws.chance(30)));
            hidden.insert((
                project,
                EntityType::from(draws.one(&KINDS[..3])),
                StatusCode::from(draws.code()),
            ));
        }
    }
    let mut aside = BTreeSet::new();
    if draws.chance(10) {
        aside.insert(RuleId::from(format!("r{}", draws.below(rules))));
    }
    Site {
        status_field: status_field.to_owned(),
        valid,
        hidden,
        aside,
    }
}

// ---- rules

/// What happens, for those rules that are to be about it.
struct Hint {
    kinds: Vec<String>,
    moment: Option<&'static str>,
    field: Option<String>,
    code: Option<String>,
}

impl Hint {
    fn of(event: &Event) -> Self {
        let about = event.note.iter().flat_map(|note| &note.about);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            kinds: about
                .chain(&event.entity)
                .map(|e| e.key.kind.to_string())
                .filter(|kind| kind != "Note")
                .collect(),
            moment: match event.operation {
                _ if event.note.is_some() => Some("note_added"),
                Operation::Create => Some("created"),
                Operation::Delete => Some("deleted"),
                Operation::Revive => Some("revived"),
                Operation::Custom => Some("custom"),
                Operation::Update => Some("updated"),
                _ => None,
            },
            field: event.field.clone().filter(|field| FIELDS.contains(&field.as_str())),
            code: event.new.as_ref().and_then(text),
        }
    }
}

fn rule_set(numbers: &Numbers, hint: &Hint) -> RuleSet {
    // The first few are the site's.
    let draws = &mut Draws {
        numbers: numbers.set.get(26..).unwrap_or(&[]),
    };
    let mut statuses = serde_json::Map::new();
    for (kind, often) in [
        ("task", 100),
        ("version", 98),
        ("shot", 98),
        ("sequence", 70),
        ("asset", 70),
    ] {
        let mut column: Vec<Value> = Vec::new();
        if !draws.chance(often) {
            continue;
        }
        for (code, class) in CODES {
            let mut status = json!({ "code": code, "name": code.to_uppercase(), "group": "G", "color": "#123456" });
            if !draws.chance(15) {
                status["class"] = json!(class);
            }
            let left_out = draws.chance(15);
            let at = draws.below(column.len() + 1);
            if !left_out {
                column.insert(column.len() - at, status);
            }
        }
        statuses.insert(kind.to_owned(), Value::Array(column));
    }
    let steps = if draws.chance(55) {
        draws.several(3, 5, &["Roto", "PNT", "Comp", "FX", "Paint"])
    } else {
        Vec::new()
    };
    let rules: Vec<Value> = numbers
        .rules
        .iter()
        .enumerate()
        .map(|(place, numbers)| {
            let draws = &mut Draws { numbers };
            let rule = rule(draws, place, hint);
            let rule = of_a_field(draws, rule);
            of_a_site(draws, rule)
        })
        .collect();
    let text = json!({ "callboard": 1, "name": "Any", "statuses": statuses, "steps": steps, "rules": rules });
    RuleSet::parse(text.to_string().as_bytes()).expect("what is drawn is a rule set")
}

fn rule(draws: &mut Draws<'_>, place: usize, hint: &Hint) -> Value {
    // About half of the rules are about what happens; the others may be about what follows.
    let is_hinted = draws.below(100) < 50;
    let hint = Some(hint).filter(|hint| is_hinted && !hint.kinds.is_empty());
    let any_kind = draws.weighted(&[
        (44, "Task"),
        (22, "Version"),
        (20, "Shot"),
        (7, "Asset"),
        (6, "Sequence"),
        (1, "Episode"),
    ]);
    let kind = hint.map_or(any_kind.to_owned(), |hint| draws.one(&hint.kinds));
    let kind = kind.as_str();
    let mut when = json!({ "entity": kind });
    let mut on = draws.weighted(&[
        (78, vec!["updated"]),
        (12, vec!["updated", "created", "note_added"]),
        (2, vec!["created"]),
        (2, vec!["note_added"]),
        (1, vec!["deleted"]),
        (1, vec!["revived", "deleted"]),
        (1, vec!["custom"]),
        (
            3,
            vec!["updated", "created", "deleted", "revived", "note_added", "custom"],
        ),
    ]);
    if let Some(moment) = hint.and_then(|hint| hint.moment)
        && !on.contains(&moment)
    {
        on.push(moment);
    }
    if on != ["updated"] || draws.chance(10) {
        when["on"] = json!(on);
    }
    let field = hint.and_then(|hint| hint.field.clone());
    if draws.chance(8) || field.is_some() {
        when["field"] = json!(field.unwrap_or_else(|| draws.one(&FIELDS).to_owned()));
        if draws.chance(50) {
            when["becomes"] = json!(draws.several(1, 3, &["yes", "no", "@none", "1", "apv"]));
        }
    } else if draws.chance(if hint.is_some() { 45 } else { 35 }) {
        let mut becomes: Vec<String> = draws.asked(1, 5).into_iter().map(str::to_owned).collect();
        if let Some(code) = hint.and_then(|hint| hint.code.clone())
            && draws.below(100) < 70
        {
            becomes.push(code);
        }
        when["becomes"] = json!(becomes);
    }
    if draws.chance(10) {
        when["from"] = json!(draws.asked(2, 6));
    }
    if draws.chance(4) {
        when["event_type"] = json!(["Shotgun_Task_Change", "Custom_Import"]);
    }
    let conditions = draws.weighted(&[(58, 0_usize), (27, 1), (15, 2)]);
    let target = target(draws, kind);
    let wanted = wanted(draws, kind, &target);
    let mut rule = json!({
        "id": format!("r{place}"), "name": format!("Rule {place}"), "enabled": !draws.chance(4),
        "when": when, "then": { "set": target, "to": wanted },
    });
    if draws.chance(14) {
        rule["limit"] = json!(draws.below(4));
    }
    if (when["field"].is_string() || when["on"].to_string().contains("note")) && draws.chance(25) {
        let words = draws.several(1, 3, &["final", "good", "yes", "dont touch"]);
        let part = draws.one(&["text", "text_not"]);
        rule["if"] = json!({ part: words });
        return rule;
    }
    match conditions {
        0 => {}
        1 => rule["if"] = condition(draws, kind),
        _ => rule["if"] = (0..1 + draws.below(3)).map(|_| condition(draws, kind)).collect(),
    }
    rule
}

/// Now and then a rule sets another field than the status; sometimes one that it may not set, or to what it may not.
fn of_a_field(draws: &mut Draws<'_>, mut rule: Value) -> Value {
    if !draws.chance(22) {
        return rule;
    }
    rule["then"]["field"] = json!(if draws.chance(94) {
        draws.one(&FIELDS)
    } else {
        draws.one(&["sg_task", FIELD, "task_status"])
    });
    let values = ["yes", "no", "1", "2", "apv", "TRUE", "words that are final", "@nobody"];
    let some = draws.several(1, 3, &values);
    let to = draws.weighted(&[
        (70, json!(some)),
        (12, json!("same")),
        (10, json!("cleared")),
        (2, json!(["yes", "@done"])),
        // As it was.
        (6, Value::Null),
    ]);
    if !to.is_null() {
        rule["then"]["to"] = to;
    }
    rule
}

/// Now and then a rule is about one site alone: that of the event, or another.
fn of_a_site(draws: &mut Draws<'_>, mut rule: Value) -> Value {
    if draws.chance(12) {
        rule["when"]["site"] = json!(draws.one(&["practice", "practice", "other"]));
    }
    rule
}

fn target(draws: &mut Draws<'_>, kind: &str) -> Value {
    let next = |draws: &mut Draws<'_>| {
        let mut next = json!({ "by": draws.one(&["steps", "steps", "dependency", "dependency", "name"]) });
        if draws.chance(45) {
            next["when_all"] = json!(draws.asked(2, 5));
        }
        if draws.chance(45) {
            next["through"] = json!(draws.asked(1, 4));
        }
        if draws.chance(20) {
            next["steps"] = json!(draws.steps());
        }
        json!({ "next_tasks": next })
    };
    let children = |draws: &mut Draws<'_>, of: Option<&str>, below: &str| {
        let mut children = json!({ "type": below });
        if let Some(of) = of {
            children["of"] = json!(of);
        }
        if draws.chance(20) {
            children["steps"] = json!(draws.steps());
        }
        json!({ "children": children })
    };
    let tasks_of_shot = |draws: &mut Draws<'_>| {
        let steps = if draws.chance(40) { draws.steps() } else { Vec::new() };
        json!({ "tasks_of_shot": { "steps": steps } })
    };
    let parent = |draws: &mut Draws<'_>| json!({ "parent": draws.one(&["Shot", "Asset", "Sequence", "Sequence", "Task", "Episode"]) });
    let versions =
        |draws: &mut Draws<'_>| json!({ "versions": draws.one(&["latest", "highest_number", "all", "others"]) });
    // Now and then what makes no sense: it must come to nothing, and in both the same.
    if draws.chance(5) {
        return match draws.below(6) {
            0 => json!("task"),
            1 => json!("shot"),
            2 => next(draws),
            3 => parent(draws),
            4 => tasks_of_shot(draws),
            _ => versions(draws),
        };
    }
    match kind {
        "Task" => match draws.below(11) {
            0 | 1 => json!("shot"),
            2 => json!("itself"),
            3 => tasks_of_shot(draws),
            4..=6 => next(draws),
            7 | 8 => versions(draws),
            9 => parent(draws),
            _ => {
                let (of, below) = draws.one(&[
                    (None, "Version"),
                    (Some("Shot"), "Version"),
                    (Some("Sequence"), "Shot"),
                    (Some("Asset"), "Task"),
                ]);
                children(draws, of, below)
            }
        },
        "Version" => match draws.below(10) {
            0..=2 => json!("task"),
            3 => json!("itself"),
            4 => json!("shot"),
            5 => tasks_of_shot(draws),
            6 | 7 => versions(draws),
            8 => parent(draws),
            _ => {
                let (of, below) = draws.one(&[
                    (Some("Task"), "Version"),
                    (Some("Shot"), "Version"),
                    (Some("Sequence"), "Shot"),
                    (Some("Shot"), "Task"),
                ]);
                children(draws, of, below)
            }
        },
        "Shot" => match draws.below(8) {
            0 | 1 => tasks_of_shot(draws),
            2 => json!("itself"),
            3 | 4 => parent(draws),
            5 => versions(draws),
            _ => {
                let (of, below) = draws.one(&[
                    (None, "Task"),
                    (None, "Version"),
                    (Some("Sequence"), "Shot"),
                    (Some("Shot"), "Task"),
                ]);
                children(draws, of, below)
            }
        },
        _ => match draws.below(6) {
            0 => json!("itself"),
            1 => parent(draws),
            _ => {
                let below = match kind {
                    "Asset" => draws.one(&["Task", "Task", "Version"]),
                    "Sequence" => "Shot",
                    _ => draws.one(&["Sequence", "Shot"]),
                };
                children(draws, None, below)
            }
        },
    }
}

fn wanted(draws: &mut Draws<'_>, kind: &str, target: &Value) -> Value {
    match draws.weighted(&[
        (58, "codes"),
        (11, "same"),
        (8, "same_class"),
        (4, "cleared"),
        (19, "roll_up"),
    ]) {
        "roll_up" => {}
        "codes" => return json!(draws.set()),
        word => return json!(word),
    }
    let mut roll_up = json!({});
    // Something that stands below what is set, most of the time.
    let below = match target {
        Value::String(word) if word == "shot" => Some(draws.one(&["Task", "Task", "Version"])),
        Value::String(word) if word == "task" => Some("Version"),
        Value::String(word) if word == "itself" => Some(match kind {
            "Task" => "Version",
            "Sequence" => "Shot",
            "Episode" => "Sequence",
            _ => "Task",
        }),
        other => match other["parent"].as_str() {
            Some("Task") => Some("Version"),
            Some("Sequence") => Some("Shot"),
            Some("Episode") => Some("Sequence"),
            Some(_) => Some("Task"),
            None if !other["next_tasks"].is_null() || !other["tasks_of_shot"].is_null() => Some("Version"),
            None => None,
        },
    };
    if let Some(below) = below.filter(|below| *below != kind || draws.chance(50)) {
        roll_up["of"] = json!(below);
    }
    if draws.chance(20) {
        roll_up["steps"] = json!(draws.steps());
    }
    if draws.chance(30) {
        roll_up["ignoring"] = json!(draws.asked(1, 3));
    }
    let picks = draws.chance(55);
    if picks {
        roll_up["pick"] = json!(draws.one(&["least_advanced", "most_advanced"]));
    }
    if !picks || draws.chance(40) {
        let row = |draws: &mut Draws<'_>| {
            let mut row = json!({ "to": if draws.chance(92) { draws.set() } else { Vec::new() } });
            for (part, often, many) in [("all", 40, 5), ("any", 40, 4), ("none", 25, 2)] {
                if draws.chance(often) {
                    row[part] = json!(draws.asked(1, many));
                }
            }
            row
        };
        roll_up["rows"] = (0..1 + draws.below(3)).map(|_| row(draws)).collect();
    }
    json!({ "roll_up": roll_up })
}

fn condition(draws: &mut Draws<'_>, kind: &str) -> Value {
    let mut condition = json!({});
    for _ in 0..1 + draws.below(2) {
        match draws.below(22) {
            0 => condition["step"] = json!(draws.steps()),
            1 => condition["step_not"] = json!(draws.steps()),
            2 => condition["project"] = json!(draws.several(1, 2, &[json!(1), json!("Demo"), json!(2), json!("Test")])),
            3 => {
                condition["changed_by"] =
                    json!(draws.one(&["person", "person", "client", "script", "callboard", "outside", "anyone"]));
            }
            4 => condition["target_is"] = json!(draws.asked(2, 5)),
            5 => condition["target_is_not"] = json!(draws.asked(1, 2)),
            6 | 7 => condition["never_backwards"] = json!(true),
            8 => condition["status_is"] = json!(draws.asked(2, 5)),
            9 => condition["status_is_not"] = json!(draws.asked(1, 2)),
            10 => condition["belongs_to"] = json!(draws.several(1, 2, &["Shot", "Asset", "Sequence"])),
            11 => condition["first_version"] = json!(true),
            12 => {
                let values = draws.several(1, 2, &["yes", "no", "1", "a"]);
                condition["field_is"] = json!({ draws.one(&FIELDS): values });
            }
            13 => {
                let values = draws.several(1, 2, &["yes", "no", "1", "a"]);
                condition["field_is_not"] = json!({ draws.one(&FIELDS): values });
            }
            14 => condition["text"] = json!(draws.several(1, 3, &["final", "looks good", "dont", "suck less", "yes"])),
            15 => condition["text_not"] = json!(draws.several(1, 4, &["final", "good", "touch", "yes"])),
            16 => condition["filter"] = json!(draws.one(&FILTERS)),
            17 => {
                let values = draws.several(1, 3, &["yes", "no", "1", "a"]);
                condition["target_field_is"] = json!({ draws.one(&FIELDS): values });
            }
            18 => {
                let values = draws.several(1, 2, &["yes", "no", "1", "a"]);
                condition["target_field_is_not"] = json!({ draws.one(&FIELDS): values });
            }
            19 => condition["text_not"] = json!(["final", "good", "yes"]),
            _ => condition["siblings"] = siblings(draws, kind),
        }
    }
    condition
}

fn siblings(draws: &mut Draws<'_>, kind: &str) -> Value {
    let below = match kind {
        "Task" => "Version",
        "Shot" | "Asset" => "Task",
        "Sequence" => "Shot",
        _ => "Sequence",
    };
    let mut siblings = json!({});
    let of = draws.weighted(&[
        (36, json!("tasks")),
        (15, json!("versions")),
        (24, json!("upstream")),
        (10, json!("same_kind")),
        (15, json!({ "below": below })),
    ]);
    if of != json!("tasks") {
        siblings["of"] = of;
    }
    if draws.chance(30) {
        siblings["steps"] = json!(draws.steps());
    }
    let asks = draws.one(&["any", "all", "none"]);
    for (part, often, many) in [("all", 20, 7), ("any", 20, 4), ("none", 20, 3), ("ignoring", 40, 3)] {
        if asks == part || draws.chance(often) {
            siblings[part] = json!(draws.asked(1, many));
        }
    }
    if draws.chance(25) {
        siblings["if_none_left"] = json!(true);
    }
    siblings
}

// ---- productions

/// What stands above what.
fn world(numbers: &[Vec<u32>]) -> World {
    let mut many: BTreeMap<&str, i64> = BTreeMap::new();
    let mut keys: Vec<(&str, i64)> = Vec::new();
    for (place, numbers) in numbers.iter().enumerate() {
        // There is always something to begin with.
        let kind = match place {
            0 => "Shot",
            1 => "Task",
            2 => "Version",
            _ => Draws { numbers }.weighted(&[
                (46, "Task"),
                (25, "Version"),
                (12, "Shot"),
                (7, "Sequence"),
                (5, "Asset"),
                (5, "Episode"),
            ]),
        };
        let id = many.entry(kind).or_default();
        *id += 1;
        keys.push((kind, *id));
    }
    let entities = keys.iter().zip(numbers).map(|((kind, id), numbers)| {
        let draws = &mut Draws {
            numbers: numbers.get(1..).unwrap_or(&[]),
        };
        entity(draws, kind, *id, &many)
    });
    let mut world = World::default();
    for (place, (entity, trashed)) in entities.collect::<Vec<_>>().into_iter().enumerate() {
        if trashed && place > 2 {
            world.trash.push(entity);
        } else if place % 3 == 2 {
            // The site tells of them in some order, seldom that of their numbers.
            world.live.insert(world.live.len() / 2, entity);
        } else {
            world.live.push(entity);
        }
    }
    world
}

fn entity(draws: &mut Draws<'_>, kind: &str, id: i64, many: &BTreeMap<&str, i64>) -> (Entity, bool) {
    let link = |draws: &mut Draws<'_>, kind: &str| {
        let many = many.get(kind).copied().unwrap_or(0);
        let any = usize::try_from(many).unwrap_or(0);
        // What the site does not have, sometimes; and one family is larger than the others.
        let id = match draws.below(100) {
            0..55 => 1 + i64::try_from(draws.below(any)).unwrap_or(0),
            55..97 => 1,
            _ => 99,
        };
        (many > 0 || id == 99).then(|| EntityRef::new(kind, id).named(format!("{kind} {id}")))
    };
    let mut entity = Entity::bare(EntityKey::new(kind, id));
    entity.name = Some(format!("{}{id}", kind.to_lowercase()));
    entity.status = (!draws.chance(7)).then(|| StatusCode::from(draws.code()));
    match kind {
        "Task" => {
            let owner = draws.weighted(&[(80, "Shot"), (12, "Asset"), (4, "Sequence"), (4, "")]);
            entity.parent = link(draws, owner);
            entity.name = (!draws.chance(5)).then(|| draws.one(&["comp", "Comp", "anim", "roto b", "Zed"]).to_owned());
            let step = draws.one(&STEPS);
            entity.step = (!draws.chance(8)).then(|| Step {
                name: Some(step.0.to_owned()),
                short_name: (!draws.chance(20)).then(|| step.1.to_owned()),
                order: (!draws.chance(6)).then_some(step.2),
            });
            if draws.chance(65) {
                let waits_for: Vec<EntityRef> = (0..1 + draws.below(2)).filter_map(|_| link(draws, "Task")).collect();
                entity.upstream = waits_for;
            }
        }
        "Version" => {
            entity.task = if draws.chance(8) { None } else { link(draws, "Task") };
            let owner = draws.weighted(&[(65, "Shot"), (8, "Asset"), (27, "")]);
            entity.parent = link(draws, owner);
            let names = ["sh010_comp_v001", "sh010_comp_V012", "v2 of v9", "final", "v_v3x"];
            entity.name = (!draws.chance(5)).then(|| draws.one(&names).to_owned());
            let day = 1 + draws.below(3);
            let made = format!("2026-11-0{day}T12:00:00Z").parse();
            entity.created_at = made.ok().filter(|_| !draws.chance(20));
        }
        "Shot" => {
            entity.parent = if draws.chance(15) {
                None
            } else {
                link(draws, "Sequence")
            }
        }
        "Sequence" => entity.parent = if draws.chance(15) { None } else { link(draws, "Episode") },
        _ => {}
    }
    if draws.chance(70) {
        let second = draws.chance(25);
        entity.project = Some(if second {
            EntityRef::new("Project", 2).named("Test")
        } else {
            EntityRef::new("Project", 1).named("Demo")
        });
    }
    for field in FIELDS {
        if draws.chance(60) {
            let value = draws.one(&[
                json!("yes"),
                json!("no"),
                json!(1),
                json!(["a", "yes"]),
                Value::Null,
                json!({ "name": "no", "id": 3 }),
                json!(true),
                json!(2.0),
            ]);
            entity.fields.insert(field.to_owned(), value);
        }
    }
    (entity, draws.chance(6))
}

// ---- events

/// What happens, and what was read of the entity where it was made or came back. Whatever is made is not there before.
fn happening(draws: &mut Draws<'_>, world: &mut World) -> (Event, Option<Entity>) {
    let pick = |draws: &mut Draws<'_>, world: &World, kinds: &[(usize, &'static str)]| {
        let kind = draws.weighted(kinds);
        let of_kind: Vec<&Entity> = world.live.iter().filter(|e| e.key.kind.is(kind)).collect();
        let at = draws.below(of_kind.len().max(1));
        of_kind
            .get(at)
            .map_or_else(|| EntityKey::new("Task", 1), |e| e.key.clone())
    };
    let any_kind = [
        (46, "Task"),
        (27, "Version"),
        (17, "Shot"),
        (5, "Sequence"),
        (4, "Asset"),
        (1, "Episode"),
    ];
    let at = |operation, key: &EntityKey| {
        let mut event = event(operation, key.kind.as_str(), 0);
        event.entity = Some(EntityRef {
            key: key.clone(),
            name: None,
        });
        event
    };
    let mut made = None;
    let what = draws.weighted(&[
        (54, "status"),
        (10, "field"),
        (9, "created"),
        (4, "deleted"),
        (4, "revived"),
        (6, "note"),
        (5, "note made"),
        (3, "custom"),
        (5, "odd"),
    ]);
    let key = pick(draws, world, &any_kind);
    let mut event = match what {
        "status" => {
            let new = draws.weighted(&[(92, true), (8, false)]).then(|| json!(draws.code()));
            Event {
                field: Some(FIELD.to_owned()),
                old: (!draws.chance(12)).then(|| json!(draws.code())),
                new,
                ..at(Operation::Update, &key)
            }
        }
        "field" => Event {
            field: Some(draws.one(&FIELDS).to_owned()),
            old: draws.one(&[None, Some(json!("no")), Some(json!("yes")), Some(json!(false))]),
            new: draws.one(&[
                Some(json!("yes")),
                Some(json!("no")),
                None,
                Some(json!(1)),
                Some(json!("It's FINAL!")),
                Some(json!(["yes", "no"])),
            ]),
            ..at(Operation::Update, &key)
        },
        "created" => {
            let place = world.live.iter().position(|e| e.key == key);
            made = place.map(|place| world.live.remove(place));
            at(Operation::Create, &key)
        }
        "deleted" => at(Operation::Delete, &key),
        "revived" => {
            let place = world.live.iter().position(|e| e.key == key);
            let gone = place.map(|place| world.live.remove(place));
            made = gone.clone().filter(|_| draws.chance(50));
            world.trash.extend(gone);
            at(Operation::Revive, &key)
        }
        "note" | "note made" => {
            let about: Vec<EntityRef> = (0..1 + draws.below(3))
                .map(|_| match (draws.chance(8), world.trash.first()) {
                    (true, Some(trashed)) => trashed.to_ref(),
                    (true, None) => EntityRef::new("Task", 99),
                    _ => EntityRef {
                        key: pick(draws, world, &any_kind),
                        name: None,
                    },
                })
                .collect();
            let (operation, key) = match what {
                "note" => (Operation::Note, about[0].key.clone()),
                _ => (Operation::Create, EntityKey::new("Note", 7)),
            };
            Event {
                note: (!draws.chance(4)).then(|| Note {
                    text: draws.one(&TEXTS).to_owned(),
                    about,
                }),
                ..at(operation, &key)
            }
        }
        "custom" => Event {
            event_type: "Custom_Import".to_owned(),
            ..at(Operation::Custom, &key)
        },
        _ => odd(draws, at(Operation::Update, &key)),
    };
    let actors = [
        None,
        Some(ActorKind::Person),
        Some(ActorKind::Client),
        Some(ActorKind::Script),
        Some(ActorKind::Other),
    ];
    event = by(event, draws.one(&actors));
    if draws.chance(40) {
        event.project =
            Some(EntityRef::new("Project", 1 + i64::from(draws.chance(30))).named(draws.one(&["Demo", "Test"])));
    }
    if draws.chance(75) {
        let tags = draws.one(&[json!(["a"]), json!([]), json!(["c", "b"])]);
        event.received = Some(Arc::new(
            json!({ "entity": { "type": key.kind.as_str(), "n": draws.below(3), "tags": tags } }),
        ));
    }
    if draws.chance(2) {
        event.entity = Some(EntityRef::new(draws.one(&["Task", "Version"]), 99));
    }
    (event, made)
}

/// What changes no status, and what no tracker should say but one may.
fn odd(draws: &mut Draws<'_>, event: Event) -> Event {
    let status = Event {
        field: Some(FIELD.to_owned()),
        new: Some(json!(draws.code())),
        ..event.clone()
    };
    match draws.below(9) {
        0 => Event {
            in_create: true,
            ..status
        },
        1 => Event {
            new: None,
            warning: Some("too large".to_owned()),
            ..status
        },
        2 => Event {
            operation: Operation::NotUnderstood,
            ..status
        },
        3 => Event {
            operation: Operation::Test,
            ..status
        },
        4 => Event { field: None, ..status },
        5 => Event { entity: None, ..status },
        6 => Event {
            new: Some(json!({ "name": "apv", "id": 1 })),
            ..status
        },
        7 => Event {
            old: Some(json!(7)),
            new: Some(json!(7)),
            ..status
        },
        _ => Event {
            note: Some(Note {
                text: "final".to_owned(),
                about: event.entity.into_iter().collect(),
            }),
            ..status
        },
    }
}

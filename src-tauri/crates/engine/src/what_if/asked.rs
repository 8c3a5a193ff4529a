//! Which events a rule set may be asked about at all, so that the others cost nothing, and whether the journal knows what its
//! rules would look at.

use std::collections::{BTreeMap, BTreeSet};

use callboard_journal::{JournalError, Past, Reader};
use callboard_model::{
    EntityRef, EntityType, Event, EventKey, Operation, Production, Road, SiteName, StatusCode, Surroundings,
};
use callboard_rules::{CompiledRules, Moment, RuleSet, needs};
use foldhash::HashMap;
use serde_json::Value;

/// The rules that are tried, as they hold for one site.
pub(super) struct Asked {
    pub(super) rules: CompiledRules,
    /// Rules without the parts of `when` that a class does not tell apart.
    loose: CompiledRules,
    /// What the live rules have read around events.
    read: Surroundings,
    classes: HashMap<EntityType, Classes>,
    for_filters: bool,
}

/// The classes of events about one type of entity.
#[derive(Default)]
struct Classes {
    /// Status changes, by the code that it became.
    by_code: HashMap<StatusCode, Class>,
    cleared: Option<Class>,
    by_field: HashMap<String, Class>,
    by_operation: HashMap<Operation, Class>,
}

/// What holds for all events of a class.
#[derive(Clone, Copy)]
pub(super) struct Class {
    /// Whether some rule may fire.
    pub(super) fires: bool,
    /// Whether some rule would look at more than was ever read.
    pub(super) looks_beyond: bool,
    task: bool,
    owner: bool,
}

const NEVER: Class = Class {
    fires: false,
    looks_beyond: false,
    task: false,
    owner: false,
};

impl Asked {
    /// `way` makes rules ready for the site.
    pub(super) fn new(set: &RuleSet, way: impl Fn(CompiledRules) -> CompiledRules, read: &Surroundings) -> Self {
        let rules = way(CompiledRules::new(set));
        Self {
            loose: way(CompiledRules::new(&loosened(set))),
            for_filters: rules.asks_for_the_received(),
            rules,
            read: read.clone(),
            classes: HashMap::default(),
        }
    }

    /// Whether the event as received is asked for.
    pub(super) fn for_the_received(&self) -> bool {
        self.for_filters
    }

    /// The class of an event.
    pub(super) fn class(&mut self, past: &Past) -> Result<Class, JournalError> {
        let Some(entity) = &past.entity else { return Ok(NEVER) };
        let is_update = past.operation == Operation::Update;
        if is_update && (past.in_create || (past.is_status && past.new_status.is_none())) {
            return Ok(NEVER);
        }
        let of_kind = self.classes.entry(entity.kind.clone()).or_default();
        let known = match (is_update, &past.new_status, &past.field) {
            (true, Some(Some(code)), _) => of_kind.by_code.get(code),
            (true, Some(None), _) => of_kind.cleared.as_ref(),
            (true, None, Some(field)) => of_kind.by_field.get(field.as_str()),
            (true, None, None) => return Ok(NEVER),
            (false, ..) => of_kind.by_operation.get(&past.operation),
        };
        if let Some(class) = known {
            return Ok(*class);
        }
        let class = look(&self.loose, &self.read, past.to_event()?);
        match (is_update, &past.new_status, &past.field) {
            (true, Some(Some(code)), _) => {
                of_kind.by_code.insert(code.clone(), class);
            }
            (true, Some(None), _) => of_kind.cleared = Some(class),
            (true, None, Some(field)) => {
                of_kind.by_field.insert(field.to_string(), class);
            }
            (true, None, None) => {}
            (false, ..) => {
                of_kind.by_operation.insert(past.operation, class);
            }
        }
        Ok(class)
    }
}

impl Class {
    /// Whether what an event leads to is missing from the production: a rule that looks at it would find nothing, and the
    /// site might have had it.
    pub(super) fn leads_beyond(&self, event: &Event, production: &Production) -> bool {
        let missing = |link: Option<&EntityRef>| link.is_some_and(|l| production.get_or_retired(&l.key).is_none());
        let Some(subject) = event.entity.as_ref().and_then(|e| production.get(&e.key)) else {
            // The plan says so itself, where a rule wanted it.
            return false;
        };
        let is_version = subject.key.kind.is(EntityType::VERSION);
        let task = subject.task.as_ref().filter(|_| is_version);
        let through_task = task
            .and_then(|t| production.get(&t.key))
            .and_then(|t| t.parent.as_ref());
        (self.task && missing(task)) || (self.owner && missing(subject.parent.as_ref().or(through_task)))
    }
}

fn look(loose: &CompiledRules, read: &Surroundings, mut event: Event) -> Class {
    if event.operation == Operation::Update && event.field.as_deref() != Some(loose.status_field()) {
        // Any value of the field is of this class, and none is no reason to fire.
        event.new = Some(Value::from("anything"));
        event.warning = None;
    }
    if !loose.fires_on(&event) {
        return NEVER;
    }
    let needed = needs(loose, &event);
    Class {
        fires: true,
        looks_beyond: !covers(read, &needed),
        task: needed.task,
        owner: needed.owner,
    }
}

fn loosened(set: &RuleSet) -> RuleSet {
    let mut set = set.clone();
    for rule in &mut set.rules {
        rule.when.from.clear();
        rule.when.event_type.clear();
        if rule.when.field.is_some() || !rule.when.on.contains(&Moment::Updated) {
            rule.when.becomes.clear();
        }
    }
    set
}

/// What the rule sets that were ever live read around events: which sets of entities, and which fields.
pub(super) fn ever_read(reader: &Reader) -> Result<Surroundings, JournalError> {
    let mut read = Surroundings::default();
    for revision in reader.revisions()? {
        let Some(text) = reader.rules_of(revision.revision)? else {
            continue;
        };
        if let Ok(set) = RuleSet::parse(text.as_bytes()) {
            add(&mut read, &set);
        }
    }
    Ok(read)
}

fn add(read: &mut Surroundings, set: &RuleSet) {
    let rules = CompiledRules::new(&loosened(set));
    let mut asked: BTreeMap<(&EntityType, Option<&String>), BTreeSet<&StatusCode>> = BTreeMap::new();
    for rule in set.enabled_rules() {
        let codes = asked.entry((&rule.when.entity, rule.when.field.as_ref())).or_default();
        codes.extend(set.statuses_of(&rule.when.entity).iter().map(|s| &s.code));
        codes.extend(&rule.when.becomes);
    }
    let moments = [
        Operation::Create,
        Operation::Delete,
        Operation::Revive,
        Operation::Custom,
    ];
    for ((kind, field), codes) in asked {
        let field = field.map_or_else(|| rules.status_field().to_owned(), Clone::clone);
        let changes = codes.into_iter().map(|code| (Operation::Update, Some(code)));
        for (operation, code) in changes.chain(moments.map(|moment| (moment, None))) {
            merge(read, needs(&rules, &made_up(kind, operation, &field, code)));
        }
        let mut note = made_up(kind, Operation::Note, &field, None);
        note.note = Some(callboard_model::Note {
            text: String::new(),
            about: note.entity.iter().cloned().collect(),
        });
        merge(read, needs(&rules, &note));
    }
}

fn made_up(kind: &EntityType, operation: Operation, field: &str, code: Option<&StatusCode>) -> Event {
    Event {
        entity: Some(EntityRef::new(kind.clone(), 0)),
        field: (operation == Operation::Update).then(|| field.to_owned()),
        new: code.map(|code| Value::from(code.as_str())),
        ..Event::bare(SiteName::from("any"), EventKey::from("any"), Road::Hook, "", operation)
    }
}

fn merge(read: &mut Surroundings, more: Surroundings) {
    read.sibling_tasks |= more.sibling_tasks;
    read.dependencies |= more.dependencies;
    read.same_kind.extend(more.same_kind);
    read.below.extend(more.below);
    for (kind, fields) in more.fields {
        read.fields.entry(kind).or_default().extend(fields);
    }
}

/// Whether such sets were read. That each one of them was cannot be told: a Shot around which nothing ever happened has only
/// those of its Tasks that something happened to.
fn covers(read: &Surroundings, needed: &Surroundings) -> bool {
    let of_shot = (EntityType::from(EntityType::SHOT), EntityType::from(EntityType::TASK));
    let tasks = read.sibling_tasks || read.below.contains(&of_shot);
    (tasks || !needed.sibling_tasks)
        && (read.dependencies || !needed.dependencies)
        && needed.same_kind.is_subset(&read.same_kind)
        && needed
            .below
            .iter()
            .all(|pair| read.below.contains(pair) || (*pair == of_shot && read.sibling_tasks))
        && needed.fields.iter().all(|(kind, fields)| {
            let known = read.fields.get(kind);
            known.is_some_and(|known| fields.is_subset(known))
        })
}

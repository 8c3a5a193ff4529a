use callboard_model::{EntityType, Event, Operation, StatusCode, Surroundings};

use crate::CompiledRules;
use crate::classes::names;
use crate::compile::{ReadyRule, moment_of};
use crate::document::{Moment, NextBy, Relatives, Target, Wanted, WantedWord};

/// What a plan for this event may look at, following every rule as far as it could lead.
///
/// Conditions on step, project and whatever else must be read are taken to hold, since nobody knows better before reading;
/// statuses are followed exactly.
#[must_use]
pub fn needs(rules: &CompiledRules, event: &Event) -> Surroundings {
    let mut needed = Surroundings::default();
    let Some(entity) = event.entity.as_ref().filter(|_| rules.fires_on(event)) else {
        return needed;
    };
    needed.entity = true;
    let mut reached = Vec::new();
    if let Some(moment) = moment_of(event.operation).filter(|_| event.operation != Operation::Note) {
        let is_status = event.field.as_deref() == Some(rules.status_field());
        reached.push(Reached {
            kind: entity.key.kind.clone(),
            moment,
            field: event.field.clone().filter(|_| moment == Moment::Updated && !is_status),
            code: if is_status {
                event.new_status(rules.status_field()).flatten()
            } else {
                event.new_text().flatten().map(|text| StatusCode::from(text.as_ref()))
            },
        });
    }
    let about = event.note.as_ref().map_or(&[][..], |note| &note.about);
    reached.extend(about.iter().map(|entity| Reached {
        kind: entity.key.kind.clone(),
        moment: Moment::NoteAdded,
        field: None,
        code: None,
    }));
    let mut next = 0;
    while let Some(here) = reached.get(next).cloned() {
        next += 1;
        let of_site = rules.of_here().filter(|ready| ready.may_be_asked_on(&event.site));
        for ready in of_site.filter(|ready| here.may_fire(ready)) {
            add(&mut needed, ready);
            for there in here.leads_to(ready) {
                if !reached.contains(&there) {
                    reached.push(there);
                }
            }
        }
    }
    needed
}

/// A type of entity that has come to a status. No code: it is not known yet, as with an entity just made.
#[derive(Clone, PartialEq, Eq)]
struct Reached {
    kind: EntityType,
    moment: Moment,
    field: Option<String>,
    code: Option<StatusCode>,
}

impl Reached {
    fn may_fire(&self, ready: &ReadyRule) -> bool {
        let when = &ready.rule.when;
        when.entity == self.kind
            && when.on.contains(&self.moment)
            && (self.moment != Moment::Updated || when.field == self.field)
            && (self.code.is_none() || when.becomes.is_empty() || names(&when.becomes, self.code.as_ref()))
    }

    fn leads_to(&self, ready: &ReadyRule) -> Vec<Self> {
        let rule = &ready.rule;
        if rule.elsewhere().is_some() {
            return Vec::new();
        }
        let at = |code: Option<StatusCode>| Self {
            kind: rule.target_type(),
            moment: Moment::Updated,
            field: rule.then.field.clone(),
            code,
        };
        match &rule.then.to {
            // How the field will say it, as a number or in other capitals, is known when it has been read.
            _ if rule.then.field.is_some() => vec![at(None)],
            // Which of them the site takes is not known here.
            Wanted::OneOf(codes) => codes.iter().map(|code| at(Some(code.clone()))).collect(),
            Wanted::Word(WantedWord::Same) if self.code.is_none() && !rule.when.becomes.is_empty() => {
                rule.when.becomes.iter().map(|code| at(Some(code.clone()))).collect()
            }
            Wanted::Word(WantedWord::Same) => vec![at(self.code.clone())],
            Wanted::Word(WantedWord::SameClass | WantedWord::Cleared) => vec![at(None)],
            Wanted::RollUp { roll_up } if !roll_up.rows.is_empty() => {
                let codes = roll_up.rows.iter().flat_map(|row| &row.to);
                codes.map(|code| at(Some(code.clone()))).collect()
            }
            Wanted::RollUp { .. } => vec![at(None)],
        }
    }
}

fn add(needed: &mut Surroundings, ready: &ReadyRule) {
    let rule = &ready.rule;
    let subject = &rule.when.entity;
    let of_version = subject.is(EntityType::VERSION);
    let is_part = of_version || subject.is(EntityType::TASK);
    let task = || EntityType::from(EntityType::TASK);
    let version = || EntityType::from(EntityType::VERSION);
    // Where the field was not changed, what it holds is asked.
    if let Some(field) = rule.when.field.as_ref().filter(|_| rule.when.on != [Moment::Updated]) {
        needed.fields.entry(subject.clone()).or_default().insert(field.clone());
    }
    if let Some(field) = rule.elsewhere().and_then(|there| there.key.as_ref()) {
        needed.fields.entry(subject.clone()).or_default().insert(field.clone());
    }
    // What it holds decides whether it is set.
    if let Some(field) = rule.then.field.as_ref().filter(|_| rule.elsewhere().is_none()) {
        needed
            .fields
            .entry(rule.target_type())
            .or_default()
            .insert(field.clone());
    }
    for condition in rule.conditions.alternatives() {
        needed.task |= of_version && (!condition.step.is_empty() || !condition.step_not.is_empty());
        // A Version without a link of its own is asked through its Task.
        needed.task |= of_version && !condition.belongs_to.is_empty();
        if condition.first_version {
            needed.task = true;
            needed.below.insert((task(), version()));
        }
        let fields = condition.field_is.keys().chain(condition.field_is_not.keys());
        for field in fields {
            needed.fields.entry(subject.clone()).or_default().insert(field.clone());
        }
        let fields = condition
            .target_field_is
            .keys()
            .chain(condition.target_field_is_not.keys());
        // What stands on another site is read there.
        for field in fields.filter(|_| rule.elsewhere().is_none()) {
            needed
                .fields
                .entry(rule.target_type())
                .or_default()
                .insert(field.clone());
        }
        match condition.siblings.as_ref().map(|s| &s.of) {
            None => {}
            Some(Relatives::Tasks) if is_part => {
                needed.task |= of_version;
                needed.owner = true;
                needed.sibling_tasks = true;
            }
            Some(Relatives::Tasks) => {
                needed.below.insert((subject.clone(), task()));
            }
            Some(Relatives::Versions) if of_version => {
                needed.task = true;
                needed.below.insert((task(), version()));
            }
            Some(Relatives::Versions) => {
                needed.below.insert((subject.clone(), version()));
            }
            Some(Relatives::Upstream) => needed.dependencies = true,
            Some(Relatives::SameKind) => {
                needed.above_owner = true;
                needed.same_kind.insert(subject.clone());
            }
            Some(Relatives::Below(kind)) => {
                needed.below.insert((subject.clone(), kind.clone()));
            }
        }
    }
    match &rule.then.set {
        Target::Itself | Target::Elsewhere(_) => {}
        Target::Task => needed.task = true,
        Target::Shot => {
            needed.task |= of_version;
            needed.owner = true;
        }
        Target::Parent(kind) => {
            needed.task |= of_version;
            needed.owner = true;
            // A Task's Asset is looked for above its Shot too, where it has one.
            needed.above_owner |= !kind.is(EntityType::TASK);
        }
        Target::TasksOfShot(_) => {
            needed.task |= of_version;
            needed.owner = true;
            needed.below.insert((EntityType::from(EntityType::SHOT), task()));
        }
        Target::Children(which) => {
            let of = which.of.as_ref().unwrap_or(subject);
            if of != subject {
                needed.task |= of_version;
                needed.owner = true;
                needed.above_owner = true;
            }
            needed.below.insert((of.clone(), which.kind.clone()));
        }
        Target::Versions(_) => {
            needed.task |= of_version;
            needed
                .below
                .insert((if of_version { task() } else { subject.clone() }, version()));
        }
        Target::NextTasks(next) => match next.by {
            NextBy::Dependency => needed.dependencies = true,
            NextBy::Steps | NextBy::Name => {
                needed.owner = true;
                needed.sibling_tasks = true;
            }
        },
    }
    if let Some((kind, _)) = rule.rolls_up().filter(|_| rule.elsewhere().is_none()) {
        needed.below.insert((rule.target_type(), kind.clone()));
    }
}

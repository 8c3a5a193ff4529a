//! The normal form read a second time: what rules decide, slowly and in the words of the document's own descriptions.
//!
//! It shares nothing with the crate but the types of the document and the filter language. There is no index and nothing is
//! prepared: every rule is asked about everything that happens, and every question goes through every entity.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use callboard_model::{
    ActorKind, Cause, Entity, EntityId, EntityKey, EntityRef, EntityType, Event, Operation, Plan, PlannedChange,
    PlannedSkip, Production, RuleId, SkipReason, StatusCode,
};
use callboard_rules::{
    ChangedBy, Children, Condition, Filter, Moment, NextBy, NextTasks, Pick, Relatives, RollUp, Rule, RuleSet,
    Siblings, StateClass, Target, Wanted, WantedWord, WhichVersions,
};
use serde_json::Value;

/// What a rule may set for one event, where it says nothing else.
const LIMIT: usize = 100;
/// How many changes may hang beneath one another.
const DEEPEST: usize = 16;

/// A production as a list, in the order in which the site told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) live: Vec<Entity>,
    pub(crate) trash: Vec<Entity>,
}

/// What is known of the site beside its entities.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) status_field: String,
    /// The statuses that there are; of a type that is missing nothing is known.
    pub(crate) valid: BTreeMap<EntityType, BTreeSet<StatusCode>>,
    /// The statuses that a project hides.
    pub(crate) hidden: BTreeSet<(EntityId, EntityType, StatusCode)>,
    /// Rules that are set aside.
    pub(crate) aside: BTreeSet<RuleId>,
}

/// What comes of an event.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) plan: Plan,
    /// The rules that applied, whether or not something was left for them to do.
    pub(crate) fired: BTreeSet<RuleId>,
}

impl World {
    pub(crate) fn find(&self, key: &EntityKey) -> Option<&Entity> {
        self.live.iter().find(|e| e.key == *key)
    }

    fn find_or_trashed(&self, key: &EntityKey) -> Option<&Entity> {
        self.find(key).or_else(|| self.trash.iter().find(|e| e.key == *key))
    }

    /// What belongs to an entity: what says so of itself, and a Task's Versions.
    fn belonging_to(&self, owner: &EntityKey, kind: &str) -> Vec<Entity> {
        let belongs = |e: &&Entity| {
            let of_task = e.task.as_ref().filter(|_| e.key.kind.is("Version"));
            e.key.kind.is(kind) && e.parent.iter().chain(of_task).any(|link| link.key == *owner)
        };
        self.live.iter().filter(belongs).cloned().collect()
    }

    /// The same production as the crate has it.
    pub(crate) fn production(&self) -> Production {
        let mut production: Production = self.live.iter().chain(&self.trash).cloned().collect();
        for gone in &self.trash {
            production.retire(&gone.key);
        }
        production
    }

    /// How it stands once an event has happened.
    pub(crate) fn after(mut self, event: &Event, made: Option<Entity>, status_field: &str) -> Self {
        let Some(key) = event.entity.as_ref().map(|e| e.key.clone()) else {
            return self;
        };
        let said_nothing = event.new.is_none() && event.warning.is_some();
        let take = |list: &mut Vec<Entity>| list.iter().position(|e| e.key == key).map(|at| list.remove(at));
        match event.operation {
            Operation::Create | Operation::Revive => {
                let back = made.or_else(|| match event.operation {
                    Operation::Revive => self.trash.iter().find(|e| e.key == key).cloned(),
                    _ => None,
                });
                if let Some(back) = back {
                    take(&mut self.live);
                    take(&mut self.trash);
                    self.live.push(back);
                }
            }
            Operation::Delete => {
                let gone = take(&mut self.live);
                self.trash.extend(gone);
            }
            Operation::Update if event.in_create || said_nothing => {}
            Operation::Update if event.field.as_deref() == Some(status_field) => {
                if let Some(entity) = self.live.iter_mut().find(|e| e.key == key) {
                    entity.status = status_in(event.new.as_ref());
                }
            }
            Operation::Update => {
                let asked = self
                    .find(&key)
                    .is_some_and(|e| event.field.as_ref().is_some_and(|field| e.fields.contains_key(field)));
                if let (true, Some(field)) = (asked && event.warning.is_none(), &event.field) {
                    let mut entity = take(&mut self.live);
                    if let Some(entity) = &mut entity {
                        let new = event.new.clone().unwrap_or(Value::Null);
                        entity.fields.insert(field.clone(), new);
                    }
                    self.live.extend(entity);
                }
            }
            _ => {}
        }
        self
    }

    /// How it stands once a plan has been written.
    pub(crate) fn with(mut self, plan: &Plan) -> Self {
        for change in &plan.changes {
            let Some(entity) = self.live.iter_mut().find(|e| e.key == change.entity.key) else {
                continue;
            };
            match &change.field {
                None => entity.status = change.to.clone(),
                Some(field) => {
                    let held = entity.fields.get(field).cloned();
                    let written = change.to.as_ref().map(|to| written_over(to.as_str(), held.as_ref()));
                    entity.fields.insert(field.clone(), written.unwrap_or(Value::Null));
                }
            }
        }
        self
    }
}

/// Decides what the rules say should change.
pub(crate) fn decide(set: &RuleSet, site: &Site, event: &Event, world: &World) -> Decided {
    let mut interpreter = Interpreter {
        set,
        site,
        event,
        world,
        plan: Plan::default(),
        depths: Vec::new(),
        event_set: BTreeSet::new(),
        fired: BTreeSet::new(),
    };
    interpreter.run();
    Decided {
        plan: interpreter.plan,
        fired: interpreter.fired,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Who {
    Account(Option<ActorKind>),
    Rule,
}

/// Something that happened to an entity.
#[derive(Clone)]
struct Happened {
    to: EntityRef,
    moment: Moment,
    /// The field that changed; none: the status.
    field: Option<String>,
    event_type: Option<String>,
    was: Option<StatusCode>,
    is: Option<StatusCode>,
    text: Option<String>,
    who: Who,
    cause: Cause,
    depth: usize,
}

#[derive(Clone, PartialEq)]
enum Wish {
    OneOf(Vec<StatusCode>),
    NoStatus,
    Nothing,
}

enum Led {
    To(Vec<Entity>),
    Nowhere,
    /// To what the site does not have.
    Astray(EntityRef),
}

struct Interpreter<'a> {
    set: &'a RuleSet,
    site: &'a Site,
    event: &'a Event,
    world: &'a World,
    plan: Plan,
    depths: Vec<usize>,
    /// Whose status, or which field of whom, the event itself set.
    event_set: BTreeSet<(EntityKey, Option<String>)>,
    fired: BTreeSet<RuleId>,
}

impl Interpreter<'_> {
    fn run(&mut self) {
        let mut happened: VecDeque<Happened> = self.beginnings().into();
        let mut for_the_end: VecDeque<(Happened, Rule)> = VecDeque::new();
        let rules: Vec<Rule> = self.set.rules.iter().filter(|r| r.enabled).cloned().collect();
        loop {
            if let Some(now) = happened.pop_front() {
                for rule in rules.iter().filter(|r| !self.site.aside.contains(&r.id)) {
                    if !self.is_asked(rule, &now) {
                    } else if looks_at_several(rule) {
                        for_the_end.push_back((now.clone(), rule.clone()));
                    } else {
                        happened.extend(self.apply(rule, &now));
                    }
                }
            } else if let Some((then, rule)) = for_the_end.pop_front() {
                happened.extend(self.apply(&rule, &then));
            } else {
                return;
            }
        }
    }

    /// The event as something that happened to an entity, or to each that a note is about.
    fn beginnings(&mut self) -> Vec<Happened> {
        let event = self.event;
        let Some(entity) = &event.entity else { return Vec::new() };
        let base = Happened {
            to: entity.clone(),
            moment: Moment::Custom,
            field: None,
            event_type: Some(event.event_type.clone()),
            was: None,
            is: self.world.find_or_trashed(&entity.key).and_then(|e| e.status.clone()),
            text: None,
            who: Who::Account(event.actor.as_ref().map(|a| a.kind)),
            cause: Cause::Event,
            depth: 0,
        };
        let mut beginnings = Vec::new();
        let lived = |moment| Happened { moment, ..base.clone() };
        match event.operation {
            Operation::Create => beginnings.push(lived(Moment::Created)),
            Operation::Delete => beginnings.push(lived(Moment::Deleted)),
            Operation::Revive => beginnings.push(lived(Moment::Revived)),
            Operation::Custom => beginnings.push(lived(Moment::Custom)),
            // Set while it was being made, or dropped by the site: nothing is known to have changed.
            Operation::Update if event.in_create || (event.new.is_none() && event.warning.is_some()) => {}
            Operation::Update => {
                if event.field.as_deref() == Some(self.site.status_field.as_str()) {
                    self.event_set.insert((entity.key.clone(), None));
                    beginnings.push(Happened {
                        moment: Moment::Updated,
                        was: status_in(event.old.as_ref()),
                        is: status_in(event.new.as_ref()),
                        ..base.clone()
                    });
                } else if event.field.is_some() {
                    self.event_set.insert((entity.key.clone(), event.field.clone()));
                    let new = event.new.as_ref().and_then(said);
                    beginnings.push(Happened {
                        moment: Moment::Updated,
                        field: event.field.clone(),
                        was: event.old.as_ref().and_then(said).map(StatusCode::from),
                        is: new.clone().map(StatusCode::from),
                        text: new,
                        ..base.clone()
                    });
                }
            }
            Operation::Note | Operation::Test | Operation::HookStatus | Operation::NotUnderstood => {}
        }
        let is_note =
            event.operation == Operation::Note || (event.operation == Operation::Create && entity.key.kind.is("Note"));
        if let Some(note) = event.note.as_ref().filter(|_| is_note) {
            beginnings.extend(note.about.iter().map(|about| Happened {
                to: about.clone(),
                moment: Moment::NoteAdded,
                is: self.world.find_or_trashed(&about.key).and_then(|e| e.status.clone()),
                text: Some(note.text.clone()),
                ..base.clone()
            }));
        }
        beginnings
    }

    fn is_asked(&self, rule: &Rule, now: &Happened) -> bool {
        let when = &rule.when;
        let changed = now.moment == Moment::Updated;
        // The values of another field are no statuses: no class is meant there.
        let is_one_of = |list: &[StatusCode], code: Option<&StatusCode>| match &when.field {
            None => self.names(list, code, &now.to.key.kind),
            Some(_) => list.iter().any(|word| match word.as_str() {
                "@none" => code.is_none(),
                _ => code == Some(word),
            }),
        };
        when.site.as_ref().is_none_or(|site| *site == self.event.site)
            && when.entity == now.to.key.kind
            && when.on.contains(&now.moment)
            && (!changed || when.field == now.field)
            && (when.becomes.is_empty() || is_one_of(&when.becomes, self.came_to(rule, now).as_ref()))
            && (when.from.is_empty() || (changed && is_one_of(&when.from, now.was.as_ref())))
            && (when.event_type.is_empty() || now.event_type.as_ref().is_some_and(|t| when.event_type.contains(t)))
    }

    /// What the status, or the field that the rule names, became; where it was not changed, what it is now.
    fn came_to(&self, rule: &Rule, now: &Happened) -> Option<StatusCode> {
        match &rule.when.field {
            Some(field) if now.moment != Moment::Updated => {
                let entity = self.world.find_or_trashed(&now.to.key)?;
                entity.fields.get(field).and_then(said).map(StatusCode::from)
            }
            _ => now.is.clone(),
        }
    }

    // ---- statuses

    /// An entity's status with what this plan has changed.
    fn status(&self, key: &EntityKey) -> Option<StatusCode> {
        let mut statuses = self.plan.changes.iter().filter(|c| c.field.is_none());
        match statuses.find(|c| c.entity.key == *key) {
            Some(change) => change.to.clone(),
            None => self.world.find_or_trashed(key)?.status.clone(),
        }
    }

    /// An entity with its fields as this plan has changed them.
    fn as_it_stands(&self, entity: &Entity) -> Entity {
        let mut entity = entity.clone();
        for change in self.plan.changes.iter().filter(|c| c.entity.key == entity.key) {
            if let Some(field) = &change.field {
                let value = change.to.as_ref().map_or(Value::Null, |to| Value::from(to.as_str()));
                entity.fields.insert(field.clone(), value);
            }
        }
        entity
    }

    fn place(&self, kind: &EntityType, code: Option<&StatusCode>) -> Option<usize> {
        let column = self.set.statuses_of(kind);
        column.iter().position(|s| Some(&s.code) == code)
    }

    fn class(&self, kind: &EntityType, code: Option<&StatusCode>) -> Option<StateClass> {
        let column = self.set.statuses_of(kind);
        column.iter().find(|s| Some(&s.code) == code)?.class
    }

    fn of_class(&self, kind: &EntityType, class: StateClass) -> Vec<StatusCode> {
        let column = self.set.statuses_of(kind).iter();
        column
            .filter(|s| s.class == Some(class))
            .map(|s| s.code.clone())
            .collect()
    }

    /// Whether a list that a rule names has this status in it.
    fn names(&self, list: &[StatusCode], code: Option<&StatusCode>, kind: &EntityType) -> bool {
        list.iter().any(|word| match (word.as_str(), class_called(word)) {
            ("@none", _) => code.is_none(),
            (_, Some(class)) => self.class(kind, code) == Some(class),
            _ => code == Some(word),
        })
    }

    /// The codes that a list of what is to be set comes to.
    fn spelt(&self, list: &[StatusCode], kind: &EntityType) -> Vec<StatusCode> {
        let mut codes = Vec::new();
        for word in list {
            match class_called(word) {
                Some(class) => codes.extend(self.of_class(kind, class)),
                None if word.as_str().starts_with('@') => {}
                None => codes.push(word.clone()),
            }
        }
        codes
    }

    /// Whether the site takes a status.
    fn takes(&self, kind: &EntityType, project: Option<&EntityRef>, code: &StatusCode) -> bool {
        let has = self.site.valid.get(kind).is_none_or(|codes| codes.contains(code));
        let hides = |p: &EntityRef| {
            self.site
                .hidden
                .contains(&(p.key.id.clone(), kind.clone(), code.clone()))
        };
        has && !project.is_some_and(hides)
    }

    // ---- applying a rule

    /// Applies a rule to what happened; answers with the changes it made, as happenings in turn.
    fn apply(&mut self, rule: &Rule, now: &Happened) -> Vec<Happened> {
        let before = self.plan.changes.len();
        self.carry_out(rule, now);
        let made = self.plan.changes.iter().enumerate().skip(before);
        let changed = made.map(|(place, change)| Happened {
            to: change.entity.clone(),
            moment: Moment::Updated,
            field: change.field.clone(),
            event_type: None,
            was: change.from.clone(),
            is: change.to.clone(),
            text: match (&change.field, &change.to) {
                (Some(_), Some(to)) => Some(to.to_string()),
                _ => None,
            },
            who: Who::Rule,
            cause: Cause::Change(place),
            depth: self.depths[place],
        });
        changed.collect()
    }

    fn carry_out(&mut self, rule: &Rule, now: &Happened) {
        let named = |wish: Wish| match wish {
            Wish::OneOf(codes) => codes.first().cloned(),
            Wish::NoStatus | Wish::Nothing => None,
        };
        let Some(subject) = self.world.find_or_trashed(&now.to.key).cloned() else {
            let first = named(self.wish(rule, now, None));
            return self.skip(rule, now, &now.to, None, first, SkipReason::NotFound, None);
        };
        let alternatives = rule.conditions.alternatives();
        let met: Vec<&Condition> = alternatives.iter().filter(|c| self.holds(c, now, &subject)).collect();
        if met.is_empty() && !alternatives.is_empty() {
            return;
        }
        let targets = match self.lead(&rule.then.set, &subject) {
            Led::To(targets) => targets,
            Led::Nowhere => return,
            Led::Astray(link) => {
                self.fired.insert(rule.id.clone());
                let first = named(self.wish(rule, now, None));
                return self.skip(rule, now, &link, None, first, SkipReason::NotFound, None);
            }
        };

        struct Aim {
            target: EntityRef,
            has: Option<StatusCode>,
            right: bool,
            settable: bool,
            to: Option<StatusCode>,
        }
        let mut aims: Vec<Aim> = Vec::new();
        for target in targets {
            let wish = self.wish(rule, now, Some(&target));
            let status = self.status(&target.key);
            let project = target.project.as_ref().or(self.event.project.as_ref());
            let has = match &rule.then.field {
                None => status.clone(),
                Some(field) => {
                    let value = self.as_it_stands(&target).fields.get(field).and_then(said);
                    value.map(StatusCode::from)
                }
            };
            let (right, to, settable) = match &wish {
                Wish::Nothing => continue,
                Wish::OneOf(values) if rule.then.field.is_some() => {
                    let held = rule.then.field.as_ref().and_then(|field| target.fields.get(field));
                    let in_its_words = |value: &StatusCode| said(&written_over(value.as_str(), held));
                    let values: Vec<String> = values.iter().filter_map(in_its_words).collect();
                    let right = has.as_ref().is_some_and(|has| values.iter().any(|v| v == has.as_str()));
                    (right, values.first().map(|v| StatusCode::from(v.as_str())), true)
                }
                Wish::NoStatus => (has.is_none(), None, true),
                Wish::OneOf(codes) => {
                    let right = has.as_ref().is_some_and(|code| codes.contains(code));
                    let taken = codes.iter().find(|code| self.takes(&target.key.kind, project, code));
                    (right, taken.cloned(), taken.is_some())
                }
            };
            // Whatever is set, what is asked of the target is asked of its status.
            let would_have = if right || rule.then.field.is_some() {
                status.as_ref()
            } else {
                to.as_ref()
            };
            let may = |c: &&&Condition| self.holds_for_target(c, &target, status.as_ref(), would_have);
            if met.is_empty() || met.iter().any(|c| may(&c)) {
                aims.push(Aim {
                    target: target.to_ref(),
                    has,
                    right,
                    settable,
                    to,
                });
            }
        }
        if aims.is_empty() {
            return;
        }
        self.fired.insert(rule.id.clone());

        let would_set: Vec<&Aim> = aims
            .iter()
            .filter(|aim| !aim.right && aim.settable && self.decided_by(&aim.target.key, rule, now).is_none())
            .collect();
        let has_set = self.plan.changes.iter().filter(|c| c.rule == rule.id).count();
        let limit = rule.limit.map_or(LIMIT, |limit| limit as usize);
        if let [first, ..] = would_set[..]
            && has_set + would_set.len() > limit
        {
            let Aim { target, has, to, .. } = first;
            let (target, has, to) = (target.clone(), has.clone(), to.clone());
            return self.skip(rule, now, &target, has, to, SkipReason::OverLimit, None);
        }
        for aim in aims {
            let decided = self.decided_by(&aim.target.key, rule, now);
            let (reason, against) = match decided {
                Some(Some(_)) if aim.right => continue,
                _ if aim.right => (SkipReason::AlreadyThere, None),
                Some(against) => (SkipReason::Conflict, against),
                None if !aim.settable => (SkipReason::NotValid, None),
                None if now.depth >= DEEPEST => (SkipReason::TooDeep, None),
                None => {
                    self.depths.push(now.depth + 1);
                    self.plan.changes.push(PlannedChange {
                        entity: aim.target,
                        field: rule.then.field.clone(),
                        from: aim.has,
                        to: aim.to,
                        rule: rule.id.clone(),
                        cause: now.cause,
                    });
                    continue;
                }
            };
            self.skip(rule, now, &aim.target, aim.has, aim.to, reason, against);
        }
    }

    /// Which rule has decided in this plan about what a rule sets of an entity; the inner option is none where the event did, which rules that are
    /// asked about the event itself may still go beyond.
    fn decided_by(&self, key: &EntityKey, wanting: &Rule, now: &Happened) -> Option<Option<RuleId>> {
        let field = &wanting.then.field;
        let change = self
            .plan
            .changes
            .iter()
            .find(|c| c.entity.key == *key && c.field == *field);
        let found_right = || {
            let mut skips = self.plan.skipped.iter().filter(|s| s.field == *field);
            skips.find(|s| s.entity.key == *key && s.reason == SkipReason::AlreadyThere)
        };
        let rule = change.map(|c| &c.rule).or_else(|| found_right().map(|s| &s.rule));
        match rule {
            Some(rule) => Some(Some(rule.clone())),
            None if now.depth > 0 && self.event_set.contains(&(key.clone(), field.clone())) => Some(None),
            None => None,
        }
    }

    /// Says once for each entity, rule and reason that nothing is set.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of a skip")]
    fn skip(
        &mut self,
        rule: &Rule,
        now: &Happened,
        entity: &EntityRef,
        from: Option<StatusCode>,
        to: Option<StatusCode>,
        reason: SkipReason,
        against: Option<RuleId>,
    ) {
        let mut said = self.plan.skipped.iter();
        if !said.any(|s| s.entity.key == entity.key && s.rule == rule.id && s.reason == reason) {
            self.plan.skipped.push(PlannedSkip {
                entity: entity.clone(),
                field: rule.then.field.clone(),
                from,
                to,
                rule: rule.id.clone(),
                reason,
                against,
                cause: now.cause,
            });
        }
    }

    // ---- if

    fn holds(&self, condition: &Condition, now: &Happened, subject: &Entity) -> bool {
        let subject = &self.as_it_stands(subject);
        let kind = &subject.key.kind;
        let step = if kind.is("Version") {
            let task = subject.task.as_ref().and_then(|link| self.world.find(&link.key));
            task.and_then(|task| task.step.clone())
        } else {
            subject.step.clone()
        };
        let is_step = |names: &[String]| step.as_ref().is_some_and(|s| names.iter().any(|name| s.is(name)));
        let status = self.status(&subject.key);
        let is_project = |wanted: &EntityId| {
            let project = subject.project.as_ref().or(self.event.project.as_ref());
            project.is_some_and(|p| match wanted {
                EntityId::Number(_) => p.key.id == *wanted,
                EntityId::Text(name) => p.name.as_ref() == Some(name) || p.key.id == *wanted,
            })
        };
        let owner = self.owner(subject).ok().flatten();
        let text = now.text.clone().unwrap_or_default();
        let filter = || match (&condition.filter, &self.event.received, now.cause) {
            (None, ..) => true,
            (Some(source), Some(received), Cause::Event) => Filter::parse(source).is_ok_and(|f| f.holds(received)),
            (Some(_), ..) => false,
        };
        (condition.step.is_empty() || is_step(&condition.step))
            && !is_step(&condition.step_not)
            && (condition.project.is_empty() || condition.project.iter().any(is_project))
            && condition.changed_by.is_none_or(|by| is_who(now.who, by))
            && (condition.status_is.is_empty() || self.names(&condition.status_is, status.as_ref(), kind))
            && !self.names(&condition.status_is_not, status.as_ref(), kind)
            && (condition.belongs_to.is_empty() || owner.is_some_and(|o| condition.belongs_to.contains(&o.key.kind)))
            && (!condition.first_version || self.is_first_version(subject))
            && condition
                .field_is
                .iter()
                .all(|(field, wanted)| field_is_one_of(subject, field, wanted))
            && !condition
                .field_is_not
                .iter()
                .any(|(field, not)| field_is_one_of(subject, field, not))
            && (condition.text.is_empty() || condition.text.iter().any(|phrase| has_words(&text, phrase)))
            && !condition.text_not.iter().any(|phrase| has_words(&text, phrase))
            && filter()
            && condition
                .siblings
                .as_ref()
                .is_none_or(|s| self.siblings_stand(s, subject))
    }

    fn holds_for_target(
        &self,
        condition: &Condition,
        target: &Entity,
        has: Option<&StatusCode>,
        would_have: Option<&StatusCode>,
    ) -> bool {
        let target = &self.as_it_stands(target);
        let kind = &target.key.kind;
        let backwards = match (self.place(kind, has), self.place(kind, would_have)) {
            (None, _) => false,
            // To no status, and out of the column, is no way forward.
            (Some(_), None) => true,
            (Some(here), Some(there)) => there < here,
        };
        (condition.target_is.is_empty() || self.names(&condition.target_is, has, kind))
            && !self.names(&condition.target_is_not, has, kind)
            && condition
                .target_field_is
                .iter()
                .all(|(field, values)| has_value(target, field, values))
            && !condition
                .target_field_is_not
                .iter()
                .any(|(field, values)| has_value(target, field, values))
            && condition
                .target_field_is
                .iter()
                .all(|(field, wanted)| field_is_one_of(target, field, wanted))
            && !condition
                .target_field_is_not
                .iter()
                .any(|(field, not)| field_is_one_of(target, field, not))
            && !(condition.never_backwards && backwards)
    }

    fn is_first_version(&self, subject: &Entity) -> bool {
        let link = subject.task.as_ref().filter(|_| subject.key.kind.is("Version"));
        let Some(task) = link.and_then(|link| self.world.find(&link.key)) else {
            return false;
        };
        let versions = self.world.belonging_to(&task.key, "Version");
        !versions.iter().any(|other| made_before(other, subject))
    }

    fn siblings_stand(&self, siblings: &Siblings, subject: &Entity) -> bool {
        let kind = &subject.key.kind;
        let part_of_something = kind.is("Task") || kind.is("Version");
        let (looked_for, mut set) = match &siblings.of {
            Relatives::Tasks => {
                let owner = if part_of_something {
                    self.owner(subject).ok().flatten().map(|o| o.key)
                } else {
                    Some(subject.key.clone())
                };
                let tasks = owner.map(|o| self.world.belonging_to(&o, "Task"));
                (EntityType::from("Task"), tasks.unwrap_or_default())
            }
            Relatives::Versions => {
                let of = if kind.is("Version") {
                    let task = subject.task.as_ref().and_then(|link| self.world.find(&link.key));
                    task.map(|task| task.key.clone())
                } else {
                    Some(subject.key.clone())
                };
                let versions = of.map(|of| self.world.belonging_to(&of, "Version"));
                (EntityType::from("Version"), versions.unwrap_or_default())
            }
            Relatives::Upstream => {
                let waits_for = subject.upstream.iter().filter_map(|link| self.world.find(&link.key));
                (EntityType::from("Task"), waits_for.cloned().collect())
            }
            Relatives::SameKind => {
                let same = subject
                    .parent
                    .as_ref()
                    .map(|p| self.world.belonging_to(&p.key, kind.as_str()));
                (kind.clone(), same.unwrap_or_default())
            }
            Relatives::Below(below) => (below.clone(), self.world.belonging_to(&subject.key, below.as_str())),
        };
        let steps_matter = matches!(
            siblings.of,
            Relatives::Tasks | Relatives::Upstream | Relatives::Below(_)
        );
        set.retain(|e| !steps_matter || is_of_steps(e, &siblings.steps));
        let statuses: Vec<Option<StatusCode>> = set
            .iter()
            .map(|e| self.status(&e.key))
            .filter(|s| !self.names(&siblings.ignoring, s.as_ref(), &looked_for))
            .collect();
        if statuses.is_empty() {
            return siblings.if_none_left;
        }
        self.row_holds(&siblings.all, &siblings.any, &siblings.none, &statuses, &looked_for)
    }

    fn row_holds(
        &self,
        all: &[StatusCode],
        any: &[StatusCode],
        none: &[StatusCode],
        statuses: &[Option<StatusCode>],
        kind: &EntityType,
    ) -> bool {
        let is = |list: &[StatusCode], status: &Option<StatusCode>| self.names(list, status.as_ref(), kind);
        (all.is_empty() || statuses.iter().all(|s| is(all, s)))
            && (any.is_empty() || statuses.iter().any(|s| is(any, s)))
            && !statuses.iter().any(|s| is(none, s))
    }

    // ---- then set

    /// What a Task or Version belongs to, a Version without a link of its own by way of its Task. The error is a Task that the
    /// site does not have.
    fn owner(&self, of: &Entity) -> Result<Option<EntityRef>, EntityRef> {
        match (&of.parent, &of.task) {
            (Some(parent), _) => Ok(Some(parent.clone())),
            (None, None) => Ok(None),
            (None, Some(task)) => match self.world.find(&task.key) {
                Some(task) => Ok(task.parent.clone()),
                None => Err(task.clone()),
            },
        }
    }

    fn follow(&self, link: Option<&EntityRef>) -> Led {
        match link.map(|link| (link, self.world.find(&link.key))) {
            None => Led::Nowhere,
            Some((_, Some(found))) => Led::To(vec![found.clone()]),
            Some((link, None)) => Led::Astray(link.clone()),
        }
    }

    fn above(&self, subject: &Entity, kind: &EntityType) -> Led {
        if kind.is("Task") {
            return self.follow(subject.task.as_ref());
        }
        let mut here = subject.clone();
        let mut passed = vec![here.key.clone()];
        loop {
            let link = match self.owner(&here) {
                Ok(Some(link)) => link,
                Ok(None) => return Led::Nowhere,
                Err(task) => return Led::Astray(task),
            };
            let Some(owner) = self.world.find(&link.key) else {
                // The way ends here; only what was looked for is missed.
                return if link.key.kind == *kind {
                    Led::Astray(link)
                } else {
                    Led::Nowhere
                };
            };
            if owner.key.kind == *kind {
                return Led::To(vec![owner.clone()]);
            }
            if passed.contains(&owner.key) {
                return Led::Nowhere;
            }
            here = owner.clone();
            passed.push(here.key.clone());
        }
    }

    fn lead(&self, target: &Target, subject: &Entity) -> Led {
        let kind = &subject.key.kind;
        match target {
            // What is in the trash cannot be set.
            Target::Itself => self.follow(Some(&subject.to_ref())),
            Target::Task if kind.is("Version") => self.follow(subject.task.as_ref()),
            Target::Task => Led::Nowhere,
            Target::Shot => match self.owner(subject) {
                Ok(owner) => self.follow(owner.filter(|o| o.key.kind.is("Shot")).as_ref()),
                Err(task) => Led::Astray(task),
            },
            Target::Parent(kind) => self.above(subject, kind),
            Target::TasksOfShot(which) => {
                let shot = if kind.is("Shot") {
                    Some(subject.to_ref())
                } else {
                    match self.owner(subject) {
                        Ok(owner) => match self.follow(owner.filter(|o| o.key.kind.is("Shot")).as_ref()) {
                            Led::To(shot) => Some(shot[0].to_ref()),
                            otherwise => return otherwise,
                        },
                        Err(task) => return Led::Astray(task),
                    }
                };
                let tasks = shot.map(|shot| self.world.belonging_to(&shot.key, "Task"));
                others(tasks.unwrap_or_default(), subject, &which.steps)
            }
            Target::Children(Children {
                kind: of_kind,
                of,
                steps,
            }) => {
                let owner = match of {
                    Some(of) if of != kind => match self.above(subject, of) {
                        Led::To(above) => above[0].key.clone(),
                        nowhere => return nowhere,
                    },
                    _ => subject.key.clone(),
                };
                others(self.world.belonging_to(&owner, of_kind.as_str()), subject, steps)
            }
            Target::Versions(which) => {
                let task = if kind.is("Version") {
                    match self.follow(subject.task.as_ref()) {
                        Led::To(task) => task[0].clone(),
                        otherwise => return otherwise,
                    }
                } else {
                    subject.clone()
                };
                let mut versions = self.world.belonging_to(&task.key, "Version");
                let latest = versions
                    .iter()
                    .find(|one| !versions.iter().any(|other| made_before(one, other)))
                    .cloned();
                let highest = versions.iter().filter_map(number_in_name).max();
                match (which, highest) {
                    (WhichVersions::All, _) => {}
                    (WhichVersions::Others, _) => versions.retain(|v| v.key != subject.key),
                    (WhichVersions::HighestNumber, Some(highest)) => {
                        versions.retain(|v| number_in_name(v) == Some(highest));
                    }
                    (WhichVersions::HighestNumber, None) | (WhichVersions::Latest, _) => {
                        versions = latest.into_iter().collect();
                    }
                }
                some(versions)
            }
            Target::NextTasks(next) if kind.is("Task") => some(match next.by {
                NextBy::Steps => self.next_by_steps(subject, next),
                NextBy::Name => self.next_by_name(subject, next),
                NextBy::Dependency => self.next_by_dependency(subject, next),
            }),
            Target::NextTasks(_) | Target::Elsewhere(_) => Led::Nowhere,
        }
    }

    fn step_order(&self, task: &Entity) -> Option<i64> {
        let step = task.step.as_ref()?;
        if self.set.steps.is_empty() {
            return step.order;
        }
        self.set
            .steps
            .iter()
            .zip(0..)
            .find(|(name, _)| step.is(name))
            .map(|(_, place)| place)
    }

    /// Whether a Task is in a status that counts as done and is stepped over.
    fn is_passed(&self, next: &NextTasks, task: &Entity) -> bool {
        self.names(&next.through, self.status(&task.key).as_ref(), &task.key.kind)
    }

    fn is_done(&self, next: &NextTasks, task: &Entity) -> bool {
        next.when_all.is_empty()
            || self.names(&next.when_all, self.status(&task.key).as_ref(), &task.key.kind)
            || self.is_passed(next, task)
    }

    fn beside(&self, task: &Entity) -> Vec<Entity> {
        let parent = task.parent.as_ref();
        parent
            .map(|p| self.world.belonging_to(&p.key, "Task"))
            .unwrap_or_default()
    }

    fn next_by_steps(&self, subject: &Entity, next: &NextTasks) -> Vec<Entity> {
        let beside = self.beside(subject);
        let Some(here) = self.step_order(subject) else {
            return Vec::new();
        };
        let of_this_step = |task: &&Entity| self.step_order(task) == Some(here);
        if !beside.iter().filter(of_this_step).all(|task| self.is_done(next, task)) {
            return Vec::new();
        }
        let mut later: Vec<Entity> = beside;
        later.retain(|task| self.step_order(task) > Some(here) && !self.is_passed(next, task));
        let first = later.iter().filter_map(|task| self.step_order(task)).min();
        later.retain(|task| self.step_order(task) == first && is_of_steps(task, &next.steps));
        later
    }

    fn next_by_name(&self, subject: &Entity, next: &NextTasks) -> Vec<Entity> {
        let place = |task: &Entity| {
            (
                task.name.clone().unwrap_or_default().to_lowercase(),
                task.key.id.clone(),
            )
        };
        if !self.is_done(next, subject) {
            return Vec::new();
        }
        let mut later = self.beside(subject);
        later.retain(|task| place(task) > place(subject) && !self.is_passed(next, task));
        later.sort_by_key(place);
        later.truncate(1);
        later.retain(|task| is_of_steps(task, &next.steps));
        later
    }

    fn next_by_dependency(&self, subject: &Entity, next: &NextTasks) -> Vec<Entity> {
        let mut next_ones: BTreeMap<EntityKey, Entity> = BTreeMap::new();
        let mut come_to = BTreeSet::from([subject.key.clone()]);
        let mut to_follow = vec![subject.key.clone()];
        while let Some(here) = to_follow.pop() {
            for task in &self.world.live {
                let waits = task.key.kind.is("Task") && task.upstream.iter().any(|link| link.key == here);
                if !waits || !come_to.insert(task.key.clone()) {
                } else if self.is_passed(next, task) {
                    to_follow.push(task.key.clone());
                } else {
                    next_ones.insert(task.key.clone(), task.clone());
                }
            }
        }
        let ready = |task: &Entity| self.all_it_waits_for(task, next).iter().all(|t| self.is_done(next, t));
        let next_ones = next_ones.into_values();
        next_ones
            .filter(|task| ready(task) && is_of_steps(task, &next.steps))
            .collect()
    }

    /// The Tasks that a Task waits for; in place of those that are stepped over, the ones that these wait for.
    fn all_it_waits_for(&self, task: &Entity, next: &NextTasks) -> Vec<Entity> {
        let mut found: Vec<Entity> = Vec::new();
        let mut stepped_over: Vec<EntityKey> = Vec::new();
        let mut to_follow = vec![task.clone()];
        while let Some(here) = to_follow.pop() {
            for before in here.upstream.iter().filter_map(|link| self.world.find(&link.key)) {
                if !self.is_passed(next, before) {
                    found.push(before.clone());
                } else if !stepped_over.contains(&before.key) {
                    stepped_over.push(before.key.clone());
                    to_follow.push(before.clone());
                }
            }
        }
        found
    }

    // ---- then to

    /// What a rule wants of an entity; without one, what it can say beforehand.
    fn wish(&self, rule: &Rule, now: &Happened, target: Option<&Entity>) -> Wish {
        let kind = sets_type(rule);
        if let Some(field) = &rule.then.field {
            let is_no_plain_field = ["", "status", "sg_status_list", &self.site.status_field].contains(&field.as_str());
            return match &rule.then.to {
                _ if is_no_plain_field || callboard_rules::LINK_FIELDS.contains(&field.as_str()) => Wish::Nothing,
                Wanted::OneOf(values) if values.iter().any(is_no_value) => Wish::Nothing,
                Wanted::OneOf(values) => one_of(values.clone()),
                Wanted::Word(WantedWord::Cleared) => Wish::NoStatus,
                Wanted::Word(WantedWord::Same) => one_of(self.came_to(rule, now).into_iter().collect()),
                Wanted::Word(WantedWord::SameClass) | Wanted::RollUp { .. } => Wish::Nothing,
            };
        }
        match &rule.then.to {
            Wanted::OneOf(codes) => one_of(self.spelt(codes, &kind)),
            Wanted::Word(WantedWord::Cleared) => Wish::NoStatus,
            Wanted::Word(WantedWord::Same) => one_of(self.came_to(rule, now).into_iter().collect()),
            Wanted::Word(WantedWord::SameClass) => {
                let class = self.class(&now.to.key.kind, self.came_to(rule, now).as_ref());
                one_of(class.map(|class| self.of_class(&kind, class)).unwrap_or_default())
            }
            Wanted::RollUp { roll_up } => match target {
                Some(target) => self.rolled_up(rule, roll_up, target),
                None => Wish::Nothing,
            },
        }
    }

    fn rolled_up(&self, rule: &Rule, roll_up: &RollUp, target: &Entity) -> Wish {
        let of = roll_up.of.as_ref().unwrap_or(&rule.when.entity);
        let below = self.world.belonging_to(&target.key, of.as_str());
        let mut statuses: Vec<Option<StatusCode>> = below
            .iter()
            .filter(|e| is_of_steps(e, &roll_up.steps))
            .map(|e| self.status(&e.key))
            .filter(|s| !self.names(&roll_up.ignoring, s.as_ref(), of))
            .collect();
        if let Some(pick) = roll_up.pick {
            statuses.retain(|s| self.place(of, s.as_ref()).is_some());
            statuses.sort_by_key(|s| self.place(of, s.as_ref()));
            if pick == Pick::MostAdvanced {
                statuses.reverse();
            }
            statuses.truncate(1);
        }
        if statuses.is_empty() {
            return Wish::Nothing;
        }
        let holds = |row: &&callboard_rules::RollUpRow| self.row_holds(&row.all, &row.any, &row.none, &statuses, of);
        let kind = &target.key.kind;
        match (roll_up.rows.iter().find(holds), &statuses[..], roll_up.pick) {
            (Some(row), ..) => one_of(self.spelt(&row.to, kind)),
            (None, [Some(picked)], Some(_)) if roll_up.rows.is_empty() => {
                let column = self.set.statuses_of(kind);
                if column.is_empty() || self.place(kind, Some(picked)).is_some() {
                    return one_of(vec![picked.clone()]);
                }
                let class = self.class(of, Some(picked));
                one_of(class.map(|class| self.of_class(kind, class)).unwrap_or_default())
            }
            _ => Wish::Nothing,
        }
    }
}

fn looks_at_several(rule: &Rule) -> bool {
    let waits = matches!(&rule.then.set, Target::NextTasks(next) if !next.when_all.is_empty());
    let asks = rule.conditions.alternatives().iter().any(|c| c.siblings.is_some());
    waits || asks || matches!(rule.then.to, Wanted::RollUp { .. })
}

fn sets_type(rule: &Rule) -> EntityType {
    match &rule.then.set {
        Target::Itself => rule.when.entity.clone(),
        Target::Task | Target::TasksOfShot(_) | Target::NextTasks(_) => EntityType::from("Task"),
        Target::Shot => EntityType::from("Shot"),
        Target::Parent(kind) => kind.clone(),
        Target::Children(which) => which.kind.clone(),
        Target::Versions(_) => EntityType::from("Version"),
        Target::Elsewhere(there) => there.kind.clone(),
    }
}

fn class_called(word: &StatusCode) -> Option<StateClass> {
    match word.as_str() {
        "@not_started" => Some(StateClass::NotStarted),
        "@in_progress" => Some(StateClass::InProgress),
        "@done" => Some(StateClass::Done),
        "@blocked" => Some(StateClass::Blocked),
        "@omitted" => Some(StateClass::Omitted),
        _ => None,
    }
}

/// What says something of statuses alone, or nothing.
fn is_no_value(word: &StatusCode) -> bool {
    class_called(word).is_some() || ["", "@none"].contains(&word.as_str())
}

fn one_of(codes: Vec<StatusCode>) -> Wish {
    if codes.is_empty() {
        Wish::Nothing
    } else {
        Wish::OneOf(codes)
    }
}

fn some(entities: Vec<Entity>) -> Led {
    if entities.is_empty() {
        Led::Nowhere
    } else {
        Led::To(entities)
    }
}

fn others(mut entities: Vec<Entity>, subject: &Entity, steps: &[String]) -> Led {
    entities.retain(|e| e.key != subject.key && is_of_steps(e, steps));
    some(entities)
}

fn is_of_steps(entity: &Entity, steps: &[String]) -> bool {
    steps.is_empty()
        || steps
            .iter()
            .any(|name| entity.step.as_ref().is_some_and(|s| s.is(name)))
}

fn has_value(entity: &Entity, field: &str, wanted: &[String]) -> bool {
    let values = match entity.fields.get(field) {
        Some(Value::Array(list)) => list.clone(),
        other => other.cloned().into_iter().collect(),
    };
    values.iter().filter_map(said).any(|text| wanted.contains(&text))
}

fn is_who(who: Who, wanted: ChangedBy) -> bool {
    match wanted {
        ChangedBy::Anyone => true,
        ChangedBy::Callboard => who == Who::Rule,
        ChangedBy::Outside => who != Who::Rule,
        ChangedBy::Script => who == Who::Account(Some(ActorKind::Script)),
        ChangedBy::Client => who == Who::Account(Some(ActorKind::Client)),
        ChangedBy::Person => {
            who == Who::Account(Some(ActorKind::Person)) || who == Who::Account(Some(ActorKind::Client))
        }
    }
}

/// Whether a field has one of these values; a list, where any of it is one.
fn field_is_one_of(entity: &Entity, field: &str, wanted: &[String]) -> bool {
    let values = match entity.fields.get(field) {
        Some(Value::Array(list)) => list.clone(),
        other => other.cloned().into_iter().collect(),
    };
    values.iter().filter_map(said).any(|text| wanted.contains(&text))
}

/// Whether one Version was made before another; of two made at once, the one with the lower id. Those of which the site did
/// not say come first.
fn made_before(one: &Entity, other: &Entity) -> bool {
    match (one.created_at, other.created_at) {
        (Some(a), Some(b)) if a != b => a < b,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        _ => one.key.id < other.key.id,
    }
}

/// The last number in a name that stands behind a `v`.
fn number_in_name(version: &Entity) -> Option<u64> {
    let name = version.name.clone()?.to_lowercase();
    let after_each_v = name.split('v').skip(1);
    let numbers = after_each_v.filter_map(|text| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.last()
}

/// A status as an event carries it.
fn status_in(value: Option<&Value>) -> Option<StatusCode> {
    let code = value?.as_str().filter(|code| !code.is_empty())?;
    Some(StatusCode::from(code))
}

/// A value as a person would say it.
fn said(value: &Value) -> Option<String> {
    callboard_model::as_text(value).map(std::borrow::Cow::into_owned)
}

/// What a text becomes that is written over what a field holds: a number over a number, yes or no over yes or no.
fn written_over(text: &str, held: Option<&Value>) -> Value {
    let with_fraction = text.parse::<f64>().ok().filter(|number| number.is_finite());
    match held {
        Some(Value::Bool(_)) if text.to_lowercase() == "true" => Value::Bool(true),
        Some(Value::Bool(_)) if text.to_lowercase() == "false" => Value::Bool(false),
        Some(Value::Number(number)) => match (text.parse::<i64>(), with_fraction) {
            (Ok(whole), _) if !number.is_f64() => Value::from(whole),
            (_, Some(number)) => Value::from(number),
            _ => Value::from(text),
        },
        _ => Value::from(text),
    }
}

/// Whether a phrase stands in a text: whole words, capitals or not, apostrophes or not.
fn has_words(text: &str, phrase: &str) -> bool {
    let plain = |text: &str| {
        let mut words = String::from(" ");
        for letter in text.to_lowercase().chars().filter(|c| *c != '\'' && *c != '\u{2019}') {
            if letter.is_alphanumeric() {
                words.push(letter);
            } else if !words.ends_with(' ') {
                words.push(' ');
            }
        }
        if !words.ends_with(' ') {
            words.push(' ');
        }
        words
    };
    let phrase = plain(phrase);
    phrase != " " && plain(text).contains(&phrase)
}

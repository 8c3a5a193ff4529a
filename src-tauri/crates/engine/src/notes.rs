//! A client's notes from a table: what they would change, and entering them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use callboard_journal::HandNote;
use callboard_model::{
    Actor, ActorKind, EntityKey, EntityRef, EntityType, Event, EventKey, Note, Operation, Production, Road,
};
use callboard_rules::{CompiledRules, NoteRow, NotesTable, RuleSet, apply_event, explain, needs, plan};

use crate::api::{ApiError, ApiErrorCode, NotePreview, NotesIn, NotesPreview, Which};
use crate::site::Site;
use crate::start::Engine;
use crate::trial::{carried, told};

/// Rows looked at for a preview: each may cost a call to the site.
const MOST_ROWS: usize = 2_000;

impl Engine {
    /// Reads a table and says, row by row, what would change. Nothing is written and nothing is kept.
    pub(crate) async fn preview_notes(&self, notes: NotesIn, which: Option<Which>) -> Result<NotesPreview, ApiError> {
        let set = self.rule_set(which.unwrap_or(Which::Live)).await?;
        let site = self.site(&notes.site)?;
        let table = match table_of(&notes).await? {
            Ok(table) => table,
            Err(trouble) => {
                return Ok(NotesPreview {
                    table: None,
                    trouble: Some(trouble),
                    rows: Vec::new(),
                });
            }
        };
        if table.rows.len() > MOST_ROWS {
            let rows = table.rows.len();
            return Ok(NotesPreview {
                table: Some(table),
                trouble: Some(format!(
                    "The table has {rows} notes, and {MOST_ROWS} can be taken at once: split it"
                )),
                rows: Vec::new(),
            });
        }
        let named = entities_of(&site, &notes, &table.rows).await?;
        let rules = CompiledRules::new(&set)
            .with_status_field(site.tracker.status_field())
            .with_site(site.known_statuses());
        let mut rows = Vec::with_capacity(table.rows.len());
        for (row, found) in table.rows.iter().zip(named) {
            rows.push(preview(&site, &set, &rules, &notes, row, found).await?);
        }
        Ok(NotesPreview {
            table: Some(table),
            trouble: None,
            rows,
        })
    }

    /// Enters rows of a table as events; the live rules take them from there.
    pub(crate) async fn enter_notes(&self, notes: NotesIn, rows: &[u32], batch: String) -> Result<Vec<i64>, ApiError> {
        let site = self.site(&notes.site)?;
        let table = table_of(&notes).await?.map_err(bad_request)?;
        let wanted: Vec<NoteRow> = table.rows.into_iter().filter(|r| rows.contains(&r.row)).collect();
        if wanted.len() > MOST_ROWS {
            return Err(bad_request(format!("At most {MOST_ROWS} notes can be entered at once")));
        }
        let found = entities_of(&site, &notes, &wanted).await?;
        let named = wanted.into_iter().zip(found).filter_map(|(row, found)| {
            Some(HandNote {
                entity: found.ok()?,
                project: project_of(&notes),
                text: row.note,
                author: row.author,
                entered_by: self.author().to_owned(),
                batch: batch.clone(),
                row: row.row,
                source: notes.source.clone(),
            })
        });
        let desk = self.desk();
        let accepted = desk
            .journal
            .accept_by_hand(notes.site.clone(), named.collect(), desk.clock.now())
            .await?;
        Ok(accepted.new)
    }
}

/// The table, or why it cannot be read. Reading takes a while for a large workbook.
async fn table_of(notes: &NotesIn) -> Result<Result<NotesTable, String>, ApiError> {
    let bytes = match (&notes.text, &notes.file) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(file)) => base64::engine::general_purpose::STANDARD
            .decode(file)
            .map_err(|_| bad_request("The file did not arrive whole".to_owned()))?,
        _ => return Err(bad_request("Paste a table or choose a file".to_owned())),
    };
    let choice = notes.choice.clone();
    let read = tokio::task::spawn_blocking(move || NotesTable::read(&bytes, &choice));
    let table = read.await.map_err(|e| bad_request(e.to_string()))?;
    Ok(table.map_err(|e| e.to_string()))
}

/// The entity that each row names, or why there is none, in the order of the rows.
async fn entities_of(
    site: &Site,
    notes: &NotesIn,
    rows: &[NoteRow],
) -> Result<Vec<Result<EntityRef, String>>, ApiError> {
    let usual = [EntityType::VERSION, EntityType::SHOT].map(EntityType::from);
    let kinds_of = |row: &NoteRow| match row.kind.as_ref().or(notes.kind.as_ref()) {
        Some(kind) => vec![kind.clone()],
        None => usual.to_vec(),
    };
    let mut wanted: BTreeMap<EntityType, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        for kind in kinds_of(row) {
            wanted.entry(kind).or_default().insert(row.name.clone());
        }
    }
    let project = project_of(notes).map(|p| p.key);
    let mut found: HashMap<(EntityType, String), Vec<EntityRef>> = HashMap::new();
    for (kind, names) in wanted {
        let names: Vec<String> = names.into_iter().collect();
        let answer = site.call(site.tracker.find(&kind, &names, project.as_ref())).await;
        let answer = answer.map_err(|e| ApiError {
            code: ApiErrorCode::Site,
            message: e.to_string(),
        })?;
        found.extend(answer.into_iter().map(|(name, refs)| ((kind.clone(), name), refs)));
    }
    let of_row = |row: &NoteRow| {
        for kind in kinds_of(row) {
            match found.get(&(kind.clone(), row.name.clone())).map(Vec::as_slice) {
                Some([only]) => return Ok(only.clone()),
                Some([_, _, ..]) => {
                    return Err(format!(
                        "Several {kind}s are called {}: choose the project, or name it otherwise",
                        row.name
                    ));
                }
                Some([]) | None => {}
            }
        }
        Err(format!("Nothing on the site is called {}", row.name))
    };
    Ok(rows.iter().map(of_row).collect())
}

async fn preview(
    site: &Site,
    set: &RuleSet,
    rules: &CompiledRules,
    notes: &NotesIn,
    row: &NoteRow,
    found: Result<EntityRef, String>,
) -> Result<NotePreview, ApiError> {
    let mut preview = NotePreview {
        row: row.row,
        entity: None,
        status: None,
        note: row.note.clone(),
        changes: Vec::new(),
        skipped: Vec::new(),
        carried: Vec::new(),
        why: None,
    };
    let entity = match found {
        Ok(entity) => entity,
        Err(why) => {
            preview.why = Some(why);
            return Ok(preview);
        }
    };
    let event = event_of(site, notes, row, entity.clone());
    let mut production = Production::default();
    let needed = needs(rules, &event);
    let around = site.call(site.tracker.around(&entity.key, &needed)).await;
    let around = around.map_err(|e| ApiError {
        code: ApiErrorCode::Site,
        message: e.to_string(),
    })?;
    around.into_iter().for_each(|one| production.put(one));
    apply_event(&mut production, &event, None, rules.status_field());
    preview.status = production.get(&entity.key).and_then(|e| e.status.clone());
    let made = plan(rules, &event, &production);
    preview.carried = carried(set, &made);
    let (changes, skipped) = told(set, made);
    if changes.is_empty() && skipped.is_empty() && preview.carried.is_empty() {
        preview.why = Some(closest(rules, &event, &production));
    }
    preview.entity = Some(entity);
    preview.changes = changes;
    preview.skipped = skipped;
    Ok(preview)
}

/// Why no rule took a note: by the rule that came closest.
fn closest(rules: &CompiledRules, event: &Event, production: &Production) -> String {
    let verdicts = explain(rules, event, production);
    let about_words = |v: &&callboard_rules::RuleVerdict| {
        let is_text = |f: &callboard_rules::FailedCondition| matches!(f, callboard_rules::FailedCondition::Text { .. });
        !v.failed.iter().any(is_text) && !matches!(v.failed.first(), Some(f) if is_other_moment(f))
    };
    match verdicts.iter().find(about_words) {
        Some(verdict) => format!("{}: {}", verdict.name, verdict.sentence),
        None => "No rule knows these words".to_owned(),
    }
}

fn is_other_moment(failed: &callboard_rules::FailedCondition) -> bool {
    use callboard_rules::FailedCondition as F;
    matches!(
        failed,
        F::NoStatus | F::Entity { .. } | F::Moment { .. } | F::Field { .. }
    )
}

fn event_of(site: &Site, notes: &NotesIn, row: &NoteRow, entity: EntityRef) -> Event {
    Event {
        actor: Some(Actor {
            kind: ActorKind::Person,
            entity: EntityRef::new("HumanUser", 0),
        }),
        project: project_of(notes),
        note: Some(Note {
            text: row.note.clone(),
            about: vec![entity.clone()],
        }),
        entity: Some(entity),
        ..Event::bare(
            site.name.clone(),
            EventKey::from("preview"),
            Road::Hand,
            "Callboard_Note",
            Operation::Note,
        )
    }
}

fn project_of(notes: &NotesIn) -> Option<EntityRef> {
    notes.project.clone().map(|id| EntityRef {
        key: EntityKey::new("Project", id),
        name: None,
    })
}

fn bad_request(message: String) -> ApiError {
    ApiError {
        code: ApiErrorCode::BadRequest,
        message,
    }
}

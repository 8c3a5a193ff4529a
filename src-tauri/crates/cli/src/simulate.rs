//! `callboard simulate`: decisions without a site.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_model::{Entity, HookName, Plan, Production, SiteName};
use callboard_rules::{CompiledRules, Simulation};
use callboard_trackers::shotgrid::{decode, entity_from_flat, note_from_flat, payload_at};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::lines::of_field;
use crate::rules::read_rules;
use crate::{Failure, mistake, print};

#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// The rule set
    #[arg(long)]
    rules: PathBuf,
    /// The entities before the first event: a JSON array, flat, as the site's API gives them
    #[arg(long)]
    state: PathBuf,
    /// The events: a line each, {"event": webhook body, "entity": the new entity, when one is created}
    #[arg(long)]
    events: PathBuf,
    /// The site whose events they are, as rules name it; left out: rules that name a site are about another
    #[arg(long, value_name = "NAME", default_value = "simulation")]
    site: String,
}

#[derive(Deserialize)]
struct Line {
    event: Value,
    #[serde(default)]
    entity: Option<Map<String, Value>>,
}

pub(crate) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let rules = read_rules(&args.rules)?;
    let production = read_state(&args.state)?;
    let mut simulation = Simulation::new(CompiledRules::new(&rules), production);
    let (site, hook) = (SiteName::from(args.site.as_str()), HookName::from("simulation"));
    let mut out = BufWriter::new(std::io::stdout().lock());
    let name = args.events.display();
    for (number, line) in BufReader::new(open(&args.events)?).lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line =
            serde_json::from_str(&line).map_err(|e| mistake(format!("{name}, line {}: {e}", number + 1)))?;
        let body = webhook_body(line.event);
        let created = line.entity.as_ref().and_then(entity_from_flat);
        for (place, mut event) in decode(&site, &hook, body.to_string().as_bytes())
            .into_iter()
            .enumerate()
        {
            event.note = line.entity.as_ref().and_then(note_from_flat);
            event.received = received(&body, place);
            let plan = simulation.step(&event, created.clone());
            print(&mut out, &decision(event.event_log_entry_id, &plan))?;
        }
    }
    Ok(out.flush()?)
}

/// The event alone, without its envelope, is taken too: that is how an event log gives it.
fn webhook_body(event: Value) -> Value {
    if event.get("data").is_none() && event.get("event_type").is_some() {
        json!({ "data": event })
    } else {
        event
    }
}

/// The event itself, which filters look at.
fn received(body: &Value, place: usize) -> Option<Arc<Value>> {
    let text = payload_at(body.to_string().as_bytes(), place);
    let event: Value = serde_json::from_str(&text).ok()?;
    Some(Arc::new(event.get("data").cloned().unwrap_or(event)))
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|e| mistake(format!("{} cannot be read: {e}", path.display())))
}

fn read_state(path: &Path) -> Result<Production, Failure> {
    let records: Vec<Map<String, Value>> = serde_json::from_reader(BufReader::new(open(path)?))
        .map_err(|e| mistake(format!("{} is not an array of entities: {e}", path.display())))?;
    let entities: Result<Vec<Entity>, Failure> = records
        .iter()
        .map(|r| {
            entity_from_flat(r).ok_or_else(|| {
                mistake(format!(
                    "{}: an entity needs a \"type\" and a numeric \"id\"",
                    path.display()
                ))
            })
        })
        .collect();
    Ok(entities?.into_iter().collect())
}

fn decision(entry: Option<i64>, plan: &Plan) -> Value {
    let changes: Vec<Value> = plan
        .changes
        .iter()
        .map(|c| {
            let mut line =
                json!({"type": c.entity.key.kind, "id": c.entity.key.id, "from": c.from, "to": c.to, "rule": c.rule});
            of_field(&mut line, c.field.as_deref());
            line
        })
        .collect();
    let skipped: Vec<Value> = plan
        .skipped
        .iter()
        .map(|s| {
            let mut line = json!({"type": s.entity.key.kind, "id": s.entity.key.id, "to": s.to, "reason": s.reason.as_str(), "rule": s.rule,
                "against": s.against});
            of_field(&mut line, s.field.as_deref());
            line
        })
        .collect();
    let mut line = json!({"event_log_entry_id": entry, "changes": changes, "skipped": skipped});
    if !plan.carried.is_empty() {
        let carried = plan.carried.iter().map(|c| {
            json!({"type": c.kind, "site": c.site, "find_by": c.find_by, "key": c.key, "to": c.to, "rule": c.rule,
                "from": {"type": c.entity.key.kind, "id": c.entity.key.id}})
        });
        line["carried"] = carried.collect();
    }
    line
}

//! Which statuses there are, and which of them a project's workflow allows where (ftrack API reference, `ProjectSchema`).

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{EntityType, StatusCode};
use serde_json::Value;

use super::client::Ftrack;
use super::query::Query;
use super::record::{id, text};
use super::types::kind_of_name;
use super::wire::Row;
use crate::{SiteStatus, TrackerError};

/// All that a site says of its statuses.
pub(super) struct Workflows {
    /// In the site's order.
    statuses: Vec<SiteStatus>,
    /// Object types that things can have, by the type's name.
    object_types: BTreeMap<EntityType, Vec<String>>,
    /// The project schema of each project that is being worked on, or of the one that was asked for.
    projects: BTreeMap<String, String>,
    schemas: BTreeMap<String, ProjectSchema>,
}

#[derive(Default)]
struct ProjectSchema {
    tasks: BTreeSet<StatusCode>,
    versions: BTreeSet<StatusCode>,
    /// By object type.
    others: BTreeMap<String, BTreeSet<StatusCode>>,
}

/// Of which projects.
pub(super) enum Of<'a> {
    /// Those that are being worked on.
    Active,
    /// That one.
    Project(&'a str),
}

impl Ftrack {
    /// Reads it, in one call.
    pub(super) async fn workflows(&self, of: Of<'_>) -> Result<Workflows, TrackerError> {
        let projects = Query::select(&["id", "project_schema_id"], "Project")?;
        let schema = [
            "id",
            "task_workflow_schema_id",
            "asset_version_workflow_schema_id",
            "_overrides.workflow_schema_id",
        ];
        let queries = vec![
            Query::select(&["id", "name", "color", "sort", "is_active"], "Status")?,
            Query::select(&["id", "name"], "ObjectType")?,
            match of {
                Of::Active => projects.is("status", "active"),
                Of::Project(id) => projects.is("id", id),
            },
            Query::select(&schema, "ProjectSchema")?,
            Query::select(&["id", "statuses.id"], "WorkflowSchema")?,
            Query::select(&["id", "project_schema_id", "object_type_id"], "Schema")?,
            Query::select(&["schema_id", "status_id"], "SchemaStatus")?,
        ];
        let answers = self.wire.rows_of(queries).await?;
        let Ok([statuses, types, projects, schemas, workflows, of_types, of_schemas]) =
            <[Vec<Row>; 7]>::try_from(answers)
        else {
            return Err(self.wire.unreadable("it did not answer every query"));
        };
        let mut object_types: BTreeMap<EntityType, Vec<String>> = BTreeMap::new();
        for row in &types {
            if let (Some(id), Some(name)) = (id(row), text(row, "name")) {
                self.types.learn(id, name);
                object_types.entry(kind_of_name(name)).or_default().push(id.to_owned());
            }
        }
        Ok(Workflows {
            statuses: in_order(&statuses),
            object_types,
            projects: pairs(&projects, "id", "project_schema_id").collect(),
            schemas: project_schemas(&schemas, &workflows, &of_types, &of_schemas),
        })
    }
}

impl Workflows {
    /// Whether things of a type can be there at all.
    pub(super) fn knows(&self, kind: &EntityType) -> bool {
        kind.is(EntityType::VERSION) || self.object_types.contains_key(kind)
    }

    /// The statuses that some project allows for a type; all where none says anything of it.
    pub(super) fn of_kind(&self, kind: &EntityType) -> Vec<SiteStatus> {
        let used = self.projects.values().filter_map(|id| self.schemas.get(id));
        let allowed: BTreeSet<&StatusCode> = used.flat_map(|schema| self.allowed_by(schema, kind)).collect();
        let is_allowed = |status: &&SiteStatus| allowed.is_empty() || allowed.contains(&status.code);
        self.statuses.iter().filter(is_allowed).cloned().collect()
    }

    /// The statuses that a project's workflow allows for a type, in the site's order; none where it has no such things.
    pub(super) fn allowed(&self, kind: &EntityType, project: &str) -> Option<Vec<StatusCode>> {
        let schema = self.schemas.get(self.projects.get(project)?)?;
        let allowed: BTreeSet<&StatusCode> = self.allowed_by(schema, kind).collect();
        let codes = self.statuses.iter().map(|status| &status.code);
        let codes: Vec<StatusCode> = codes.filter(|code| allowed.contains(code)).cloned().collect();
        (!codes.is_empty()).then_some(codes)
    }

    /// The statuses of the workspace that a project's workflow does not allow for a type.
    pub(super) fn not_allowed(&self, kind: &EntityType, project: &str) -> BTreeSet<StatusCode> {
        let Some(allowed) = self.allowed(kind, project) else {
            return BTreeSet::new();
        };
        let codes = self.statuses.iter().map(|status| &status.code);
        codes.filter(|code| !allowed.contains(code)).cloned().collect()
    }

    fn allowed_by<'w>(
        &'w self,
        schema: &'w ProjectSchema,
        kind: &EntityType,
    ) -> Box<dyn Iterator<Item = &'w StatusCode> + 'w> {
        match kind.as_str() {
            EntityType::TASK => Box::new(schema.tasks.iter()),
            EntityType::VERSION => Box::new(schema.versions.iter()),
            _ => {
                let ids = self.object_types.get(kind).into_iter().flatten();
                Box::new(ids.filter_map(|id| schema.others.get(id)).flatten())
            }
        }
    }
}

fn in_order(rows: &[Row]) -> Vec<SiteStatus> {
    let mut sorted: Vec<(i64, SiteStatus)> = rows
        .iter()
        .filter_map(|row| {
            let code = id(row)?;
            let status = SiteStatus {
                code: code.into(),
                name: text(row, "name").unwrap_or(code).to_owned(),
                color: text(row, "color").and_then(hex_color),
                hidden: row.get("is_active").and_then(Value::as_bool) == Some(false),
            };
            Some((row.get("sort").and_then(Value::as_i64).unwrap_or(i64::MAX), status))
        })
        .collect();
    sorted.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
    sorted.into_iter().map(|(_, status)| status).collect()
}

fn project_schemas(
    schemas: &[Row],
    workflows: &[Row],
    of_types: &[Row],
    of_schemas: &[Row],
) -> BTreeMap<String, ProjectSchema> {
    let workflows: BTreeMap<&str, BTreeSet<StatusCode>> = workflows
        .iter()
        .filter_map(|row| Some((id(row)?, listed(row, "statuses", "id").map(StatusCode::from).collect())))
        .collect();
    let mut found = BTreeMap::new();
    for row in schemas {
        let Some(schema_id) = id(row) else { continue };
        let of = |workflow: &str| workflows.get(workflow).into_iter().flatten().cloned();
        // A type of Task may have a workflow of its own. Which one holds for a Task is said by the site when it is written.
        let own = text(row, "task_workflow_schema_id").into_iter();
        let tasks = own.chain(listed(row, "_overrides", "workflow_schema_id")).flat_map(of);
        let versions = text(row, "asset_version_workflow_schema_id").into_iter().flat_map(of);
        let schema = ProjectSchema {
            tasks: tasks.collect(),
            versions: versions.collect(),
            others: BTreeMap::new(),
        };
        found.insert(schema_id.to_owned(), schema);
    }
    for row in of_types {
        let (Some(schema_id), Some(of), Some(object_type)) =
            (id(row), text(row, "project_schema_id"), text(row, "object_type_id"))
        else {
            continue;
        };
        let statuses = pairs(of_schemas, "schema_id", "status_id").filter(|(schema, _)| schema == schema_id);
        if let Some(schema) = found.get_mut(of) {
            let allowed = schema.others.entry(object_type.to_owned()).or_default();
            allowed.extend(statuses.map(|(_, status)| StatusCode::from(status)));
        }
    }
    found
}

/// A field of the rows that a relation to several leads to.
fn listed<'r>(row: &'r Row, relation: &str, field: &'r str) -> impl Iterator<Item = &'r str> {
    let rows = row.get(relation).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(move |row| row.get(field)?.as_str())
}

fn pairs<'r>(rows: &'r [Row], one: &'r str, other: &'r str) -> impl Iterator<Item = (String, String)> + 'r {
    let pair = move |row: &Row| Some((text(row, one)?.to_owned(), text(row, other)?.to_owned()));
    rows.iter().filter_map(pair)
}

/// `#rrggbb`, from whatever length the site gives.
fn hex_color(color: &str) -> Option<String> {
    let digits = color.trim_start_matches('#');
    let is_hex = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| format!("#{}", digits.to_lowercase()))
}

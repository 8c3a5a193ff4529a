//! Which statuses a project allows where, and which one a new entity begins with. ftrack: entities.

use super::errors::Fault;
use super::schema::EntityType;
use super::show::{Found, Row, Show, text};
use super::types::CONTEXTS;

impl Show {
    /// The project that an entity is in; none for what is in no project.
    pub(super) fn project_of(&self, kind: &EntityType, row: &Row) -> Option<Found<'_>> {
        let context = |id: &str| {
            let context = self.find("Context", id)?;
            match context.kind.name {
                "Project" => Some(context),
                _ => self.find("Project", text(context.row, "project_id")),
            }
        };
        let asset = |id: &str| context(text(self.find("Asset", id)?.row, "context_id"));
        match kind.name {
            "Project" => self.find("Project", text(row, "id")),
            "AssetVersion" => asset(text(row, "asset_id")),
            "Asset" => context(text(row, "context_id")),
            "TypedContextLink" => context(text(row, "to_id")),
            "Appointment" => context(text(row, "context_id")),
            "Note" => self.find("Project", text(row, "project_id")),
            _ if kind.table == CONTEXTS => context(text(row, "parent_id")),
            _ => None,
        }
    }

    /// The ids of the statuses that an entity may have, in the workflow's order; none where its type has no statuses.
    pub(super) fn allowed(&self, kind: &EntityType, row: &Row) -> Option<Vec<String>> {
        let project = self.project_of(kind, row)?;
        let schema = self.find("ProjectSchema", text(project.row, "project_schema_id"))?;
        let of_workflow = |id: &str| -> Vec<String> {
            let ties = self.with("WorkflowSchemaStatus", "workflow_schema_id", id);
            ties.map(|tie| text(tie.row, "status_id").to_owned()).collect()
        };
        match kind.name {
            "Task" => {
                let type_id = text(row, "type_id");
                let mut overrides = self.with("ProjectSchemaOverride", "project_schema_id", schema.id());
                let own = overrides.find(|entry| text(entry.row, "type_id") == type_id);
                let workflow = own.map_or_else(
                    || text(schema.row, "task_workflow_schema_id"),
                    |entry| text(entry.row, "workflow_schema_id"),
                );
                Some(of_workflow(workflow))
            }
            "AssetVersion" => Some(of_workflow(text(schema.row, "asset_version_workflow_schema_id"))),
            _ => {
                let object_type = text(row, "object_type_id");
                let mut schemas = self.with("Schema", "project_schema_id", schema.id());
                let own = schemas.find(|entry| text(entry.row, "object_type_id") == object_type)?;
                let mut ties: Vec<Found<'_>> = self.with("SchemaStatus", "schema_id", own.id()).collect();
                ties.sort_by_key(|tie| tie.row.get("sort").and_then(serde_json::Value::as_i64));
                Some(ties.iter().map(|tie| text(tie.row, "status_id").to_owned()).collect())
            }
        }
    }

    /// Refuses a status that the workflow does not have.
    pub(super) fn check_status(&self, kind: &EntityType, row: &Row) -> Result<(), Fault> {
        let status = text(row, "status_id");
        let name = self
            .find("Status", status)
            .map(|found| text(found.row, "name").to_owned());
        let name = name.ok_or_else(|| Fault::no_such("Status", status))?;
        match self.allowed(kind, row) {
            Some(allowed) if allowed.iter().any(|id| id == status) => Ok(()),
            Some(_) => Err(Fault::invalid(format!(
                "Status \"{name}\" is not valid for this {} in the workflow of its project.",
                kind.name
            ))),
            None => Err(Fault::invalid(format!(
                "A {} has no statuses in this project.",
                kind.name
            ))),
        }
    }
}

//! The entity types that Callboard and the usual scripts need, a part of what a real workspace has. ftrack: entities.

use super::schema::{Attribute, EntityType, Shape, attribute, id, many, one, text};

/// The object types of a workspace. Those that every workspace has are the real ones.
pub(super) const TASK: &str = "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c";
pub(super) const SHOT: &str = "bad911de-3bd6-47b9-8b46-3476e237cb36";
pub(super) const ASSET_BUILD: &str = "4be63b64-5010-42fb-bf1f-428af9d638f0";
pub(super) const EPISODE: &str = "22139355-61da-4c8f-9db4-3abc870166bc";
pub(super) const FOLDER: &str = "3c133785-51cb-11e3-980a-20c9d0831e59";
pub(super) const SEQUENCE: &str = "4c1a5a26-51cb-11e3-9b33-20c9d0831e59";

/// The table of everything below a project.
pub(super) const CONTEXTS: &str = "task";
pub(super) const PROJECTS: &str = "show";

const fn boolean(name: &'static str) -> Attribute {
    attribute(name, Shape::Boolean)
}

const fn integer(name: &'static str) -> Attribute {
    attribute(name, Shape::Integer)
}

const fn number(name: &'static str) -> Attribute {
    attribute(name, Shape::Number)
}

const fn date(name: &'static str) -> Attribute {
    attribute(name, Shape::Date)
}

const fn through(
    name: &'static str,
    of: &'static str,
    join: &'static str,
    mine: &'static str,
    theirs: &'static str,
) -> Attribute {
    attribute(name, Shape::Through { of, join, mine, theirs })
}

const BELOW_A_PROJECT: &[Attribute] = &[
    id(),
    text("name").or("\"\""),
    text("description").or("\"\""),
    text("context_type").or("\"task\""),
    text("object_type_id"),
    text("status_id"),
    text("type_id"),
    text("priority_id").or("\"9661b320-3a0c-11e2-81c1-0800200c9a66\""),
    text("project_id"),
    text("parent_id"),
    text("thumbnail_id"),
    number("bid").or("0"),
    number("sort").or("0"),
    date("start_date"),
    date("end_date"),
    date("created_at").untold(),
    text("created_by_id").untold(),
    attribute("link", Shape::Object).computed(),
    one("status", "Status", "status_id"),
    one("type", "Type", "type_id"),
    one("priority", "Priority", "priority_id"),
    one("object_type", "ObjectType", "object_type_id"),
    one("project", "Project", "project_id"),
    one("parent", "Context", "parent_id"),
    one("created_by", "User", "created_by_id"),
    many("children", "Context", "parent_id"),
    many("incoming_links", "TypedContextLink", "to_id"),
    many("outgoing_links", "TypedContextLink", "from_id"),
    many("assignments", "Appointment", "context_id"),
    many("assets", "Asset", "context_id"),
    many("notes", "Note", "parent_id"),
    many("status_changes", "StatusChange", "parent_id"),
];

const fn below_a_project(name: &'static str, classifier: Option<&'static str>) -> EntityType {
    EntityType {
        name,
        table: CONTEXTS,
        classifier,
        key: &["id"],
        projections: &["context_type", "id", "name"],
        system: &["context_type", "object_type_id", "project_id"],
        immutable: &[
            "id",
            "object_type_id",
            "object_type",
            "link",
            "created_at",
            "created_by_id",
            "created_by",
        ],
        attributes: BELOW_A_PROJECT,
    }
}

/// An Episode and a Folder have no status of their own: their types are not statusable.
const fn without_status(name: &'static str, classifier: &'static str) -> EntityType {
    EntityType {
        immutable: &[
            "id",
            "object_type_id",
            "object_type",
            "link",
            "created_at",
            "created_by_id",
            "created_by",
            "status_id",
            "status",
            "type_id",
            "type",
        ],
        ..below_a_project(name, Some(classifier))
    }
}

const fn plain(
    name: &'static str,
    projections: &'static [&'static str],
    attributes: &'static [Attribute],
) -> EntityType {
    EntityType {
        name,
        table: name,
        classifier: None,
        key: &["id"],
        projections,
        system: &[],
        immutable: &["id"],
        attributes,
    }
}

const fn join(name: &'static str, key: &'static [&'static str], attributes: &'static [Attribute]) -> EntityType {
    EntityType {
        key,
        immutable: key,
        ..plain(name, key, attributes)
    }
}

pub(super) static TYPES: &[EntityType] = &[
    below_a_project("Task", Some(TASK)),
    below_a_project("Shot", Some(SHOT)),
    below_a_project("AssetBuild", Some(ASSET_BUILD)),
    below_a_project("Sequence", Some(SEQUENCE)),
    without_status("Episode", EPISODE),
    without_status("Folder", FOLDER),
    below_a_project("TypedContext", None),
    EntityType {
        system: &["context_type"],
        ..plain(
            "Context",
            &["context_type", "id", "name"],
            &[
                id(),
                text("name"),
                text("context_type"),
                text("parent_id"),
                text("project_id"),
                one("parent", "Context", "parent_id"),
                one("project", "Project", "project_id"),
                many("children", "Context", "parent_id"),
                attribute("link", Shape::Object).computed(),
            ],
        )
    },
    EntityType {
        table: PROJECTS,
        system: &["context_type"],
        ..plain(
            "Project",
            &["context_type", "full_name", "id", "name"],
            &[
                id(),
                text("name").or("\"\""),
                text("full_name").or("\"\""),
                text("context_type").or("\"show\""),
                text("status").or("\"active\""),
                text("color"),
                boolean("is_private").or("false"),
                boolean("is_global").or("false"),
                text("project_schema_id"),
                text("project_id"),
                text("parent_id"),
                text("thumbnail_id"),
                date("start_date"),
                date("end_date"),
                date("created_at").untold(),
                attribute("link", Shape::Object).computed(),
                one("project_schema", "ProjectSchema", "project_schema_id"),
                one("project", "Project", "project_id"),
                one("parent", "Context", "parent_id"),
                many("children", "Context", "parent_id"),
                many("descendants", "TypedContext", "project_id"),
            ],
        )
    },
    EntityType {
        system: &["asset_id"],
        immutable: &["id", "is_latest_version", "link"],
        ..plain(
            "AssetVersion",
            &["id"],
            &[
                id(),
                integer("version"),
                text("comment").or("\"\""),
                text("asset_id"),
                text("task_id"),
                text("status_id"),
                text("user_id"),
                text("thumbnail_id"),
                boolean("is_published").or("true"),
                date("date"),
                boolean("is_latest_version").computed(),
                attribute("link", Shape::Object).computed(),
                one("asset", "Asset", "asset_id"),
                one("task", "Task", "task_id"),
                one("status", "Status", "status_id"),
                one("user", "User", "user_id"),
                many("notes", "Note", "parent_id"),
                many("status_changes", "StatusChange", "parent_id"),
            ],
        )
    },
    EntityType {
        system: &["context_id"],
        ..plain(
            "Asset",
            &["id"],
            &[
                id(),
                text("name"),
                text("context_id"),
                text("type_id"),
                one("parent", "Context", "context_id"),
                one("type", "AssetType", "type_id"),
                many("versions", "AssetVersion", "asset_id"),
                one("latest_version", "AssetVersion", "").computed(),
            ],
        )
    },
    plain("AssetType", &["id"], &[id(), text("name"), text("short")]),
    plain(
        "Status",
        &["id"],
        &[
            id(),
            text("name"),
            text("color"),
            integer("sort").or("0"),
            boolean("is_active").or("true"),
            text("state_id"),
            one("state", "State", "state_id"),
        ],
    ),
    plain("State", &["id"], &[id(), text("name"), text("short")]),
    plain(
        "ObjectType",
        &["id"],
        &[
            id(),
            text("name"),
            text("icon").or("\"default\""),
            integer("sort").or("0"),
            boolean("is_statusable").or("true"),
            boolean("is_taskable").or("true"),
            boolean("is_typeable").or("true"),
            boolean("is_leaf").or("false"),
        ],
    ),
    plain(
        "Type",
        &["id"],
        &[
            id(),
            text("name"),
            text("color").or("\"#510100\""),
            integer("sort").or("0"),
            boolean("is_billable").or("true"),
        ],
    ),
    plain(
        "Priority",
        &["id"],
        &[
            id(),
            text("name"),
            text("color"),
            integer("sort").or("0"),
            number("value").or("0"),
        ],
    ),
    plain(
        "TypedContextLink",
        &["id", "from_id", "to_id"],
        &[
            id(),
            text("from_id"),
            text("to_id"),
            one("from", "TypedContext", "from_id"),
            one("to", "TypedContext", "to_id"),
        ],
    ),
    plain(
        "Appointment",
        &["id"],
        &[
            id(),
            text("context_id"),
            text("resource_id"),
            text("type").or("\"assignment\""),
            one("context", "Context", "context_id"),
            one("resource", "User", "resource_id"),
        ],
    ),
    EntityType {
        system: &["resource_type"],
        immutable: &["id", "resource_type"],
        ..plain(
            "User",
            &["first_name", "id", "last_name", "username"],
            &[
                id(),
                text("username"),
                text("email"),
                text("first_name"),
                text("last_name"),
                boolean("is_active").or("true"),
                text("resource_type").or("\"user\""),
                many("assignments", "Appointment", "resource_id"),
            ],
        )
    },
    plain(
        "Note",
        &["id", "content"],
        &[
            id(),
            text("content").or("\"\""),
            text("parent_id"),
            text("parent_type"),
            text("user_id"),
            text("project_id"),
            text("subject").or("\"\""),
            date("date"),
            one("author", "User", "user_id"),
            one("project", "Project", "project_id"),
        ],
    ),
    plain(
        "StatusChange",
        &["id"],
        &[
            id(),
            text("parent_id"),
            text("parent_type"),
            text("status_id"),
            text("from_status_id"),
            text("user_id"),
            date("date"),
            one("status", "Status", "status_id"),
            one("from_status", "Status", "from_status_id"),
            one("user", "User", "user_id"),
        ],
    ),
    plain(
        "ProjectSchema",
        &["id"],
        &[
            id(),
            text("name"),
            text("task_workflow_schema_id"),
            text("asset_version_workflow_schema_id"),
            text("task_type_schema_id"),
            one("_task_workflow", "WorkflowSchema", "task_workflow_schema_id"),
            one("task_workflow_schema", "WorkflowSchema", "task_workflow_schema_id"),
            one(
                "_version_workflow",
                "WorkflowSchema",
                "asset_version_workflow_schema_id",
            ),
            one(
                "asset_version_workflow_schema",
                "WorkflowSchema",
                "asset_version_workflow_schema_id",
            ),
            one("_task_type_schema", "TaskTypeSchema", "task_type_schema_id"),
            one("task_type_schema", "TaskTypeSchema", "task_type_schema_id"),
            many("_overrides", "ProjectSchemaOverride", "project_schema_id"),
            many(
                "task_workflow_schema_overrides",
                "ProjectSchemaOverride",
                "project_schema_id",
            ),
            many("_schemas", "Schema", "project_schema_id"),
            many("object_type_schemas", "Schema", "project_schema_id"),
            through(
                "object_types",
                "ObjectType",
                "Schema",
                "project_schema_id",
                "object_type_id",
            ),
        ],
    ),
    plain(
        "WorkflowSchema",
        &["id"],
        &[
            id(),
            text("name").or("\"Workflow Name\""),
            through(
                "statuses",
                "Status",
                "WorkflowSchemaStatus",
                "workflow_schema_id",
                "status_id",
            ),
        ],
    ),
    join(
        "WorkflowSchemaStatus",
        &["workflow_schema_id", "status_id"],
        &[text("workflow_schema_id"), text("status_id")],
    ),
    plain(
        "ProjectSchemaOverride",
        &["id"],
        &[
            id(),
            text("project_schema_id"),
            text("type_id"),
            text("workflow_schema_id"),
            one("workflow_schema", "WorkflowSchema", "workflow_schema_id"),
        ],
    ),
    plain(
        "Schema",
        &["id"],
        &[
            id(),
            text("project_schema_id"),
            text("type_id"),
            text("object_type_id"),
            many("statuses", "SchemaStatus", "schema_id"),
        ],
    ),
    join(
        "SchemaStatus",
        &["status_id", "schema_id"],
        &[
            text("status_id"),
            text("schema_id"),
            integer("sort").or("0"),
            one("task_status", "Status", "status_id"),
        ],
    ),
    plain(
        "TaskTypeSchema",
        &["id"],
        &[
            id(),
            text("name"),
            through("types", "Type", "TaskTypeSchemaType", "task_type_schema_id", "type_id"),
        ],
    ),
    join(
        "TaskTypeSchemaType",
        &["task_type_schema_id", "type_id"],
        &[text("task_type_schema_id"), text("type_id")],
    ),
    plain(
        "Automation",
        &["id"],
        &[
            id(),
            text("name"),
            boolean("is_enabled").or("true"),
            many("triggers", "Trigger", "automation_id"),
            many("actions", "WebhookAction", "automation_id"),
        ],
    ),
    plain(
        "Trigger",
        &["id"],
        &[
            id(),
            text("automation_id"),
            text("filter"),
            one("automation", "Automation", "automation_id"),
        ],
    ),
    plain(
        "WebhookAction",
        &["id"],
        &[
            id(),
            text("automation_id"),
            text("webhook_url"),
            text("headers"),
            one("automation", "Automation", "automation_id"),
        ],
    ),
    plain(
        "Location",
        &["id"],
        &[id(), text("name"), text("label"), text("description")],
    ),
];

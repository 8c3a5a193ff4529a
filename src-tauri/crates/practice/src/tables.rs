//! The entity types of the site and their fields: what a path, a filter or a write may name.

use std::fmt;

/// The data types whose filter relations and write checks differ. ShotGrid REST: relations by field type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Text,
    StatusList,
    List,
    Entity,
    MultiEntity,
    Number,
    Float,
    Duration,
    Date,
    DateTime,
    Checkbox,
    Serializable,
}

impl Data {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::StatusList => "status_list",
            Self::List => "list",
            Self::Entity => "entity",
            Self::MultiEntity => "multi_entity",
            Self::Number => "number",
            Self::Float => "float",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::DateTime => "date_time",
            Self::Checkbox => "checkbox",
            Self::Serializable => "serializable",
        }
    }

    pub(crate) fn is_link(self) -> bool {
        matches!(self, Self::Entity | Self::MultiEntity)
    }

    /// The relations that a filter may use, in the order in which the site lists them.
    pub(crate) fn relations(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "is",
                "is_not",
                "contains",
                "not_contains",
                "starts_with",
                "ends_with",
                "in",
                "not_in",
            ],
            Self::StatusList | Self::List => &["is", "is_not", "in", "not_in"],
            Self::Entity => &[
                "is",
                "is_not",
                "type_is",
                "type_is_not",
                "in",
                "not_in",
                "name_contains",
                "name_not_contains",
                "name_is",
                "name_starts_with",
                "name_ends_with",
            ],
            Self::MultiEntity => &[
                "is",
                "is_not",
                "in",
                "not_in",
                "type_is",
                "type_is_not",
                "name_contains",
            ],
            Self::Number | Self::Float | Self::Duration => &[
                "is",
                "is_not",
                "greater_than",
                "less_than",
                "between",
                "not_between",
                "in",
                "not_in",
            ],
            Self::Date | Self::DateTime => &[
                "is",
                "is_not",
                "greater_than",
                "less_than",
                "between",
                "not_between",
                "in",
                "not_in",
                "in_last",
                "not_in_last",
                "in_next",
                "not_in_next",
                "in_calendar_day",
                "in_calendar_week",
                "in_calendar_month",
                "in_calendar_year",
            ],
            Self::Checkbox => &["is", "is_not"],
            Self::Serializable => &[],
        }
    }
}

/// One field of an entity type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) data: Data,
    /// Target types of a link field; empty means any.
    pub(crate) links: &'static [&'static str],
    pub(crate) editable: bool,
    /// A view on another type's link: `(type, field)`. Such a field stores nothing.
    pub(crate) back: Option<(&'static str, &'static str)>,
}

const fn field(name: &'static str, label: &'static str, data: Data) -> Field {
    Field {
        name,
        label,
        data,
        links: &[],
        editable: true,
        back: None,
    }
}

const fn link(name: &'static str, label: &'static str, links: &'static [&'static str]) -> Field {
    Field {
        name,
        label,
        data: Data::Entity,
        links,
        editable: true,
        back: None,
    }
}

const fn links(name: &'static str, label: &'static str, links: &'static [&'static str]) -> Field {
    Field {
        name,
        label,
        data: Data::MultiEntity,
        links,
        editable: true,
        back: None,
    }
}

const fn fixed(field: Field) -> Field {
    Field {
        editable: false,
        ..field
    }
}

const fn back(name: &'static str, label: &'static str, on: &'static [&'static str], by: &'static str) -> Field {
    let from = match on.first() {
        Some(first) => *first,
        None => "",
    };
    Field {
        name,
        label,
        data: Data::MultiEntity,
        links: on,
        editable: false,
        back: Some((from, by)),
    }
}

/// One entity type.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The segment that the site itself writes in record links.
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    /// The field that carries the record's name: a Task has `content` and no `code`.
    pub(crate) title: &'static str,
    fields: &'static [Field],
}

/// Entity types are known by identity: there is one `Table` a name.
pub(crate) type Kind = &'static Table;

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Table {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().chain(COMMON).find(|field| field.name == name)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(COMMON)
    }

    /// Does every record belong to a project? Such a create must name one.
    pub(crate) fn in_project(&self) -> bool {
        matches!(
            self.name,
            "Episode" | "Sequence" | "Shot" | "Asset" | "Task" | "Version" | "Note"
        )
    }
}

/// Fields that every type has.
static COMMON: &[Field] = &[
    fixed(field("id", "Id", Data::Number)),
    fixed(field("created_at", "Date Created", Data::DateTime)),
    fixed(field("updated_at", "Date Updated", Data::DateTime)),
    fixed(link("created_by", "Created by", PEOPLE)),
    fixed(link("updated_by", "Updated by", PEOPLE)),
    fixed(field("cached_display_name", "Cached Display Name", Data::Text)),
];

const PEOPLE: &[&str] = &["HumanUser", "ApiUser"];
const WORK: &[&str] = &["Shot", "Asset", "Sequence", "Episode"];

pub(crate) static TABLES: &[Table] = &[
    Table {
        name: "Project",
        path: "projects",
        label: "Project",
        title: "name",
        fields: &[
            field("name", "Project Name", Data::Text),
            field("code", "Short Name", Data::Text),
            field("sg_status", "Status", Data::List),
            field("archived", "Archived", Data::Checkbox),
            field("is_template", "Template", Data::Checkbox),
            links("users", "People", &["HumanUser"]),
        ],
    },
    Table {
        name: "Episode",
        path: "episodes",
        label: "Episode",
        title: "code",
        fields: &[
            field("code", "Episode Code", Data::Text),
            field("description", "Description", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            link("project", "Project", &["Project"]),
            back("sequences", "Sequences", &["Sequence"], "episode"),
            back("tasks", "Tasks", &["Task"], "entity"),
            back("notes", "Notes", &["Note"], "note_links"),
        ],
    },
    Table {
        name: "Sequence",
        path: "sequences",
        label: "Sequence",
        title: "code",
        fields: &[
            field("code", "Sequence Code", Data::Text),
            field("description", "Description", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            link("episode", "Episode", &["Episode"]),
            link("project", "Project", &["Project"]),
            back("shots", "Shots", &["Shot"], "sg_sequence"),
            back("tasks", "Tasks", &["Task"], "entity"),
            back("notes", "Notes", &["Note"], "note_links"),
        ],
    },
    Table {
        name: "Shot",
        path: "shots",
        label: "Shot",
        title: "code",
        fields: &[
            field("code", "Shot Code", Data::Text),
            field("description", "Description", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("sg_client_state", "Client State", Data::Text),
            field("sg_cut_in", "Cut In", Data::Number),
            field("sg_cut_out", "Cut Out", Data::Number),
            link("sg_sequence", "Sequence", &["Sequence"]),
            link("project", "Project", &["Project"]),
            back("tasks", "Tasks", &["Task"], "entity"),
            back("sg_versions", "Versions", &["Version"], "entity"),
            back("notes", "Notes", &["Note"], "note_links"),
        ],
    },
    Table {
        name: "Asset",
        path: "assets",
        label: "Asset",
        title: "code",
        fields: &[
            field("code", "Asset Name", Data::Text),
            field("description", "Description", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("sg_asset_type", "Type", Data::List),
            link("project", "Project", &["Project"]),
            back("tasks", "Tasks", &["Task"], "entity"),
            back("sg_versions", "Versions", &["Version"], "entity"),
            back("notes", "Notes", &["Note"], "note_links"),
        ],
    },
    Table {
        name: "Task",
        path: "tasks",
        label: "Task",
        title: "content",
        fields: &[
            field("content", "Task Name", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("sg_client_state", "Client State", Data::Text),
            field("sg_description", "Description", Data::Text),
            field("start_date", "Start Date", Data::Date),
            field("due_date", "Due Date", Data::Date),
            field("duration", "Duration", Data::Duration),
            field("sg_sort_order", "Sort Order", Data::Number),
            field("sg_bid_days", "Bid Days", Data::Float),
            field("pinned", "Pinned", Data::Checkbox),
            field("milestone", "Milestone", Data::Checkbox),
            link("entity", "Link", WORK),
            link("step", "Pipeline Step", &["Step"]),
            link("project", "Project", &["Project"]),
            link("template_task", "Template Task", &["Task"]),
            links("task_assignees", "Assigned To", &["HumanUser"]),
            links("upstream_tasks", "Upstream Dependency", &["Task"]),
            links("downstream_tasks", "Downstream Dependency", &["Task"]),
            back("sg_versions", "Versions", &["Version"], "sg_task"),
            back("notes", "Notes", &["Note"], "tasks"),
        ],
    },
    Table {
        name: "Version",
        path: "versions",
        label: "Version",
        title: "code",
        fields: &[
            field("code", "Version Name", Data::Text),
            field("description", "Description", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("sg_client_state", "Client State", Data::Text),
            field("sg_path_to_movie", "Path to Movie", Data::Text),
            field("frame_count", "Frame Count", Data::Number),
            link("entity", "Link", WORK),
            link("sg_task", "Task", &["Task"]),
            link("user", "Artist", PEOPLE),
            link("project", "Project", &["Project"]),
            back("notes", "Notes", &["Note"], "note_links"),
        ],
    },
    Table {
        name: "Note",
        path: "notes",
        label: "Note",
        title: "subject",
        fields: &[
            field("subject", "Subject", Data::Text),
            field("content", "Body", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("sg_note_type", "Type", Data::List),
            link("user", "Author", PEOPLE),
            link("project", "Project", &["Project"]),
            links(
                "note_links",
                "Links",
                &["Version", "Shot", "Asset", "Task", "Sequence", "Episode"],
            ),
            links("tasks", "Tasks", &["Task"]),
            links("addressings_to", "To", &["HumanUser"]),
        ],
    },
    Table {
        name: "Step",
        path: "steps",
        label: "Pipeline Step",
        title: "code",
        fields: &[
            field("code", "Pipeline Step Name", Data::Text),
            field("short_name", "Short Name", Data::Text),
            field("entity_type", "Linked Entity Type", Data::Text),
            field("list_order", "List Order", Data::Number),
            field("color", "Color", Data::Text),
        ],
    },
    Table {
        name: "Status",
        path: "statuses",
        label: "Status",
        title: "name",
        fields: &[
            field("code", "Short Code", Data::Text),
            field("name", "Name", Data::Text),
            field("bg_color", "Background Color", Data::Text),
            field("system", "System", Data::Checkbox),
            link("icon", "Icon", &["Icon"]),
        ],
    },
    Table {
        name: "HumanUser",
        path: "human_users",
        label: "Person",
        title: "name",
        fields: &[
            field("name", "Name", Data::Text),
            field("firstname", "First Name", Data::Text),
            field("lastname", "Last Name", Data::Text),
            field("login", "Login", Data::Text),
            field("email", "Email", Data::Text),
            field("sg_title", "Title", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            links("projects", "Projects", &["Project"]),
        ],
    },
    Table {
        name: "ApiUser",
        path: "api_users",
        label: "Script",
        title: "firstname",
        fields: &[
            field("firstname", "Script Name", Data::Text),
            field("lastname", "Version", Data::Text),
            field("description", "Description", Data::Text),
            field("email", "Maintainer Email", Data::Text),
            field("sg_status_list", "Status", Data::StatusList),
            field("generate_event_log_entries", "Generate Events", Data::Checkbox),
        ],
    },
    Table {
        name: "EventLogEntry",
        path: "event_log_entries",
        label: "Event Log Entry",
        title: "description",
        fields: &[
            fixed(field("event_type", "Event Type", Data::Text)),
            fixed(field("attribute_name", "Attribute Name", Data::Text)),
            fixed(field("description", "Description", Data::Text)),
            fixed(field("meta", "Meta Data", Data::Serializable)),
            fixed(field("session_uuid", "Session UUID", Data::Text)),
            fixed(link("entity", "Link", &[])),
            fixed(link("project", "Project", &["Project"])),
            fixed(link("user", "User", PEOPLE)),
        ],
    },
];

/// The type with exactly this name, as it stands in links and schema.
pub(crate) fn named(name: &str) -> Option<Kind> {
    TABLES.iter().find(|table| table.name == name)
}

/// The type that a path segment means. ShotGrid REST: records; `Task`, `task`, `tasks`, `event_log_entries` all do.
pub(crate) fn in_path(segment: &str) -> Option<Kind> {
    let squeezed = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let asked = squeezed(segment);
    TABLES
        .iter()
        .find(|table| asked == squeezed(table.name) || asked == squeezed(table.path))
}

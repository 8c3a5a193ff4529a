//! What an attribute of an entity type is, and the document that `query_schemas` answers. ftrack: API transport, entities.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::types::TYPES;

/// What stands in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Object,
    /// The entity of another type whose id stands in a column of this one.
    One {
        to: &'static str,
        by: &'static str,
    },
    /// The entities of another type that name this one in a column.
    Many {
        of: &'static str,
        by: &'static str,
    },
    /// The entities of another type that a third type ties to this one.
    Through {
        of: &'static str,
        join: &'static str,
        mine: &'static str,
        theirs: &'static str,
    },
}

/// An attribute of an entity type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// As JSON.
    pub(super) default: Option<&'static str>,
    /// Worked out when it is read, and written by nobody.
    pub(super) computed: bool,
    /// A column that webhooks do not tell.
    pub(super) untold: bool,
}

impl Attribute {
    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    pub(super) const fn untold(mut self) -> Self {
        self.untold = true;
        self
    }

    /// Does a row hold it?
    pub(super) fn is_column(&self) -> bool {
        let is_relation = matches!(
            self.shape,
            Shape::One { .. } | Shape::Many { .. } | Shape::Through { .. }
        );
        !is_relation && !self.computed
    }
}

pub(super) const fn attribute(name: &'static str, shape: Shape) -> Attribute {
    Attribute {
        name,
        shape,
        default: None,
        computed: false,
        untold: false,
    }
}

pub(super) const fn text(name: &'static str) -> Attribute {
    attribute(name, Shape::Text)
}

pub(super) const fn one(name: &'static str, to: &'static str, by: &'static str) -> Attribute {
    attribute(name, Shape::One { to, by })
}

pub(super) const fn many(name: &'static str, of: &'static str, by: &'static str) -> Attribute {
    attribute(name, Shape::Many { of, by })
}

pub(super) const fn id() -> Attribute {
    text("id").or("\"{uid}\"")
}

/// An entity type: a table, or the rows of one that are of one object type.
#[derive(Debug)]
pub(super) struct EntityType {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    /// The object type that its rows have, where the table holds several types.
    pub(super) classifier: Option<&'static str>,
    pub(super) key: &'static [&'static str],
    /// What a query without projections asks for.
    pub(super) projections: &'static [&'static str],
    /// What stands in every answer, asked for or not.
    pub(super) system: &'static [&'static str],
    /// What may not be written once the entity is there.
    pub(super) immutable: &'static [&'static str],
    pub(super) attributes: &'static [Attribute],
}

impl EntityType {
    pub(super) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The column by which a relation to one other entity is kept.
    pub(super) fn kept_by(&self, name: &str) -> Option<&'static str> {
        match self.attribute(name)?.shape {
            Shape::One { by, .. } => Some(by),
            _ => None,
        }
    }

    fn document(&self) -> Value {
        let mut properties = Map::new();
        for attribute in self.attributes {
            properties.insert(attribute.name.to_owned(), self.property(attribute));
        }
        let computed: Vec<&str> = names(self.attributes.iter().filter(|attribute| attribute.computed));
        let mut document = json!({
            "id": self.name, "type": "object", "properties": properties, "primary_key": self.key,
            "default_projections": self.projections, "system_projections": self.system, "computed": computed,
            "required": self.key, "immutable": self.immutable,
        });
        if let Some(classifier) = self.classifier {
            document["alias_for"] = json!({"id": "Task", "classifiers": {"object_typeid": classifier}});
        }
        document
    }

    fn property(&self, attribute: &Attribute) -> Value {
        let mut property = match attribute.shape {
            Shape::Text => json!({"type": "string"}),
            Shape::Integer => json!({"type": "integer"}),
            Shape::Number => json!({"type": "number"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Date => json!({"type": "string", "format": "date-time"}),
            Shape::Object => json!({"type": "object"}),
            Shape::One { to, .. } => json!({"$ref": to}),
            Shape::Many { of, .. } | Shape::Through { of, .. } => json!({"type": "array", "items": {"$ref": of}}),
        };
        if let Some(default) = self.default_of(attribute) {
            property["default"] = default;
        }
        if legacy(attribute.name) != attribute.name {
            property["alias_for"] = json!(legacy(attribute.name));
        }
        property
    }

    /// What a new entity has in an attribute that was not given; `{uid}` stands for a new id.
    pub(super) fn default_of(&self, attribute: &Attribute) -> Option<Value> {
        if attribute.name == "object_type_id" && self.classifier.is_some() {
            return self.classifier.map(|classifier| json!(classifier));
        }
        attribute.default.and_then(|text| serde_json::from_str(text).ok())
    }
}

fn names<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> Vec<&'a str> {
    attributes.map(|attribute| attribute.name).collect()
}

/// The entity type of this name.
pub(super) fn named(name: &str) -> Option<&'static EntityType> {
    TYPES.iter().find(|entity| entity.name == name)
}

/// The names that columns have in the database, and in the event hub.
pub(super) fn legacy(column: &str) -> &str {
    match column {
        "status_id" => "statusid",
        "type_id" => "typeid",
        "priority_id" => "priorityid",
        "project_id" => "showid",
        "start_date" => "startdate",
        "end_date" => "enddate",
        "thumbnail_id" => "thumbid",
        "object_type_id" => "object_typeid",
        "task_id" => "taskid",
        "asset_id" => "assetid",
        "user_id" => "userid",
        "is_published" => "ispublished",
        "is_active" => "isactive",
        "is_private" => "private",
        "full_name" => "fullname",
        "first_name" => "firstname",
        "last_name" => "lastname",
        "project_schema_id" => "projectschemeid",
        "created_by_id" => "created_by",
        other => other,
    }
}

/// The answer to `query_schemas`.
pub(super) fn documents() -> Value {
    TYPES.iter().map(EntityType::document).collect()
}

/// Changes when the schemas do: clients keep them under it.
pub(super) fn hash() -> String {
    let digest = Sha256::digest(documents().to_string());
    hex::encode(digest.get(..16).unwrap_or_default())
}

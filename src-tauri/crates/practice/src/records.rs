//! Records over REST: how one is shown, read, made, changed, retired and revived. ShotGrid REST: records.

use serde_json::{Map, Value, json};

use crate::changes::Change;
use crate::clock;
use crate::errors::Refusal;
use crate::filters::Filter;
use crate::paths::Path;
use crate::rest::Call;
use crate::search::{Page, Query, sort_keys};
use crate::tables::{Data, Field, Kind, in_path};
use crate::world::{Actor, Fields, Record, World};

/// The two content types that a search takes; plain JSON is refused.
pub(crate) const VENDOR_TYPES: [&str; 2] = [
    "application/vnd+shotgun.api3_array+json",
    "application/vnd+shotgun.api3_hash+json",
];

/// The fields that a reader asked for.
enum Selection {
    Everything,
    These(Vec<(String, Path)>),
}

/// The entity type in a path, or 404.
pub(crate) fn kind_of(segment: &str) -> Result<Kind, Refusal> {
    in_path(segment).ok_or_else(|| Refusal::no_type(segment))
}

fn id_of(segment: &str) -> Result<i64, Refusal> {
    segment.parse().map_err(|_| Refusal::no_route())
}

/// Field names from a list or a comma string. Unknown ones are dropped silently.
fn selection(kind: Kind, fields: Option<&Value>) -> Selection {
    let names: Vec<&str> = match fields {
        Some(Value::String(names)) => names.split(',').map(str::trim).collect(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        // Asked for nothing, the site shows very little.
        _ => vec![kind.title],
    };
    if names.contains(&"*") {
        return Selection::Everything;
    }
    let known = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), Path::parse(kind, name)?)));
    Selection::These(known.filter(|(_, path)| !path.fans_out()).collect())
}

fn self_link(prefix: &str, kind: Kind, id: i64) -> String {
    format!("{prefix}/entity/{}/{id}", kind.path)
}

/// A link field under `relationships`: `related` only where there is one thing to relate to.
fn relationship(prefix: &str, kind: Kind, id: i64, name: &str, data: &Value) -> Value {
    let own = format!("{}/relationships/{name}", self_link(prefix, kind, id));
    let mut links = json!({"self": own});
    let target = data
        .get("type")
        .and_then(Value::as_str)
        .and_then(in_path)
        .zip(data.get("id").and_then(Value::as_i64));
    if let Some((target, target_id)) = target {
        links["related"] = json!(self_link(prefix, target, target_id));
    }
    json!({"data": data, "links": links})
}

/// A record document out of named values.
fn document(prefix: &str, kind: Kind, id: i64, values: impl Iterator<Item = (String, Data, Value)>) -> Value {
    let (mut attributes, mut relationships) = (Map::new(), Map::new());
    for (name, data, value) in values {
        if data.is_link() {
            let relationship = relationship(prefix, kind, id, &name, &value);
            relationships.insert(name, relationship);
        } else {
            attributes.insert(name, value);
        }
    }
    json!({
        "type": kind.name,
        "attributes": attributes,
        "relationships": relationships,
        "id": id,
        "links": {"self": self_link(prefix, kind, id)},
    })
}

fn shown(world: &World, prefix: &str, kind: Kind, record: &Record, selection: &Selection) -> Value {
    match selection {
        Selection::Everything => whole(world, prefix, kind, record),
        Selection::These(fields) => {
            let wanted = fields.iter().filter(|(name, _)| name != "id");
            let values = wanted.map(|(name, path)| (name.clone(), path.field().data, path.shown(world, kind, record)));
            document(prefix, kind, record.id, values)
        }
    }
}

/// A record with all its fields.
pub(crate) fn whole(world: &World, prefix: &str, kind: Kind, record: &Record) -> Value {
    let fields = kind.fields().filter(|field| field.name != "id");
    let values = fields.map(|field| (field.name.to_owned(), field.data, world.shown(kind, record, field)));
    document(prefix, kind, record.id, values)
}

/// The thin answer to a create: what was sent, what the site filled in, and every list of links; times in a format that
/// only this answer has.
pub(crate) fn thin(world: &World, prefix: &str, kind: Kind, record: &Record, sent: &[String]) -> Value {
    let filled = [
        "sg_status_list",
        "cached_display_name",
        "created_at",
        "updated_at",
        "created_by",
        "updated_by",
    ];
    let wanted = |field: &&Field| {
        let name = field.name;
        let named = sent.iter().any(|sent| sent == name) || name == kind.title || filled.contains(&name);
        name != "id" && (named || field.data == Data::MultiEntity || name == "project")
    };
    let values = kind.fields().filter(wanted).map(|field| {
        let mut value = world.shown(kind, record, field);
        if let ("created_at" | "updated_at", Some(Ok(at))) = (field.name, value.as_str().map(str::parse)) {
            value = json!(clock::thin(at));
        }
        (field.name.to_owned(), field.data, value)
    });
    document(prefix, kind, record.id, values)
}

/// `self` as it was asked, `next` always, on the last and on an empty page too: the paging trap.
fn page_links(call: &Call, page: Page) -> Value {
    let to = |number: usize| {
        let paging = [("page[number]", number), ("page[size]", page.size)];
        let mut query: Vec<(String, String)> = call
            .query
            .iter()
            .filter(|(name, _)| !name.starts_with("page["))
            .cloned()
            .collect();
        query.extend(paging.map(|(name, value)| (name.to_owned(), value.to_string())));
        query.sort();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        // The site writes an asterisk as an escape.
        format!("{}?{}", call.path, query.replace('*', "%2A"))
    };
    let mut links = json!({"self": call.own_link(), "next": to(page.number + 1)});
    if page.number > 1 {
        links["prev"] = json!(to(page.number - 1));
    }
    links
}

fn listing(world: &World, call: &Call, kind: Kind, query: &Query, selection: &Selection) -> Value {
    let (found, _) = world.search(kind, query);
    let data: Vec<Value> = found
        .into_iter()
        .map(|record| shown(world, &call.prefix, kind, record, selection))
        .collect();
    json!({"data": data, "links": page_links(call, query.page)})
}

/// `GET /entity/{type}`.
pub(crate) fn list(world: &World, call: &Call, kind: &str) -> Result<Value, Refusal> {
    let kind = kind_of(kind)?;
    let as_value = |name: &str| call.query(name).map(|text| json!(text));
    let mut filters = Vec::new();
    for (name, value) in &call.query {
        if let Some(path) = name.strip_prefix("filter[").and_then(|name| name.strip_suffix(']')) {
            filters.push(Filter::compare(kind, path, "is", &[json!(value)])?);
        }
    }
    let query = Query {
        filter: Filter::All(filters),
        sort: sort_keys(kind, call.query("sort").into_iter().flat_map(|names| names.split(','))),
        page: Page::asked(as_value("page[number]").as_ref(), as_value("page[size]").as_ref())?,
        retired: call.query("options[return_only]") == Some("retired"),
    };
    Ok(listing(
        world,
        call,
        kind,
        &query,
        &selection(kind, as_value("fields").as_ref()),
    ))
}

/// The filters of a body, by the content type that says how they are written.
pub(crate) fn filter_of(call: &Call, kind: Kind, body: &Map<String, Value>) -> Result<Filter, Refusal> {
    let filters = body.get("filters").filter(|filters| !filters.is_null());
    match (call.content_type(), filters) {
        (_, None) => Ok(Filter::All(Vec::new())),
        ("application/vnd+shotgun.api3_array+json", Some(filters)) => Filter::array(kind, filters),
        (_, Some(filters)) => Filter::hash(kind, filters),
    }
}

/// The body of a search or summary: one of the vendor types, else 415.
pub(crate) fn vendor_body(call: &Call) -> Result<Map<String, Value>, Refusal> {
    if !VENDOR_TYPES.contains(&call.content_type()) {
        return Err(Refusal::content_type(&VENDOR_TYPES));
    }
    if call.body.is_empty() {
        return Ok(Map::new());
    }
    call.any_json_object()
}

/// `POST /entity/{type}/_search`. Fields, page, sort and options may stand in the body or in the query string.
pub(crate) fn search(world: &World, call: &Call, kind: &str) -> Result<Value, Refusal> {
    let kind = kind_of(kind)?;
    let body = vendor_body(call)?;
    let either = |name: &str| {
        body.get(name)
            .cloned()
            .or_else(|| call.query(name).map(|text| json!(text)))
    };
    let nested = |group: &str, name: &str| {
        let inside = body.get(group).and_then(|group| group.get(name)).cloned();
        inside.or_else(|| call.query(&format!("{group}[{name}]")).map(|text| json!(text)))
    };
    let sort = match either("sort") {
        Some(Value::String(names)) => sort_keys(kind, names.split(',')),
        Some(Value::Array(names)) => sort_keys(kind, names.iter().filter_map(Value::as_str)),
        _ => Vec::new(),
    };
    let query = Query {
        filter: filter_of(call, kind, &body)?,
        sort,
        page: Page::asked(nested("page", "number").as_ref(), nested("page", "size").as_ref())?,
        retired: nested("options", "return_only") == Some(json!("retired")),
    };
    let selection = selection(kind, either("fields").as_ref());
    may_read(world, kind, &selection)?;
    Ok(listing(world, call, kind, &query, &selection))
}

fn may_read(world: &World, kind: Kind, selection: &Selection) -> Result<(), Refusal> {
    let Selection::These(fields) = selection else {
        return Ok(());
    };
    let is_kept = |name: &str| {
        world
            .faults
            .unreadable
            .iter()
            .any(|(on, of)| on == kind.name && of == name)
    };
    match fields.iter().find(|(name, _)| is_kept(name)) {
        Some((name, _)) => Err(Refusal::refused(format!(
            "API read() {}.{name} is not readable by this user.",
            kind.name
        ))),
        None => Ok(()),
    }
}

/// `GET /entity/{type}/{id}`: all fields unless some are named.
pub(crate) fn one(world: &World, call: &Call, kind: &str, id: &str) -> Result<Value, Refusal> {
    let (kind, id) = (kind_of(kind)?, id_of(id)?);
    let retired = call.query("options[return_only]") == Some("retired");
    let record = world.record(kind, id).filter(|record| record.retired == retired);
    let record = record
        .filter(|record| record.visible_from.is_none_or(|from| from <= clock::now()))
        .ok_or_else(|| Refusal::unreadable(kind.name, id))?;
    let selection = match call.query("fields") {
        Some(fields) => selection(kind, Some(&json!(fields))),
        None => Selection::Everything,
    };
    let data = shown(world, &call.prefix, kind, record, &selection);
    Ok(json!({"data": data, "links": {"self": call.own_link()}}))
}

/// `POST /entity/{type}`: only the project is mandatory, and only where the type lives in one.
pub(crate) fn create(world: &mut World, call: &Call, actor: &Actor, kind: &str) -> Result<Value, Refusal> {
    let kind = kind_of(kind)?;
    let fields = call.json_object()?;
    let sent: Vec<String> = fields.keys().cloned().collect();
    let change = Change::Create { kind, fields };
    world.check(actor, &change)?;
    if kind.in_project() && !sent.iter().any(|name| name == "project") {
        return Err(Refusal::invalid(json!({"project": ["project is missing"]})));
    }
    let id = world.apply(actor, change);
    let record = world
        .active(kind, id)
        .ok_or_else(|| Refusal::no_entity(kind.name, id))?;
    let data = thin(world, &call.prefix, kind, record, &sent);
    Ok(json!({"data": data}))
}

/// `PUT /entity/{type}/{id}`: a partial update that answers the whole record. `{}` is a no-op, `If-Match` is ignored.
pub(crate) fn update(world: &mut World, call: &Call, actor: &Actor, kind: &str, id: &str) -> Result<Value, Refusal> {
    let (kind, id) = (kind_of(kind)?, id_of(id)?);
    let fields: Fields = call.json_object()?;
    world.change(actor, Change::Update { kind, id, fields })?;
    let record = world
        .active(kind, id)
        .ok_or_else(|| Refusal::no_entity(kind.name, id))?;
    Ok(json!({"data": whole(world, &call.prefix, kind, record), "links": {"self": call.path}}))
}

/// `DELETE`: to the trash.
pub(crate) fn delete(world: &mut World, actor: &Actor, kind: &str, id: &str) -> Result<(), Refusal> {
    let (kind, id) = (kind_of(kind)?, id_of(id)?);
    world.change(actor, Change::Delete { kind, id }).map(|_| ())
}

/// `POST …?revive=true`.
pub(crate) fn revive(world: &mut World, call: &Call, actor: &Actor, kind: &str, id: &str) -> Result<Value, Refusal> {
    let (kind, id) = (kind_of(kind)?, id_of(id)?);
    let was_retired = world.record(kind, id).is_some_and(|record| record.retired);
    world.change(actor, Change::Revive { kind, id })?;
    Ok(json!({
        "data": {"type": kind.name, "id": id},
        "links": {"self": call.path},
        "meta": {"did_revive": was_retired},
    }))
}

/// `GET …/relationships/{field}`.
pub(crate) fn related(world: &World, call: &Call, kind: &str, id: &str, field: &str) -> Result<Value, Refusal> {
    let (kind, id) = (kind_of(kind)?, id_of(id)?);
    let record = world
        .active(kind, id)
        .ok_or_else(|| Refusal::unreadable(kind.name, id))?;
    let field = kind
        .field(field)
        .filter(|field| field.data.is_link())
        .ok_or_else(Refusal::no_route)?;
    Ok(json!({"data": world.shown(kind, record, field), "links": {"self": call.path}}))
}

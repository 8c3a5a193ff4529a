-- Times are microseconds since 1970, UTC. Ids are text, because only ShotGrid counts.

CREATE TABLE delivery (
    seq         INTEGER PRIMARY KEY,
    hook        TEXT NOT NULL,
    site        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    verdict     TEXT NOT NULL,
    headers     TEXT NOT NULL,
    body        BLOB NOT NULL
) STRICT;

CREATE TABLE event (
    seq          INTEGER PRIMARY KEY,
    site         TEXT NOT NULL,
    -- Made from signed bytes. Its uniqueness is the once-promise.
    key          TEXT NOT NULL,
    road         TEXT NOT NULL,
    hook         TEXT,
    delivery_seq INTEGER REFERENCES delivery (seq),
    -- Its place in a batched delivery.
    place        INTEGER NOT NULL DEFAULT 0,
    entry_id     INTEGER,
    tracker_id   TEXT,
    event_type   TEXT NOT NULL,
    operation    TEXT NOT NULL,
    entity_type  TEXT,
    entity_id    TEXT,
    field        TEXT,
    is_status    INTEGER NOT NULL,
    in_create    INTEGER NOT NULL,
    old          TEXT,
    new          TEXT,
    actor_kind   TEXT,
    actor_type   TEXT,
    actor_id     TEXT,
    project_type TEXT,
    project_id   TEXT,
    occurred_at  INTEGER,
    received_at  INTEGER NOT NULL,
    session_uuid TEXT,
    warning      TEXT,
    hook_status  TEXT,
    hook_before  TEXT,
    outcome      TEXT NOT NULL,
    why          TEXT,
    seen_again   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (site, key)
) STRICT;

CREATE INDEX event_waiting ON event (seq) WHERE outcome = 'waiting';
CREATE INDEX event_of ON event (site, entity_type, entity_id, seq);

CREATE TABLE cascade (
    seq        INTEGER PRIMARY KEY,
    event_seq  INTEGER NOT NULL UNIQUE REFERENCES event (seq),
    revision   INTEGER NOT NULL,
    rule_set   TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;

-- The outbox and its history in one: a row is here, on disk, before the site hears of it.
CREATE TABLE change (
    id          INTEGER PRIMARY KEY,
    cascade_seq INTEGER NOT NULL REFERENCES cascade (seq),
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    from_code   TEXT,
    to_code     TEXT,
    rule        TEXT NOT NULL,
    rule_name   TEXT NOT NULL,
    parent      INTEGER,
    state       TEXT NOT NULL,
    skip        TEXT,
    reason      TEXT,
    attempts    INTEGER NOT NULL DEFAULT 0,
    planned_at  INTEGER NOT NULL,
    settled_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX change_in ON change (cascade_seq);
CREATE INDEX change_open ON change (cascade_seq) WHERE state IN ('planned', 'applied');
CREATE INDEX change_of ON change (site, entity_type, entity_id, id);

-- Names and links as last read, for showing. No status stands here: a decision is never made from this table.
CREATE TABLE entity (
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    name        TEXT NOT NULL,
    parent_type TEXT,
    parent_id   TEXT,
    PRIMARY KEY (site, entity_type, entity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE status (
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    code        TEXT NOT NULL,
    place       INTEGER NOT NULL,
    name        TEXT NOT NULL,
    color       TEXT,
    PRIMARY KEY (site, entity_type, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_set (
    revision   INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    document   TEXT NOT NULL,
    author     TEXT NOT NULL,
    note       TEXT NOT NULL,
    live_since INTEGER NOT NULL
) STRICT;

CREATE TABLE hook (
    name   TEXT PRIMARY KEY,
    site   TEXT NOT NULL,
    state  TEXT NOT NULL,
    badges TEXT NOT NULL,
    since  INTEGER NOT NULL,
    why    TEXT
) STRICT, WITHOUT ROWID;

-- What was not taken, by reason and UTC day. A hook that is not configured counts under the empty name.
CREATE TABLE refusal (
    hook    TEXT NOT NULL,
    day     TEXT NOT NULL,
    reason  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (hook, day, reason)
) STRICT, WITHOUT ROWID;

-- What needs a person, one row a thing that is wrong.
CREATE TABLE issue (
    key       TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    remedy    TEXT NOT NULL,
    open      INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

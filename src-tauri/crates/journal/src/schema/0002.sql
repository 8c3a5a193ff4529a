-- What was said, where the event is a note and it has been read, and about what: a JSON array of references.
ALTER TABLE event ADD COLUMN note TEXT;
ALTER TABLE event ADD COLUMN note_about TEXT;
-- Who entered an event by hand, and from where.
ALTER TABLE event ADD COLUMN hand_by TEXT;
ALTER TABLE event ADD COLUMN hand_source TEXT;

-- Counts and replays go by the time of receipt, which need not rise with the number: a machine's clock may be set back.
CREATE INDEX event_at ON event (received_at);

-- The revision whose document this one brought back.
ALTER TABLE rule_set ADD COLUMN rolled_back_from INTEGER;

-- At most one row. Versions are never used again, so that a window cannot take a newer draft for the one it has read.
CREATE TABLE draft (
    version  INTEGER PRIMARY KEY AUTOINCREMENT,
    document TEXT NOT NULL,
    author   TEXT NOT NULL,
    based_on INTEGER,
    saved_at INTEGER NOT NULL
) STRICT;

-- Rules that broke and rest until somebody has looked at them.
CREATE TABLE quarantine (
    rule     TEXT PRIMARY KEY,
    why      TEXT NOT NULL,
    revision INTEGER NOT NULL,
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The times in which a person had all writing stopped. The one that has not ended holds.
CREATE TABLE pause (
    id         INTEGER PRIMARY KEY,
    by         TEXT NOT NULL,
    why        TEXT,
    since      INTEGER NOT NULL,
    ended_at   INTEGER,
    write_held INTEGER
) STRICT;

CREATE UNIQUE INDEX pause_now ON pause (ended_at IS NULL) WHERE ended_at IS NULL;

-- The pause that a change was skipped in.
ALTER TABLE change ADD COLUMN pause INTEGER REFERENCES pause (id);
CREATE INDEX change_held ON change (pause) WHERE pause IS NOT NULL;

-- Entities as last read from the site, so that history can be replayed. A decision is never made from this table.
CREATE TABLE fact (
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    name        TEXT,
    status      TEXT,
    -- The rest as JSON: a step, references, an array of references, the site's other fields.
    step        TEXT,
    parent      TEXT,
    task        TEXT,
    upstream    TEXT NOT NULL,
    project     TEXT,
    created_at  INTEGER,
    fields      TEXT NOT NULL,
    -- When it was first read as it stands here.
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (site, entity_type, entity_id)
) STRICT, WITHOUT ROWID;

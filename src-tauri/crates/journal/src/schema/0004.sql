-- The site's own id of a delivery, where it says one: what an outcome is written back to.
ALTER TABLE delivery ADD COLUMN tracker_id TEXT;
-- When its outcome was written back.
ALTER TABLE delivery ADD COLUMN acknowledged_at INTEGER;
CREATE INDEX delivery_at ON delivery (hook, received_at);
CREATE INDEX event_in ON event (delivery_seq);

-- A site's order counts, not ours: what was missed is read from its log after what came since.
DROP INDEX event_waiting;
CREATE INDEX event_waiting ON event (site, entry_id, seq) WHERE outcome = 'waiting';

-- Events that came first by the log, as the site gave them: JSON.
CREATE TABLE log_row (
    event_seq INTEGER PRIMARY KEY REFERENCES event (seq),
    body      TEXT NOT NULL
) STRICT;

-- How far a site's log has been read.
CREATE TABLE log_position (
    site     TEXT PRIMARY KEY,
    entry_id INTEGER NOT NULL,
    -- Where the reading began: what is below was there before us.
    first_id INTEGER NOT NULL,
    -- When that row happened, by the site's clock.
    at       INTEGER,
    read_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers that were not there when what came after them was, and until when they are waited for.
CREATE TABLE log_gap (
    site     TEXT NOT NULL,
    entry_id INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (site, entry_id)
) STRICT, WITHOUT ROWID;

-- What a hook took in ten minutes, and how long our answers were in coming, in microseconds.
CREATE TABLE hook_step (
    hook       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    took       INTEGER NOT NULL,
    longest    INTEGER NOT NULL,
    PRIMARY KEY (hook, at)
) STRICT, WITHOUT ROWID;

-- The states that a hook went through.
CREATE TABLE hook_state (
    hook  TEXT NOT NULL,
    since INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (hook, since)
) STRICT, WITHOUT ROWID;

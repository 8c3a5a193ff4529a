-- What rules hand over to other sites, each beneath the cascade that it belongs to. One waits until an entity was found there and
-- an event about it was taken.
CREATE TABLE carry (
    id          INTEGER PRIMARY KEY,
    cascade_seq INTEGER NOT NULL REFERENCES cascade (seq),
    rule        TEXT NOT NULL,
    rule_name   TEXT NOT NULL,
    -- The entity that moved, on the site of the cascade.
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    -- Where to, and how the entity there is found.
    site        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    find_by     TEXT,
    key_field   TEXT,
    key         TEXT,
    to_code     TEXT,
    -- The change that it hangs beneath; none: the event.
    parent      INTEGER,
    state       TEXT NOT NULL,
    reason      TEXT,
    -- What was found there, and the event that was taken of it.
    found_type  TEXT,
    found_id    TEXT,
    arrived_seq INTEGER,
    settled_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX carry_in ON carry (cascade_seq);
CREATE INDEX carry_open ON carry (site, id) WHERE state = 'planned';

-- At most one row: this journal was made of one that was damaged, and something of what was done is not known any more. What
-- happened from `since` to `until` may be missing here, or may have been acted on without that standing here.
CREATE TABLE doubt (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    -- Whether it stands in `reread` which sites are to be read again.
    noted INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Sites whose log is to be read again from a time on, for showing.
CREATE TABLE reread (
    site     TEXT PRIMARY KEY,
    since    INTEGER NOT NULL,
    -- The number that reading began with in the first place.
    first_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What deliveries brought, and rows of logs, put together once they have lain for a while and compressed. The row of such a delivery
-- has no headers and no body any more; such a row of a log is gone.
CREATE TABLE delivery_pack (
    first INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL,
    held  BLOB NOT NULL
) STRICT;
CREATE TABLE log_pack (
    first INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL,
    held  BLOB NOT NULL
) STRICT;

-- What the overview counts is of today.
CREATE INDEX change_at ON change (planned_at);

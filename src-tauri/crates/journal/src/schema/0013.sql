-- Rules that were set aside once and have been brought back, from when to when.
CREATE TABLE quarantine_past (
    rule     TEXT NOT NULL,
    why      TEXT NOT NULL,
    revision INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL
) STRICT;

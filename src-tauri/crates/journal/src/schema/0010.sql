-- What stood when a site's statuses were last compared with what is known: only where that is news. `since`: since when it stands so,
-- as far as the journal knows.
CREATE TABLE standing (
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    status      TEXT,
    since       INTEGER NOT NULL,
    PRIMARY KEY (site, entity_type, entity_id)
) STRICT, WITHOUT ROWID;

-- When a site's things of a type were last compared.
CREATE TABLE compared (
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (site, entity_type)
) STRICT, WITHOUT ROWID;

-- When the status was what stands here, by the site's clock: of a site that is only heard, and whose deliveries come in any order.
ALTER TABLE fact ADD COLUMN told_at INTEGER;

-- What is still to be sent to webhooks of others. `id` stays the same however often it is sent, so that it counts once there.
CREATE TABLE outgoing (
    seq      INTEGER PRIMARY KEY,
    receiver TEXT NOT NULL,
    id       TEXT NOT NULL,
    body     TEXT NOT NULL,
    made_at  INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL,
    why      TEXT,
    UNIQUE (receiver, id)
) STRICT;
CREATE INDEX outgoing_next ON outgoing (receiver, next_at, seq);

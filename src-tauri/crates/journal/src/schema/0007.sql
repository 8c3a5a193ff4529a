-- What sort of thing an issue is, and where it is seen to: JSON.
ALTER TABLE issue ADD COLUMN kind TEXT NOT NULL DEFAULT 'site';
ALTER TABLE issue ADD COLUMN place TEXT;
-- Who has seen that it is open, and when.
ALTER TABLE issue ADD COLUMN acknowledged_by TEXT;
ALTER TABLE issue ADD COLUMN acknowledged_at INTEGER;
-- When it was done with, and who said so: nobody where its cause went away by itself.
ALTER TABLE issue ADD COLUMN resolved_by TEXT;
ALTER TABLE issue ADD COLUMN resolved_at INTEGER;

UPDATE issue SET
    kind = CASE
        WHEN key LIKE 'hook:%' AND title LIKE '% has failed' THEN 'hook_failed'
        WHEN key LIKE 'hook:%' AND title LIKE '% was switched off' THEN 'hook_disabled'
        WHEN key LIKE 'hook:%' AND title LIKE '% hears nothing' THEN 'hook_deaf'
        WHEN key LIKE 'hook:%' THEN 'hook_unstable'
        WHEN key LIKE 'rule:%' THEN 'rule_set_aside'
        WHEN key LIKE 'write:%' THEN 'write_given_up'
        WHEN key LIKE 'conflict:%' THEN 'conflict'
        WHEN key = 'inbox' THEN 'approvals'
        WHEN key = 'mail' THEN 'mail'
        ELSE 'site'
    END,
    place = CASE
        WHEN key LIKE 'hook:%' THEN json_object('place', 'hook', 'hook', substr(key, 6))
        WHEN key LIKE 'rule:%' THEN json_object('place', 'rule', 'rule', substr(key, 6))
        WHEN key = 'inbox' THEN json_object('place', 'inbox')
        WHEN key LIKE 'read:%:%' THEN json_object('place', 'site', 'site', substr(key, 6, instr(substr(key, 6), ':') - 1))
    END,
    resolved_at = iif(open, NULL, last_at);

-- Alerts that wait for the end of the quiet hours, as JSON: of each group the first and the last.
CREATE TABLE held_notice (
    seq   INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    alert TEXT NOT NULL
) STRICT;
CREATE INDEX held_notice_of ON held_notice (topic, seq);

-- The highest number of a site's log among the events that were let go because of their age or the file's size. What comes at or
-- below it and is not here has been here before.
CREATE TABLE let_go (
    site     TEXT PRIMARY KEY,
    entry_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who let a change be written, where its site asks first.
ALTER TABLE change ADD COLUMN accepted_by TEXT;
-- The changes that wait for a person.
CREATE INDEX change_asked ON change (site, entity_type, entity_id) WHERE skip = 'asks';

-- An undo that was begun, with the sentence that will stand on the change: on disk before the site hears of it, so that its echo
-- is known for one even after a crash.
ALTER TABLE change ADD COLUMN undoing TEXT;
ALTER TABLE change ADD COLUMN undoing_at INTEGER;

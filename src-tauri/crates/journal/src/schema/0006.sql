-- The index that is looked in for words and for what the feed is filtered by. The numbers of events are cut into blocks of 4,096;
-- of each block, the words that its events have, and which events those are: two bytes a place in the block, or 4,096 bits.
-- Words beginning with a sign are marks: an outcome, a status, a person.
CREATE TABLE word (
    block  INTEGER NOT NULL,
    word   TEXT NOT NULL,
    events BLOB NOT NULL,
    PRIMARY KEY (block, word)
) STRICT, WITHOUT ROWID;

-- Which events are in the index: those from `first` to `upto`. Those from `low` to `high` are, or are being put in: a change of one
-- of them is noted below. What was there before this table is put in from its end to its beginning.
CREATE TABLE word_place (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    low   INTEGER NOT NULL,
    first INTEGER NOT NULL,
    upto  INTEGER NOT NULL,
    high  INTEGER NOT NULL
) STRICT;
INSERT INTO word_place SELECT 1, last + 1, last + 1, last, last FROM (SELECT coalesce(max(seq), 0) AS last FROM event);

-- Events that are no longer what the index says of them.
CREATE TABLE word_again (
    id  INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX word_again_of ON word_again (seq);

-- Who acts and in what they act: few, so that a new name of theirs is looked up, and no event is put in again for it.
CREATE TABLE word_named (
    role        TEXT NOT NULL,
    site        TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    PRIMARY KEY (role, site, entity_type, entity_id)
) STRICT, WITHOUT ROWID;

-- The crosses below have its children looked up first: otherwise every event of the site would be.
CREATE INDEX entity_in ON entity (site, parent_type, parent_id) WHERE parent_id IS NOT NULL;

CREATE TRIGGER word_event AFTER UPDATE OF hook, delivery_seq, note, outcome, why ON event
WHEN NEW.seq BETWEEN (SELECT low FROM word_place) AND (SELECT high FROM word_place)
  AND (OLD.delivery_seq, OLD.note, OLD.outcome, OLD.why) IS NOT (NEW.delivery_seq, NEW.note, NEW.outcome, NEW.why)
BEGIN
    INSERT INTO word_again (seq) VALUES (NEW.seq);
END;

CREATE TRIGGER word_event_gone AFTER DELETE ON event
BEGIN
    INSERT INTO word_again (seq)
    SELECT OLD.seq FROM word_place WHERE OLD.seq BETWEEN low AND high;
    -- The number of the newest is given again, and what comes then is not in the index.
    UPDATE word_place SET
        upto = min(upto, (SELECT coalesce(max(seq), 0) FROM event)),
        high = min(high, (SELECT coalesce(max(seq), 0) FROM event)),
        first = min(first, (SELECT coalesce(max(seq), 0) FROM event) + 1),
        low = min(low, (SELECT coalesce(max(seq), 0) FROM event) + 1)
    WHERE high >= OLD.seq AND high > (SELECT coalesce(max(seq), 0) FROM event);
END;

CREATE TRIGGER word_change AFTER INSERT ON change
BEGIN
    INSERT INTO word_again (seq)
    SELECT k.event_seq FROM cascade k, word_place p WHERE k.seq = NEW.cascade_seq AND k.event_seq BETWEEN p.low AND p.high;
END;

CREATE TRIGGER word_change_moved AFTER UPDATE OF reason ON change
WHEN OLD.reason IS NOT NEW.reason
BEGIN
    INSERT INTO word_again (seq)
    SELECT k.event_seq FROM cascade k, word_place p WHERE k.seq = NEW.cascade_seq AND k.event_seq BETWEEN p.low AND p.high;
END;

CREATE TRIGGER word_entity AFTER INSERT ON entity
BEGIN
    INSERT INTO word_again (seq)
    SELECT e.seq FROM event e, word_place p
    WHERE e.site = NEW.site AND e.entity_type = NEW.entity_type AND e.entity_id = NEW.entity_id AND e.seq BETWEEN p.low AND p.high;
    INSERT INTO word_again (seq)
    SELECT e.seq FROM entity n
      CROSS JOIN event e ON e.site = n.site AND e.entity_type = n.entity_type AND e.entity_id = n.entity_id, word_place p
    WHERE n.site = NEW.site AND n.parent_type = NEW.entity_type AND n.parent_id = NEW.entity_id AND e.seq BETWEEN p.low AND p.high;
END;

CREATE TRIGGER word_entity_moved AFTER UPDATE OF name, parent_type, parent_id ON entity
WHEN (OLD.name, OLD.parent_type, OLD.parent_id) IS NOT (NEW.name, NEW.parent_type, NEW.parent_id)
BEGIN
    INSERT INTO word_again (seq)
    SELECT e.seq FROM event e, word_place p
    WHERE e.site = NEW.site AND e.entity_type = NEW.entity_type AND e.entity_id = NEW.entity_id AND e.seq BETWEEN p.low AND p.high;
    INSERT INTO word_again (seq)
    SELECT e.seq FROM entity n
      CROSS JOIN event e ON e.site = n.site AND e.entity_type = n.entity_type AND e.entity_id = n.entity_id, word_place p
    WHERE OLD.name <> NEW.name AND n.site = NEW.site AND n.parent_type = NEW.entity_type AND n.parent_id = NEW.entity_id
      AND e.seq BETWEEN p.low AND p.high;
END;

-- What belongs to a Shot, for its own history and for the feed by Shot.
CREATE INDEX entity_under ON entity (site, parent_type, parent_id) WHERE parent_id IS NOT NULL;

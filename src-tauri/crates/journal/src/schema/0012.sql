-- How often an issue was met since it was opened; `number` counts from the first time that it was.
ALTER TABLE issue ADD COLUMN since_open INTEGER NOT NULL DEFAULT 0;
UPDATE issue SET since_open = number;

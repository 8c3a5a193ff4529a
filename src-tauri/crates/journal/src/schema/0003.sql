-- The field that a change is of, by the site's name for it. None: the status, as of all changes before.
ALTER TABLE change ADD COLUMN field TEXT;

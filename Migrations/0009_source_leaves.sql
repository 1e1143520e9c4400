-- A file that is about to be deleted or moved is added no more, so that nobody has to give it back.

ALTER TABLE upload ADD COLUMN source_leaves INTEGER NOT NULL DEFAULT 0  -- 1: a worker is at after_completion, or died at it
    CONSTRAINT "source_leaves is 0 or 1" CHECK (source_leaves IN (0, 1));

CREATE TRIGGER upload_insert_leaves BEFORE INSERT ON upload
WHEN NEW.source_leaves <> 0
BEGIN SELECT RAISE(ABORT, 'upload: source_leaves is the workers'''); END;

CREATE TRIGGER upload_leaves BEFORE UPDATE OF source_leaves ON upload
WHEN NEW.source_leaves <> 0
    AND NOT (NEW.status = 'completed' AND NEW.after_completion IS NOT NULL AND NEW.source_settled = 0)
BEGIN SELECT RAISE(ABORT, 'upload: source_leaves is for the file of a completed upload that is to be deleted or moved'); END;

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

-- The row tells the next worker where the file is, and what is to be done with it.
CREATE TRIGGER upload_leaves_as_it_says BEFORE UPDATE OF after_completion, move_to ON upload
WHEN OLD.source_leaves = 1 AND OLD.source_settled = 0
BEGIN SELECT RAISE(ABORT, 'upload: a worker is deleting or moving its file, or died at it; the next one ends that'); END;

CREATE TRIGGER upload_leaves_first BEFORE DELETE ON upload
WHEN OLD.source_leaves = 1 AND OLD.source_settled = 0
BEGIN SELECT RAISE(ABORT, 'upload: a worker is deleting or moving its file, or died at it; the next one ends that'); END;

-- By its inode, or by its path where nobody looked at it yet.
CREATE TRIGGER upload_insert_leaving BEFORE INSERT ON upload
WHEN NEW.spooled = 0 AND (
    EXISTS (SELECT 1 FROM upload WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0
                AND source_leaves = 1 AND source_inode = NEW.source_inode AND upload_length = NEW.upload_length
                AND source_mtime_ns = NEW.source_mtime_ns
                AND (source_boot_id IS NOT NEW.source_boot_id OR source_device = NEW.source_device))
    OR NEW.source_inode IS NULL
        AND EXISTS (SELECT 1 FROM upload WHERE status = 'completed' AND after_completion IS NOT NULL
                        AND source_settled = 0 AND source_leaves = 1 AND source_path = NEW.source_path))
BEGIN SELECT RAISE(ABORT, 'upload: its file is about to be deleted or moved for another upload'); END;

CREATE TRIGGER upload_retry_leaving BEFORE UPDATE OF status ON upload
WHEN OLD.status = 'cancelled' AND NEW.status = 'pending' AND NEW.spooled = 0
    AND EXISTS (SELECT 1 FROM upload WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0
                    AND source_leaves = 1 AND (source_inode = NEW.source_inode OR source_path = NEW.source_path))
BEGIN SELECT RAISE(ABORT, 'upload: its file is about to be deleted or moved for another upload'); END;

-- Who else needs a file that is to be deleted or moved, whatever path it was added by.

CREATE INDEX upload_needs_inode ON upload (source_inode)
    WHERE status IN ('pending', 'processing', 'paused', 'failed');
CREATE INDEX upload_unsettled_inode ON upload (source_inode)
    WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0;

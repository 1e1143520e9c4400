-- The rules of what 0005 added, and what triggers of 0002 and 0004 say anew because of it.

DROP TRIGGER transition_is_fixed_insert;
INSERT INTO transition
    SELECT 'deadline passed', 'pending', column1, 'failed', column1, 'worker'
    FROM (VALUES ('mint'), ('create'), ('transfer'));     -- later on all bytes are there, and it is seen through
CREATE TRIGGER transition_is_fixed_insert BEFORE INSERT ON transition
BEGIN SELECT RAISE(ABORT, 'transition: the contract is changed by a migration only'); END;

CREATE TRIGGER upload_insert_queue BEFORE INSERT ON upload
BEGIN
    SELECT RAISE(ABORT, 'upload: this batch is closed; use another name')
        WHERE NEW.batch <> '' AND EXISTS (SELECT 1 FROM batch WHERE name = NEW.batch AND closed = 1);
    SELECT RAISE(ABORT, 'upload: move_to comes with after_completion move')
        WHERE (NEW.after_completion IS 'move') <> (NEW.move_to IS NOT NULL);
    SELECT RAISE(ABORT, 'upload: another upload has this unique_key')
        WHERE NEW.unique_key IS NOT NULL AND EXISTS (SELECT 1 FROM upload WHERE unique_key = NEW.unique_key);
    SELECT RAISE(ABORT, 'upload: source_settled, tries and same_error are the workers''')
        WHERE NEW.source_settled <> 0 OR NEW.tries <> 0 OR NEW.same_error <> 0;
END;

CREATE TRIGGER upload_moves BEFORE UPDATE OF after_completion, move_to ON upload
WHEN (NEW.after_completion IS 'move') <> (NEW.move_to IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'upload: move_to comes with after_completion move'); END;

CREATE TRIGGER upload_stays_in_its_batch BEFORE UPDATE OF batch, spooled ON upload
WHEN OLD.batch <> NEW.batch OR OLD.spooled <> NEW.spooled
BEGIN SELECT RAISE(ABORT, 'upload: batch and spooled stay; add another upload'); END;

-- As in 0004, with the columns of 0005.
DROP TRIGGER upload_is_its_workers;
CREATE TRIGGER upload_is_its_workers
BEFORE UPDATE OF id, status, phase, endpoint, upload_token, upload_url, upload_offset, upload_length, attempt,
    not_before, retry_at, last_error_code, last_error, filename, content_type, metadata, expires_at, response, captured,
    pause_reason, completing, finalize_sent, worker_id, generation, revision, crashes, restarts, tries, same_error,
    source_mtime_ns, source_ctime_ns, source_inode, source_device, source_boot_id, finished_at, priority, batch,
    unique_key, deadline, max_attempts, after_completion, move_to, source_settled, original_path, spooled,
    trace_context ON upload
WHEN OLD.status = 'processing' AND NEW.revision <> OLD.revision + 1
BEGIN
    SELECT RAISE(ABORT, 'upload: a processing upload is its worker''s; set requested to pause or cancel instead');
END;

CREATE TRIGGER batch_insert BEFORE INSERT ON batch
WHEN EXISTS (SELECT 1 FROM batch WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'batch: this name exists already; update it instead'); END;

CREATE TRIGGER batch_is_what_it_was BEFORE UPDATE OF name, created_at ON batch
WHEN OLD.name <> NEW.name OR OLD.created_at <> NEW.created_at
BEGIN SELECT RAISE(ABORT, 'batch: name and created_at stay'); END;

CREATE TRIGGER batch_finishes_once BEFORE UPDATE ON batch
WHEN OLD.finished_at IS NOT NULL
    AND (NEW.closed = 0 OR NEW.finished_at IS NOT OLD.finished_at OR NEW.completed IS NOT OLD.completed
         OR NEW.failed IS NOT OLD.failed OR NEW.cancelled IS NOT OLD.cancelled)
BEGIN SELECT RAISE(ABORT, 'batch: it is finished; use another name'); END;

CREATE TRIGGER batch_delete BEFORE DELETE ON batch
WHEN EXISTS (SELECT 1 FROM upload WHERE batch = OLD.name AND batch <> '')
BEGIN SELECT RAISE(ABORT, 'batch: uploads are in it; remove them first'); END;

-- A batch that is closed when its uploads are finished already has no upload left that could finish it.
CREATE TRIGGER batch_closed AFTER UPDATE OF closed ON batch
WHEN OLD.closed = 0 AND NEW.closed = 1 AND NEW.finished_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM upload_count WHERE batch = NEW.name
                    AND status IN ('pending', 'processing', 'paused'))
BEGIN
    UPDATE batch SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
        completed = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.name AND status = 'completed'), 0),
        failed = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.name AND status = 'failed'), 0),
        cancelled = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.name AND status = 'cancelled'), 0)
    WHERE name = NEW.name;
END;

CREATE TRIGGER batch_finished AFTER UPDATE OF finished_at ON batch
WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, generation, batch)
    VALUES (0, 'batch finished', 'completed', 'done', 0, 0, 0, NEW.name);
END;

-- Adding also makes the batch, and counts.
DROP TRIGGER upload_added;
CREATE TRIGGER upload_added AFTER INSERT ON upload
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, generation)
    VALUES (NEW.id, 'add', NEW.status, NEW.phase, 0, 0, 0);
    INSERT INTO batch (name) SELECT NEW.batch
        WHERE NEW.batch <> '' AND NOT EXISTS (SELECT 1 FROM batch WHERE name = NEW.batch);
    INSERT INTO upload_count VALUES (NEW.batch, NEW.destination, NEW.status, 1, 0, coalesce(NEW.upload_length, 0))
    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes;
END;

-- As in 0002, and then the counts and the end of a batch: two triggers of one change run in no promised order.
DROP TRIGGER upload_changed;
CREATE TRIGGER upload_changed AFTER UPDATE OF status, phase ON upload
WHEN OLD.status <> NEW.status OR OLD.phase <> NEW.phase
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation,
                              error_code, error)
    VALUES (NEW.id,
        CASE
            WHEN NEW.status = 'pending' AND NEW.requested = 'cancel' AND OLD.status <> 'processing' THEN 'cancel'
            WHEN OLD.status = 'failed' AND NEW.status = 'pending' THEN 'retry'
            WHEN OLD.status = 'processing' AND NEW.status = 'pending' THEN
                CASE WHEN NEW.generation > OLD.generation THEN 'takeover'
                     WHEN NEW.attempt > OLD.attempt THEN 'try later' ELSE 'released' END
            WHEN OLD.status = 'processing' AND NEW.status = 'paused' THEN
                CASE WHEN NEW.pause_reason IS NULL THEN 'pause' ELSE 'park' END
            WHEN OLD.status = 'processing' AND NEW.status = 'failed' THEN
                CASE WHEN NEW.generation > OLD.generation THEN 'poison' ELSE 'refused' END
            WHEN OLD.status = 'paused' AND NEW.status = 'pending' THEN 'resume'
            ELSE (SELECT min(event) FROM transition
                  WHERE from_status = OLD.status AND from_phase = OLD.phase
                    AND to_status = NEW.status AND to_phase = NEW.phase)
        END,
        NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, coalesce(NEW.worker_id, OLD.worker_id), NEW.generation,
        CASE WHEN NEW.status IN ('pending', 'paused', 'failed', 'cancelled') OR NEW.restarts > OLD.restarts
             THEN NEW.last_error_code END,
        CASE WHEN NEW.status IN ('pending', 'paused', 'failed', 'cancelled') OR NEW.restarts > OLD.restarts
             THEN NEW.last_error END);
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    SELECT NEW.id, 'completing', NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id, NEW.generation
    WHERE OLD.completing = 0 AND NEW.completing = 1;

    UPDATE upload_count SET uploads = uploads - 1, bytes_there = bytes_there - OLD.upload_offset,
        bytes = bytes - coalesce(OLD.upload_length, 0)
        WHERE batch = OLD.batch AND destination = OLD.destination AND status = OLD.status;
    INSERT INTO upload_count
        VALUES (NEW.batch, NEW.destination, NEW.status, 1, NEW.upload_offset, coalesce(NEW.upload_length, 0))
        ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes_there = bytes_there + excluded.bytes_there,
            bytes = bytes + excluded.bytes;
    DELETE FROM upload_count WHERE batch = OLD.batch AND destination = OLD.destination AND status = OLD.status
        AND uploads = 0;
    UPDATE batch SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
        completed = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.batch AND status = 'completed'), 0),
        failed = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.batch AND status = 'failed'), 0),
        cancelled = coalesce((SELECT sum(uploads) FROM upload_count WHERE batch = NEW.batch AND status = 'cancelled'), 0)
    WHERE NEW.batch <> '' AND NEW.status IN ('completed', 'failed', 'cancelled')
        AND name = NEW.batch AND closed = 1 AND finished_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM upload_count WHERE batch = NEW.batch
                        AND status IN ('pending', 'processing', 'paused'));
END;

CREATE TRIGGER upload_sized AFTER UPDATE OF upload_offset, upload_length ON upload
WHEN OLD.status = NEW.status AND OLD.phase = NEW.phase
    AND (OLD.upload_offset <> NEW.upload_offset OR OLD.upload_length IS NOT NEW.upload_length)
BEGIN
    UPDATE upload_count SET bytes_there = bytes_there + NEW.upload_offset - OLD.upload_offset,
        bytes = bytes + coalesce(NEW.upload_length, 0) - coalesce(OLD.upload_length, 0)
        WHERE batch = NEW.batch AND destination = NEW.destination AND status = NEW.status;
END;

CREATE TRIGGER upload_removed AFTER DELETE ON upload
BEGIN
    UPDATE upload_count SET uploads = uploads - 1, bytes_there = bytes_there - OLD.upload_offset,
        bytes = bytes - coalesce(OLD.upload_length, 0)
        WHERE batch = OLD.batch AND destination = OLD.destination AND status = OLD.status;
    DELETE FROM upload_count WHERE batch = OLD.batch AND destination = OLD.destination AND status = OLD.status
        AND uploads = 0;
    DELETE FROM upload_tag WHERE upload_id = OLD.id;
    INSERT INTO removed_upload VALUES (OLD.id);
END;

CREATE TRIGGER upload_source_was_settled AFTER UPDATE OF source_settled ON upload
WHEN OLD.source_settled = 0 AND NEW.source_settled = 1
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, generation, error_code, error)
    VALUES (NEW.id, CASE WHEN NEW.last_error_code = 'source_kept' THEN 'source kept'
                         WHEN NEW.after_completion = 'move' THEN 'source moved' ELSE 'source deleted' END,
        NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.generation,
        CASE WHEN NEW.last_error_code = 'source_kept' THEN NEW.last_error_code END,
        CASE WHEN NEW.last_error_code = 'source_kept' THEN NEW.last_error END);
END;

CREATE TRIGGER upload_tag_insert BEFORE INSERT ON upload_tag
WHEN NOT EXISTS (SELECT 1 FROM upload WHERE id = NEW.upload_id)
BEGIN SELECT RAISE(ABORT, 'upload_tag: there is no such upload'); END;

CREATE TRIGGER consumer_goes_on BEFORE UPDATE OF cursor ON consumer
WHEN NEW.cursor < OLD.cursor
BEGIN SELECT RAISE(ABORT, 'consumer: its cursor never goes back; use another name'); END;

-- The history of an upload that is there stays, and so does what a consumer has not read yet.
DROP TRIGGER upload_event_delete;
CREATE TRIGGER upload_event_delete BEFORE DELETE ON upload_event
WHEN EXISTS (SELECT 1 FROM upload WHERE id = OLD.upload_id) OR EXISTS (SELECT 1 FROM batch WHERE name = OLD.batch)
    OR EXISTS (SELECT 1 FROM consumer WHERE cursor < OLD.seq)
BEGIN
    SELECT RAISE(ABORT,
        'upload_event: history is only added to, until its upload is removed and every consumer has read it');
END;

-- The contract as data: every change of status or phase that may happen, and the triggers that hold it,
-- also against a hand at the sqlite3 shell, where foreign keys are off.
-- The tests read this table; whoever changes it changes a contract.

CREATE TABLE transition (
    event       TEXT NOT NULL,
    from_status TEXT NOT NULL,      -- '-': there was no row
    from_phase  TEXT NOT NULL,
    to_status   TEXT NOT NULL,
    to_phase    TEXT NOT NULL,
    who         TEXT NOT NULL CHECK (who IN ('anyone', 'owner', 'worker')),
    PRIMARY KEY (from_status, from_phase, to_status, to_phase, event)
) STRICT, WITHOUT ROWID;

INSERT INTO transition VALUES
    ('add',         '-',          '-',        'pending',    'mint',     'anyone'),
    ('add',         '-',          '-',        'pending',    'create',   'anyone'),
    ('minted',      'processing', 'mint',     'processing', 'create',   'owner'),
    ('created',     'processing', 'create',   'processing', 'transfer', 'owner'),
    ('transferred', 'processing', 'transfer', 'processing', 'finalize', 'owner'),
    ('transferred', 'processing', 'transfer', 'processing', 'confirm',  'owner'),
    ('transferred', 'processing', 'transfer', 'processing', 'done',     'owner'),
    ('gone',        'processing', 'transfer', 'processing', 'create',   'owner'),
    ('gone',        'processing', 'transfer', 'processing', 'mint',     'owner'),
    ('finalized',   'processing', 'finalize', 'processing', 'confirm',  'owner'),
    ('finalized',   'processing', 'finalize', 'processing', 'done',     'owner'),
    ('confirmed',   'processing', 'confirm',  'processing', 'done',     'owner'),
    ('finished',    'processing', 'done',     'completed',  'done',     'owner');

-- The changes that keep the phase, in every phase that is work to do.
INSERT INTO transition
    SELECT change.column1, change.column2, phase.column1, change.column3, phase.column1, change.column4
    FROM (VALUES
        ('claim',     'pending',    'processing', 'worker'),
        ('try later', 'processing', 'pending',    'owner'),
        ('released',  'processing', 'pending',    'owner'),
        ('takeover',  'processing', 'pending',    'worker'),
        ('poison',    'processing', 'failed',     'worker'),
        ('refused',   'processing', 'failed',     'owner'),
        ('park',      'processing', 'paused',     'owner'),
        ('pause',     'processing', 'paused',     'owner'),
        ('pause',     'pending',    'paused',     'anyone'),
        ('resume',    'paused',     'pending',    'anyone'),
        ('deleted',   'processing', 'cancelled',  'owner'),
        ('cancel',    'pending',    'cancelled',  'anyone'),
        ('cancel',    'paused',     'cancelled',  'anyone'),
        ('cancel',    'failed',     'cancelled',  'anyone'),
        ('cancel',    'paused',     'pending',    'anyone'),    -- with requested = cancel: the server has something
        ('cancel',    'failed',     'pending',    'anyone')
    ) AS change,
    (VALUES ('mint'), ('create'), ('transfer'), ('finalize'), ('confirm')) AS phase;

-- retry goes back to any phase up to the one that failed; a cancelled upload starts over.
INSERT INTO transition
    SELECT 'retry', 'failed', old.column2, 'pending', new.column2, 'anyone'
    FROM (VALUES (1, 'mint'), (2, 'create'), (3, 'transfer'), (4, 'finalize'), (5, 'confirm')) AS old,
         (VALUES (1, 'mint'), (2, 'create'), (3, 'transfer'), (4, 'finalize'), (5, 'confirm')) AS new
    WHERE new.column1 <= old.column1;
INSERT INTO transition
    SELECT 'retry', 'cancelled', old.column1, 'pending', new.column1, 'anyone'
    FROM (VALUES ('mint'), ('create'), ('transfer'), ('finalize'), ('confirm')) AS old,
         (VALUES ('mint'), ('create')) AS new;

CREATE TRIGGER transition_is_fixed_update BEFORE UPDATE ON transition
BEGIN SELECT RAISE(ABORT, 'transition: the contract is changed by a migration only'); END;
CREATE TRIGGER transition_is_fixed_delete BEFORE DELETE ON transition
BEGIN SELECT RAISE(ABORT, 'transition: the contract is changed by a migration only'); END;
CREATE TRIGGER transition_is_fixed_insert BEFORE INSERT ON transition
BEGIN SELECT RAISE(ABORT, 'transition: the contract is changed by a migration only'); END;

-- Adding.

CREATE TRIGGER upload_insert BEFORE INSERT ON upload
BEGIN
    SELECT RAISE(ABORT, 'upload: this id exists already; leave id out')
        WHERE EXISTS (SELECT 1 FROM upload WHERE id = NEW.id);
    -- Bytes that are not UTF-8 would be read as other characters, and so name another file.
    SELECT RAISE(ABORT, 'upload: source_path is not UTF-8')
        WHERE NEW.source_path GLOB '*[^ -~]*' AND EXISTS (
            WITH RECURSIVE place (n) AS (
                SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < length(NEW.source_path))
            SELECT 1 FROM place
            WHERE CAST(substr(NEW.source_path, n, 1) AS BLOB)
               <> CAST(char(unicode(substr(NEW.source_path, n, 1))) AS BLOB));
    SELECT RAISE(ABORT, 'upload: there is no such destination (see table destination)')
        WHERE NOT EXISTS (SELECT 1 FROM destination WHERE name = NEW.destination);
    SELECT RAISE(ABORT, 'upload: this destination takes uploads with a grant only (endpoint and upload_token)')
        WHERE NEW.endpoint IS NULL
          AND (SELECT endpoint FROM destination WHERE name = NEW.destination) IS NULL;
    SELECT RAISE(ABORT, 'upload: endpoint and upload_token come together, from a grant')
        WHERE (NEW.endpoint IS NULL) <> (NEW.upload_token IS NULL);
    SELECT RAISE(ABORT, 'upload: this destination finalizes and so needs a grant (endpoint and upload_token)')
        WHERE NEW.upload_token IS NULL
          AND (SELECT finalize FROM destination WHERE name = NEW.destination) <> 'none';
    SELECT RAISE(ABORT, 'upload: a new upload is pending in its first phase, with nothing sent (see table transition)')
        WHERE NOT EXISTS (SELECT 1 FROM transition
                          WHERE from_status = '-' AND from_phase = '-'
                            AND to_status = NEW.status AND to_phase = NEW.phase)
           OR NEW.upload_offset <> 0 OR NEW.upload_url IS NOT NULL OR NEW.generation <> 0 OR NEW.revision <> 0
           OR NEW.completing <> 0 OR NEW.finalize_sent <> 0 OR NEW.crashes <> 0 OR NEW.restarts <> 0
           OR NEW.attempt <> 0 OR NEW.requested IS NOT NULL OR NEW.response IS NOT NULL;
END;

-- Changing.

CREATE TRIGGER upload_is_its_workers
BEFORE UPDATE OF id, status, phase, endpoint, upload_token, upload_url, upload_offset, upload_length, attempt,
    not_before, retry_at, last_error_code, last_error, filename, content_type, metadata, expires_at, response,
    pause_reason, completing, finalize_sent, worker_id, generation, revision, crashes, restarts, source_mtime_ns,
    source_ctime_ns, source_inode, source_device, source_boot_id, finished_at ON upload
WHEN OLD.status = 'processing' AND NEW.revision <> OLD.revision + 1
BEGIN
    SELECT RAISE(ABORT, 'upload: a processing upload is its worker''s; set requested to pause or cancel instead');
END;

CREATE TRIGGER upload_transition BEFORE UPDATE OF status, phase ON upload
WHEN (OLD.status <> NEW.status OR OLD.phase <> NEW.phase)
    AND NOT EXISTS (SELECT 1 FROM transition
                    WHERE from_status = OLD.status AND from_phase = OLD.phase
                      AND to_status = NEW.status AND to_phase = NEW.phase)
BEGIN SELECT RAISE(ABORT, 'upload: this change of status or phase is not allowed (see table transition)'); END;

CREATE TRIGGER upload_claim BEFORE UPDATE OF status ON upload
WHEN NEW.status = 'processing' AND OLD.status <> 'processing'
    AND (NEW.generation <> OLD.generation + 1 OR NOT EXISTS (SELECT 1 FROM worker WHERE id = NEW.worker_id))
BEGIN SELECT RAISE(ABORT, 'upload: only a worker claims an upload, with the next generation'); END;

CREATE TRIGGER upload_owner BEFORE UPDATE OF worker_id ON upload
WHEN OLD.status = 'processing' AND NEW.status = 'processing' AND OLD.worker_id <> NEW.worker_id
BEGIN SELECT RAISE(ABORT, 'upload: a claim does not change hands; it is taken over'); END;

CREATE TRIGGER upload_generation BEFORE UPDATE OF generation ON upload
WHEN NEW.generation < OLD.generation
BEGIN SELECT RAISE(ABORT, 'upload: generation never goes back'); END;

CREATE TRIGGER upload_finalize_sent BEFORE UPDATE OF finalize_sent ON upload
WHEN NEW.finalize_sent < OLD.finalize_sent AND NEW.status <> 'pending'
BEGIN SELECT RAISE(ABORT, 'upload: a finalize that was sent is not forgotten'); END;

CREATE TRIGGER upload_is_what_it_was BEFORE UPDATE OF id, source_path, destination, created_at ON upload
WHEN OLD.id <> NEW.id OR OLD.source_path <> NEW.source_path OR OLD.destination <> NEW.destination
    OR OLD.created_at <> NEW.created_at
BEGIN SELECT RAISE(ABORT, 'upload: id, source_path, destination and created_at stay; add another upload'); END;

CREATE TRIGGER upload_delete BEFORE DELETE ON upload
WHEN OLD.status NOT IN ('completed', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'upload: not finished; cancel it first'); END;

CREATE TRIGGER destination_insert BEFORE INSERT ON destination
WHEN EXISTS (SELECT 1 FROM destination WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'destination: this name exists already; update it instead'); END;

CREATE TRIGGER destination_rename BEFORE UPDATE OF name ON destination
WHEN OLD.name <> NEW.name AND EXISTS (SELECT 1 FROM upload WHERE destination = OLD.name)
BEGIN SELECT RAISE(ABORT, 'destination: uploads use this name'); END;

CREATE TRIGGER destination_delete BEFORE DELETE ON destination
WHEN EXISTS (SELECT 1 FROM upload WHERE destination = OLD.name)
BEGIN SELECT RAISE(ABORT, 'destination: uploads use it'); END;

CREATE TRIGGER worker_insert BEFORE INSERT ON worker
WHEN EXISTS (SELECT 1 FROM worker WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'worker: this id exists already'); END;

CREATE TRIGGER worker_update BEFORE UPDATE ON worker
BEGIN SELECT RAISE(ABORT, 'worker: its row stays as it is while it runs'); END;

CREATE TRIGGER worker_delete BEFORE DELETE ON worker
WHEN EXISTS (SELECT 1 FROM upload WHERE status = 'processing' AND worker_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'worker: it holds uploads; they are taken over first'); END;

-- The history.

CREATE TRIGGER upload_event_insert BEFORE INSERT ON upload_event
WHEN EXISTS (SELECT 1 FROM upload_event WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'upload_event: history is only added to'); END;
CREATE TRIGGER upload_event_update BEFORE UPDATE ON upload_event
BEGIN SELECT RAISE(ABORT, 'upload_event: history is only added to'); END;
CREATE TRIGGER upload_event_delete BEFORE DELETE ON upload_event
BEGIN SELECT RAISE(ABORT, 'upload_event: history is only added to'); END;

CREATE TRIGGER upload_added AFTER INSERT ON upload
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, generation)
    VALUES (NEW.id, 'add', NEW.status, NEW.phase, 0, 0, 0);
END;

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
    -- Here and not by the trigger below, since two triggers of one change run in no promised order.
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    SELECT NEW.id, 'completing', NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id, NEW.generation
    WHERE OLD.completing = 0 AND NEW.completing = 1;
END;

-- A parked reason ends with the pause, so that a hand need only set status.
CREATE TRIGGER upload_resumed AFTER UPDATE OF status ON upload
WHEN OLD.status = 'paused' AND NEW.status <> 'paused' AND NEW.pause_reason IS NOT NULL
BEGIN UPDATE upload SET pause_reason = NULL WHERE id = NEW.id; END;

-- Offsets are too many for a history: only the first of a claim, where the server said how much it has.
CREATE TRIGGER upload_acknowledged AFTER UPDATE OF upload_offset ON upload
WHEN NEW.status = 'processing' AND OLD.phase = 'transfer' AND NEW.phase = 'transfer'
    AND NEW.upload_offset <> OLD.upload_offset
    AND (SELECT event FROM upload_event WHERE upload_id = NEW.id ORDER BY seq DESC LIMIT 1) = 'claim'
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    VALUES (NEW.id, 'acknowledged', NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id, NEW.generation);
END;

CREATE TRIGGER upload_completing AFTER UPDATE OF completing ON upload
WHEN OLD.completing = 0 AND NEW.completing = 1 AND OLD.status = NEW.status AND OLD.phase = NEW.phase
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    VALUES (NEW.id, 'completing', NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id, NEW.generation);
END;

CREATE TRIGGER upload_finalize_was_sent AFTER UPDATE OF finalize_sent ON upload
WHEN NEW.finalize_sent > OLD.finalize_sent
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    VALUES (NEW.id, 'finalize sent', NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id, NEW.generation);
END;

CREATE TRIGGER upload_requested AFTER UPDATE OF requested ON upload
WHEN NEW.requested IS NOT NULL AND NEW.requested IS NOT OLD.requested
    AND OLD.status = NEW.status
BEGIN
    INSERT INTO upload_event (upload_id, event, status, phase, upload_offset, attempt, worker_id, generation)
    VALUES (NEW.id, 'request ' || NEW.requested, NEW.status, NEW.phase, NEW.upload_offset, NEW.attempt, NEW.worker_id,
            NEW.generation);
END;

-- Secrets: whoever ends an upload, its grant goes with it.

CREATE TRIGGER upload_forgets AFTER UPDATE OF status ON upload
WHEN NEW.status IN ('completed', 'cancelled') AND NEW.upload_token IS NOT NULL
BEGIN UPDATE upload SET upload_token = NULL, upload_url = NULL, endpoint = NULL WHERE id = NEW.id; END;

CREATE TRIGGER upload_secret_erased AFTER UPDATE OF upload_token ON upload
WHEN OLD.upload_token IS NOT NULL AND NEW.upload_token IS NULL
BEGIN INSERT INTO erased_secret (seq) VALUES (NULL); END;

CREATE TRIGGER upload_secret_deleted AFTER DELETE ON upload WHEN OLD.upload_token IS NOT NULL
BEGIN INSERT INTO erased_secret (seq) VALUES (NULL); END;

-- Destinations whose host is asked for a grant (mint) and whether the file is ready (confirm).

ALTER TABLE destination ADD COLUMN configuration TEXT   -- the steps beside tus, as JSON; see "Your own destination"
    CONSTRAINT "configuration is a JSON object" CHECK (configuration GLOB '{*"*:*}');
ALTER TABLE destination ADD COLUMN mints INTEGER NOT NULL DEFAULT 0     -- 1: an upload without a grant starts in phase mint
    CONSTRAINT "mints is 0 or 1" CHECK (mints IN (0, 1));

ALTER TABLE upload ADD COLUMN captured TEXT             -- what the host's answers had that later requests need; no secret
    CONSTRAINT "captured is a JSON object" CHECK (captured GLOB '{*"*:*}' AND length(captured) <= 16384);

DROP TRIGGER transition_is_fixed_insert;
INSERT INTO transition VALUES
    ('minted',    'processing', 'mint',     'processing', 'transfer', 'owner'), -- the host created the upload itself
    ('claim',     'pending',    'create',   'processing', 'mint', 'worker'),    -- added by SQL, where create is the default
    ('claim',     'pending',    'mint',     'processing', 'create', 'worker'),  -- the destination no longer gives grants
    ('reminted',  'processing', 'create',   'processing', 'mint', 'owner'),     -- the host no longer takes the grant
    ('mark completed', 'failed', 'transfer', 'completed', 'done', 'anyone'),    -- a person looked at the host
    ('mark completed', 'failed', 'finalize', 'completed', 'done', 'anyone'),
    ('mark completed', 'failed', 'confirm',  'completed', 'done', 'anyone');
CREATE TRIGGER transition_is_fixed_insert BEFORE INSERT ON transition
BEGIN SELECT RAISE(ABORT, 'transition: the contract is changed by a migration only'); END;

-- As in 0002, with captured.
DROP TRIGGER upload_is_its_workers;
CREATE TRIGGER upload_is_its_workers
BEFORE UPDATE OF id, status, phase, endpoint, upload_token, upload_url, upload_offset, upload_length, attempt,
    not_before, retry_at, last_error_code, last_error, filename, content_type, metadata, expires_at, response, captured,
    pause_reason, completing, finalize_sent, worker_id, generation, revision, crashes, restarts, source_mtime_ns,
    source_ctime_ns, source_inode, source_device, source_boot_id, finished_at ON upload
WHEN OLD.status = 'processing' AND NEW.revision <> OLD.revision + 1
BEGIN
    SELECT RAISE(ABORT, 'upload: a processing upload is its worker''s; set requested to pause or cancel instead');
END;

-- As in 0002, but for a destination that mints.
DROP TRIGGER upload_insert;
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
          AND (SELECT endpoint IS NULL AND mints = 0 FROM destination WHERE name = NEW.destination);
    SELECT RAISE(ABORT, 'upload: endpoint and upload_token come together, from a grant')
        WHERE (NEW.endpoint IS NULL) <> (NEW.upload_token IS NULL);
    SELECT RAISE(ABORT, 'upload: this destination finalizes and so needs a grant (endpoint and upload_token)')
        WHERE NEW.upload_token IS NULL
          AND (SELECT finalize <> 'none' AND mints = 0 FROM destination WHERE name = NEW.destination);
    SELECT RAISE(ABORT, 'upload: only a destination that mints has phase mint, and a grant needs none')
        WHERE NEW.phase = 'mint'
          AND (NEW.upload_token IS NOT NULL
               OR (SELECT mints = 0 FROM destination WHERE name = NEW.destination));
    SELECT RAISE(ABORT, 'upload: a new upload is pending in its first phase, with nothing sent (see table transition)')
        WHERE NOT EXISTS (SELECT 1 FROM transition
                          WHERE from_status = '-' AND from_phase = '-'
                            AND to_status = NEW.status AND to_phase = NEW.phase)
           OR NEW.upload_offset <> 0 OR NEW.upload_url IS NOT NULL OR NEW.generation <> 0 OR NEW.revision <> 0
           OR NEW.completing <> 0 OR NEW.finalize_sent <> 0 OR NEW.crashes <> 0 OR NEW.restarts <> 0
           OR NEW.attempt <> 0 OR NEW.requested IS NOT NULL OR NEW.response IS NOT NULL OR NEW.captured IS NOT NULL;
END;

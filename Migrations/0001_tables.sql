-- The tables of the upload queue. A landed migration is never edited; add a new file instead.
-- Times are UTC text with milliseconds: they sort as text, and people can read them.
-- No JSON function stands in the schema: SQLite 3.40 (Debian 12) refuses them where trusted_schema is off.
-- Stable for readers are the views of 0003_views.sql; these tables may change.

CREATE TABLE destination (
    name        TEXT PRIMARY KEY NOT NULL
                CONSTRAINT "a destination needs a name" CHECK (length(name) BETWEEN 1 AND 2048),
    endpoint    TEXT            -- where an upload is created; NULL: each upload brings its own by a grant
                CONSTRAINT "endpoint is an http or https URL"
                CHECK (endpoint GLOB 'http://?*' OR endpoint GLOB 'https://?*'),
    headers     TEXT NOT NULL DEFAULT '{}'  -- name to value; 'env:NAME' is resolved for each request
                CONSTRAINT "headers is a JSON object" CHECK (headers = '{}' OR headers GLOB '{*"*:*}'),
    metadata    TEXT NOT NULL DEFAULT '{}'
                CONSTRAINT "metadata is a JSON object" CHECK (metadata = '{}' OR metadata GLOB '{*"*:*}'),
    chunk_size  INTEGER         -- bytes of every PATCH but the last; NULL: chosen by the queue
                CONSTRAINT "chunk_size is positive" CHECK (chunk_size > 0),
    finalize    TEXT NOT NULL DEFAULT 'none'
                CONSTRAINT "finalize is none or wix" CHECK (finalize IN ('none', 'wix')),
    retry_at    TEXT            -- nothing is claimed for it before (429, 503)
                CONSTRAINT "retry_at is a UTC time" CHECK (retry_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),
    created_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

-- One running processor. Whether it is alive is told by its lock file, not by this row.
CREATE TABLE worker (
    id          INTEGER PRIMARY KEY AUTOINCREMENT CONSTRAINT "id is positive" CHECK (id > 0),
    boot_id     TEXT NOT NULL,
    pid         INTEGER NOT NULL,
    host        TEXT NOT NULL,
    started_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE upload (
    id              INTEGER PRIMARY KEY AUTOINCREMENT   -- a BEFORE INSERT trigger sees -1 where none was named
                    CONSTRAINT "id is positive" CHECK (id > 0),
    status          TEXT NOT NULL DEFAULT 'pending'
                    CONSTRAINT "status is one of pending processing paused completed failed cancelled"
                    CHECK (status IN ('pending', 'processing', 'paused', 'completed', 'failed', 'cancelled')),
    phase           TEXT NOT NULL DEFAULT 'create'
                    CONSTRAINT "phase is one of mint create transfer finalize confirm done"
                    CHECK (phase IN ('mint', 'create', 'transfer', 'finalize', 'confirm', 'done')),
    source_path     TEXT NOT NULL
                    CONSTRAINT "source_path is an absolute path"
                    CHECK (source_path GLOB '/?*' AND instr(source_path, char(0)) = 0 AND length(source_path) <= 4096),
    destination     TEXT NOT NULL REFERENCES destination (name),
    endpoint        TEXT        -- only where a grant brought one; else the destination's holds
                    CONSTRAINT "endpoint is an http or https URL"
                    CHECK (endpoint GLOB 'http://?*' OR endpoint GLOB 'https://?*'),
    upload_token    TEXT        -- secret; erased when the upload completes or is cancelled
                    CONSTRAINT "upload_token fits a header" CHECK (length(upload_token) BETWEEN 1 AND 16384),
    upload_url      TEXT        -- the Location of the created upload
                    CONSTRAINT "upload_url is an http or https URL"
                    CHECK (upload_url GLOB 'http://?*' OR upload_url GLOB 'https://?*'),
    upload_offset   INTEGER NOT NULL DEFAULT 0,     -- a hint; the server's own offset decides
    upload_length   INTEGER,
    attempt         INTEGER NOT NULL DEFAULT 0      -- tries of this phase without progress
                    CONSTRAINT "attempt is not negative" CHECK (attempt >= 0),
    not_before      TEXT        -- the user's wish
                    CONSTRAINT "not_before is a UTC time like 2026-11-22T15:13:24.000Z"
                    CHECK (not_before GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),
    retry_at        TEXT        -- the queue's back-off
                    CONSTRAINT "retry_at is a UTC time like 2026-11-22T15:13:24.000Z"
                    CHECK (retry_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),
    last_error_code TEXT,
    last_error      TEXT,
    filename        TEXT CONSTRAINT "filename is 1 to 1024 characters" CHECK (length(filename) BETWEEN 1 AND 1024),
    content_type    TEXT CONSTRAINT "content_type is 1 to 255 characters" CHECK (length(content_type) BETWEEN 1 AND 255),
    metadata        TEXT NOT NULL DEFAULT '{}'
                    CONSTRAINT "metadata is a JSON object" CHECK (metadata = '{}' OR metadata GLOB '{*"*:*}'),
    expires_at      TEXT
                    CONSTRAINT "expires_at is a UTC time" CHECK (expires_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),
    response        TEXT        -- what the host answered to finalize
                    CONSTRAINT "response is at most 1 MiB" CHECK (length(response) <= 1048576),
    pause_reason    TEXT
                    CONSTRAINT "pause_reason is credentials permission or quota"
                    CHECK (pause_reason IN ('credentials', 'permission', 'quota')),
    requested       TEXT        -- what a person asked of an upload that a worker holds
                    CONSTRAINT "requested is pause or cancel" CHECK (requested IN ('pause', 'cancel')),
    completing      INTEGER NOT NULL DEFAULT 0      -- 1: a request that can carry the last byte may have been sent
                    CONSTRAINT "completing is 0 or 1" CHECK (completing IN (0, 1)),
    finalize_sent   INTEGER NOT NULL DEFAULT 0
                    CONSTRAINT "finalize_sent is not negative" CHECK (finalize_sent >= 0),
    worker_id       INTEGER,
    generation      INTEGER NOT NULL DEFAULT 0,     -- counts claims; a write that names an old one changes nothing
    revision        INTEGER NOT NULL DEFAULT 0,     -- a worker raises it with every write
    crashes         INTEGER NOT NULL DEFAULT 0 CONSTRAINT "crashes is not negative" CHECK (crashes >= 0),
    restarts        INTEGER NOT NULL DEFAULT 0 CONSTRAINT "restarts is not negative" CHECK (restarts >= 0),
    source_mtime_ns INTEGER,
    source_ctime_ns INTEGER,
    source_inode    INTEGER,
    source_device   INTEGER,
    source_boot_id  TEXT,       -- the device number counts only within this boot
    created_at      TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                    CONSTRAINT "created_at is a UTC time" CHECK (created_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),
    finished_at     TEXT
                    CONSTRAINT "finished_at is a UTC time" CHECK (finished_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z'),

    CONSTRAINT "upload_offset lies between 0 and a known upload_length"
        CHECK (CASE WHEN upload_length IS NULL THEN upload_offset = 0
               ELSE upload_offset BETWEEN 0 AND upload_length END),
    CONSTRAINT "finished_at is set exactly when completed, failed or cancelled"
        CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
    CONSTRAINT "a worker holds exactly the processing uploads"
        CHECK ((worker_id IS NOT NULL) = (status = 'processing')),
    CONSTRAINT "upload_url is known in transfer and finalize"
        CHECK (upload_url IS NOT NULL OR phase NOT IN ('transfer', 'finalize') OR status = 'cancelled'),
    CONSTRAINT "completed means done" CHECK (status <> 'completed' OR phase = 'done'),
    CONSTRAINT "only a pending or processing upload has something requested"
        CHECK (requested IS NULL OR status IN ('pending', 'processing'))
) STRICT;

CREATE INDEX upload_pending ON upload (id) WHERE status = 'pending';
CREATE INDEX upload_processing ON upload (worker_id) WHERE status = 'processing';
CREATE INDEX upload_by_status ON upload (status, upload_length, upload_offset);
CREATE INDEX upload_by_destination ON upload (destination);

-- One row for each secret that was erased, until it is gone from the write-ahead log too.
CREATE TABLE erased_secret (
    seq INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

-- What happened, append-only, written by triggers. No secret ever stands in it.
CREATE TABLE upload_event (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT CONSTRAINT "seq is positive" CHECK (seq > 0),
    upload_id     INTEGER NOT NULL,
    at            TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    event         TEXT NOT NULL,    -- the word of table transition, or: acknowledged, completing, finalize sent, request
    status        TEXT NOT NULL,
    phase         TEXT NOT NULL,
    upload_offset INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    worker_id     INTEGER,
    generation    INTEGER NOT NULL,
    error_code    TEXT,
    error         TEXT
) STRICT;

CREATE INDEX upload_event_by_upload ON upload_event (upload_id, seq);

-- What a queue has beside its uploads: batches, limits, pauses, an order, counts that are always up to date, consumers.

CREATE TABLE queue (
    id               INTEGER PRIMARY KEY CONSTRAINT "there is one queue" CHECK (id = 1),
    paused           INTEGER NOT NULL DEFAULT 0     -- 1: nothing is claimed
                     CONSTRAINT "paused is 0 or 1" CHECK (paused IN (0, 1)),
    concurrency      INTEGER    -- uploads that all workers together may hold; NULL: no bound
                     CONSTRAINT "concurrency is positive" CHECK (concurrency > 0),
    bytes_per_second INTEGER    -- what all workers together may send; NULL: no bound
                     CONSTRAINT "bytes_per_second is 1024 or more" CHECK (bytes_per_second >= 1024),
    spool_mark       TEXT NOT NULL      -- begins the names of this queue's own copies: another's are not its to remove
                     CONSTRAINT "spool_mark is 16 hexadecimal digits"
                     CHECK (length(spool_mark) = 16 AND spool_mark NOT GLOB '*[^0-9A-F]*')
) STRICT;
INSERT INTO queue (id, spool_mark) VALUES (1, hex(randomblob(8)));

CREATE TRIGGER queue_delete BEFORE DELETE ON queue
BEGIN SELECT RAISE(ABORT, 'queue: its one row stays; update it instead'); END;

ALTER TABLE destination ADD COLUMN paused INTEGER NOT NULL DEFAULT 0    -- 1: nothing is claimed for it
    CONSTRAINT "paused is 0 or 1" CHECK (paused IN (0, 1));
ALTER TABLE destination ADD COLUMN concurrency INTEGER          -- uploads that all workers together may hold for it
    CONSTRAINT "concurrency is positive" CHECK (concurrency > 0);
ALTER TABLE destination ADD COLUMN bytes_per_second INTEGER     -- what all workers together may send to it
    CONSTRAINT "bytes_per_second is 1024 or more" CHECK (bytes_per_second >= 1024);
ALTER TABLE destination ADD COLUMN max_attempts INTEGER         -- tries of a phase without progress; NULL: the worker's
    CONSTRAINT "max_attempts is positive" CHECK (max_attempts > 0);
ALTER TABLE destination ADD COLUMN longest_delay INTEGER        -- seconds; the longest back-off; NULL: the worker's
    CONSTRAINT "longest_delay is positive" CHECK (longest_delay > 0);

CREATE TABLE batch (
    name        TEXT PRIMARY KEY NOT NULL
                CONSTRAINT "a batch's name is 1 to 255 characters" CHECK (length(name) BETWEEN 1 AND 255),
    paused      INTEGER NOT NULL DEFAULT 0
                CONSTRAINT "paused is 0 or 1" CHECK (paused IN (0, 1)),
    closed      INTEGER NOT NULL DEFAULT 0      -- 1: no upload is added any more, so that it can finish
                CONSTRAINT "closed is 0 or 1" CHECK (closed IN (0, 1)),
    created_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    finished_at TEXT,       -- when it was closed and its last upload finished; once
    completed   INTEGER,    -- the counts of that moment
    failed      INTEGER,
    cancelled   INTEGER,
    CONSTRAINT "finished_at comes with the counts, of a closed batch"
        CHECK ((finished_at IS NULL) = (completed IS NULL) AND (finished_at IS NULL) = (failed IS NULL)
           AND (finished_at IS NULL) = (cancelled IS NULL) AND (finished_at IS NULL OR closed = 1))
) STRICT, WITHOUT ROWID;

ALTER TABLE upload ADD COLUMN priority INTEGER NOT NULL DEFAULT 0       -- higher ones first
    CONSTRAINT "priority is -1000 to 1000" CHECK (priority BETWEEN -1000 AND 1000);
ALTER TABLE upload ADD COLUMN batch TEXT NOT NULL DEFAULT ''            -- '': none
    CONSTRAINT "a batch's name is at most 255 characters" CHECK (length(batch) <= 255);
ALTER TABLE upload ADD COLUMN unique_key TEXT       -- no other upload has it
    CONSTRAINT "unique_key is 1 to 8192 characters" CHECK (length(unique_key) BETWEEN 1 AND 8192);
ALTER TABLE upload ADD COLUMN deadline TEXT         -- not claimed after this time, but failed
    CONSTRAINT "deadline is a UTC time like 2026-11-22T15:13:24.000Z"
    CHECK (deadline GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z');
ALTER TABLE upload ADD COLUMN max_attempts INTEGER  -- tries of a phase without progress; NULL: the destination's
    CONSTRAINT "max_attempts is positive" CHECK (max_attempts > 0);
ALTER TABLE upload ADD COLUMN after_completion TEXT -- what is done with the source; NULL: nothing
    CONSTRAINT "after_completion is delete or move" CHECK (after_completion IN ('delete', 'move'));
ALTER TABLE upload ADD COLUMN move_to TEXT          -- the folder that the source is moved to
    CONSTRAINT "move_to is an absolute path" CHECK (move_to GLOB '/*' AND length(move_to) <= 4096);
ALTER TABLE upload ADD COLUMN source_settled INTEGER NOT NULL DEFAULT 0 -- 1: after_completion was done, or given up
    CONSTRAINT "source_settled is 0 or 1" CHECK (source_settled IN (0, 1));
ALTER TABLE upload ADD COLUMN original_path TEXT    -- of a copy that the queue made: what it is a copy of
    CONSTRAINT "original_path is at most 4096 characters" CHECK (length(original_path) <= 4096);
ALTER TABLE upload ADD COLUMN spooled INTEGER NOT NULL DEFAULT 0        -- 1: source_path is a copy of the queue's own
    CONSTRAINT "spooled is 0 or 1" CHECK (spooled IN (0, 1));
ALTER TABLE upload ADD COLUMN tries INTEGER NOT NULL DEFAULT 0          -- all that were put off, with or without progress
    CONSTRAINT "tries is not negative" CHECK (tries >= 0);
ALTER TABLE upload ADD COLUMN same_error INTEGER NOT NULL DEFAULT 0     -- tries in a row that ended with last_error_code
    CONSTRAINT "same_error is not negative" CHECK (same_error >= 0);
ALTER TABLE upload ADD COLUMN trace_context TEXT    -- W3C Trace Context of whoever added it, a JSON object
    CONSTRAINT "trace_context is a JSON object" CHECK (trace_context GLOB '{*"*:*}' AND length(trace_context) <= 8192);

CREATE TABLE upload_tag (
    tag       TEXT NOT NULL CONSTRAINT "a tag is 1 to 255 characters" CHECK (length(tag) BETWEEN 1 AND 255),
    upload_id INTEGER NOT NULL,
    PRIMARY KEY (tag, upload_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_tag_by_upload ON upload_tag (upload_id);

-- How many uploads stand where; triggers keep it, so that to look at a million uploads costs no more than at one.
CREATE TABLE upload_count (
    batch       TEXT NOT NULL,
    destination TEXT NOT NULL,
    status      TEXT NOT NULL,
    uploads     INTEGER NOT NULL,
    bytes_there INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    PRIMARY KEY (batch, destination, status)
) STRICT, WITHOUT ROWID;
INSERT INTO upload_count
    SELECT '', destination, status, count(*), sum(upload_offset), coalesce(sum(upload_length), 0)
    FROM upload GROUP BY destination, status;

-- A program that reads the history, and how far it came.
CREATE TABLE consumer (
    name       TEXT PRIMARY KEY NOT NULL
               CONSTRAINT "a consumer's name is 1 to 255 characters" CHECK (length(name) BETWEEN 1 AND 255),
    cursor     INTEGER NOT NULL DEFAULT 0 CONSTRAINT "cursor is not negative" CHECK (cursor >= 0),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

-- Uploads that were removed, until their history is too.
CREATE TABLE removed_upload (
    id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO removed_upload
    SELECT DISTINCT upload_id FROM upload_event WHERE upload_id NOT IN (SELECT id FROM upload);

ALTER TABLE upload_event ADD COLUMN batch TEXT;     -- of a batch that finished; upload_id is 0 then

-- A claim takes the heads of lanes (a destination with a batch): no row is looked at in vain.
CREATE INDEX upload_ready ON upload (destination, batch, priority DESC, id)
    WHERE status = 'pending' AND not_before IS NULL AND retry_at IS NULL AND crashes < 2;
CREATE INDEX upload_suspect ON upload (id) WHERE status = 'pending' AND crashes >= 2;
CREATE INDEX upload_retry ON upload (retry_at) WHERE status = 'pending' AND retry_at IS NOT NULL;
CREATE INDEX upload_not_before ON upload (not_before) WHERE status = 'pending' AND not_before IS NOT NULL;
CREATE INDEX upload_deadline ON upload (deadline)
    WHERE status = 'pending' AND deadline IS NOT NULL AND phase IN ('mint', 'create', 'transfer') AND completing = 0;
CREATE INDEX upload_deletion ON upload (id) WHERE status = 'pending' AND requested = 'cancel';
-- What waits is counted in the order of an index that has all it takes, status too.
CREATE INDEX upload_later ON upload (destination, batch, last_error_code, not_before, retry_at, status)
    WHERE status = 'pending' AND (not_before IS NOT NULL OR retry_at IS NOT NULL);
DROP INDEX upload_processing;
CREATE INDEX upload_processing ON upload (worker_id, destination) WHERE status = 'processing';
-- One index over every status would be taken for each question about pending uploads, as if these were few.
DROP INDEX upload_by_status;
CREATE INDEX upload_paused ON upload (id) WHERE status = 'paused';
CREATE INDEX upload_completed ON upload (id) WHERE status = 'completed';
CREATE INDEX upload_failed ON upload (id) WHERE status = 'failed';
CREATE INDEX upload_cancelled ON upload (id) WHERE status = 'cancelled';
CREATE INDEX upload_failed_at ON upload (finished_at, id) WHERE status = 'failed';
CREATE INDEX upload_paused_for ON upload (pause_reason, destination, status) WHERE status = 'paused';
CREATE INDEX upload_by_batch ON upload (batch) WHERE batch <> '';
CREATE INDEX upload_by_error ON upload (last_error_code, id, status) WHERE last_error_code IS NOT NULL;
CREATE INDEX upload_finished ON upload (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX upload_unsettled_at ON upload (source_path)
    WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0;
CREATE INDEX upload_source_unsettled ON upload (id)
    WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0;
CREATE INDEX upload_needs_source ON upload (source_path)
    WHERE status IN ('pending', 'processing', 'paused', 'failed');
CREATE INDEX upload_spooled ON upload (source_path) WHERE spooled = 1;
CREATE UNIQUE INDEX upload_by_unique_key ON upload (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX batch_paused ON batch (name) WHERE paused = 1;
CREATE INDEX upload_count_by_destination ON upload_count (destination, status, batch);
CREATE INDEX upload_event_of_batch ON upload_event (batch) WHERE batch IS NOT NULL;

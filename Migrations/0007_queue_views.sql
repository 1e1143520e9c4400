-- What people read, with batches and pauses.

DROP VIEW upload_status;
CREATE VIEW upload_status AS
SELECT id, status, phase,
       CASE WHEN status = 'completed' THEN 100.0
            WHEN upload_length > 0 THEN round(100.0 * upload_offset / upload_length, 1)
            ELSE 0.0 END AS percent,
       upload_offset, upload_length, destination, source_path, attempt,
       CASE WHEN status = 'pending' THEN
           nullif(max(coalesce(not_before, ''), coalesce(retry_at, '')), '') END AS next_try,
       coalesce(CASE WHEN requested IS NOT NULL THEN requested || ' requested' END, pause_reason,
                CASE WHEN status = 'pending' THEN
                    CASE WHEN (SELECT paused FROM queue) THEN 'queue paused'
                         WHEN (SELECT paused FROM destination WHERE name = upload.destination) THEN 'destination paused'
                         WHEN (SELECT paused FROM batch WHERE name = upload.batch) THEN 'batch paused' END END) AS note,
       last_error_code, last_error, created_at, finished_at, nullif(batch, '') AS batch, priority
FROM upload;

DROP VIEW queue_summary;
CREATE VIEW queue_summary AS
SELECT status, sum(uploads) AS uploads, sum(bytes_there) AS bytes_there, sum(bytes) AS bytes
FROM upload_count GROUP BY status;

CREATE VIEW batch_status AS
SELECT name, CASE WHEN finished_at IS NOT NULL THEN 'finished' WHEN paused THEN 'paused'
                  WHEN closed THEN 'closed' ELSE 'open' END AS state,
       coalesce(sum(uploads), 0) AS uploads,
       coalesce(sum(uploads) FILTER (WHERE status IN ('pending', 'processing', 'paused')), 0) AS unfinished,
       coalesce(sum(uploads) FILTER (WHERE status = 'completed'), 0) AS completed,
       coalesce(sum(uploads) FILTER (WHERE status = 'failed'), 0) AS failed,
       coalesce(sum(uploads) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
       coalesce(sum(bytes_there), 0) AS bytes_there, coalesce(sum(bytes), 0) AS bytes, created_at, finished_at
FROM (SELECT name, paused, closed, created_at, finished_at, status, uploads, bytes_there, bytes
      FROM batch LEFT JOIN upload_count ON upload_count.batch = batch.name)
GROUP BY name;

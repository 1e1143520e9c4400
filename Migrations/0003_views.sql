-- What people read: the stable interface for sqlite3, dashboards and scripts. No secret stands in a view.

CREATE VIEW upload_status AS
SELECT id, status, phase,
       CASE WHEN status = 'completed' THEN 100.0
            WHEN upload_length > 0 THEN round(100.0 * upload_offset / upload_length, 1)
            ELSE 0.0 END AS percent,
       upload_offset, upload_length, destination, source_path, attempt,
       CASE WHEN status = 'pending' THEN
           nullif(max(coalesce(not_before, ''), coalesce(retry_at, '')), '') END AS next_try,
       coalesce(CASE WHEN requested IS NOT NULL THEN requested || ' requested' END, pause_reason) AS note,
       last_error_code, last_error, created_at, finished_at
FROM upload;

CREATE VIEW queue_summary AS
SELECT status, count(*) AS uploads, sum(upload_offset) AS bytes_there, sum(upload_length) AS bytes
FROM upload GROUP BY status;

CREATE VIEW active_uploads AS
SELECT upload.id, phase,
       CASE WHEN upload_length > 0 THEN round(100.0 * upload_offset / upload_length, 1) ELSE 0.0 END AS percent,
       upload_offset, upload_length, destination, source_path, attempt, requested,
       worker_id, worker.pid, worker.host, worker.started_at AS worker_started_at
FROM upload LEFT JOIN worker ON worker.id = worker_id
WHERE status = 'processing';

CREATE VIEW failed_uploads AS
SELECT id, source_path, destination, phase, last_error_code, last_error, restarts, crashes, finished_at
FROM upload WHERE status = 'failed';

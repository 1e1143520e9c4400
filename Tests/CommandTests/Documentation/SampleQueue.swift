import Foundation
import Testing
import Uploads

/// A queue with an upload of each kind, for the statements of the documentation to read and to change.
struct SampleQueue {
    /// Holds `queue.db`.
    let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        _ = try await UploadQueue.open(folder["queue.db"])
        let ending = try await run(Self.rows)
        try #require(ending.status == 0, "\(ending.output)")
    }

    /// Runs statements in the sqlite3 shell.
    func run(_ sql: String) async throws -> (status: Int32, output: String) {
        let ending = try await ChildProcess.run(["sqlite3", "-batch", "-bail", "queue.db", sql], in: folder)
        if ending.status == 127 { throw SQLiteShell.Missing() }
        return ending
    }

    /// 1 completed long ago, 2 and 6 pending, 3 parked, 4 and 8 failed, 5 tried again later, 7 processing, 9 taken over; 2
    /// and 6 are the batch `monday`, 2 is tagged, and the consumer `billing` has read two events.
    private static let rows = """
        INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://tus.example.org/files/');
        INSERT INTO worker (boot_id, pid, host) VALUES ('boot', 1, 'example');
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 9)
            INSERT INTO upload (source_path, destination, upload_length, created_at, batch)
            SELECT '/data/' || n, 'archive', 1000, '2026-01-0' || n || 'T00:00:00.000Z', iif(n IN (2, 6), 'monday', '')
            FROM number;
        INSERT INTO upload_tag (tag, upload_id) VALUES ('urgent', 2);
        INSERT INTO consumer (name, cursor) VALUES ('billing', 2);
        UPDATE upload SET status = 'processing', worker_id = 1, generation = 1, revision = revision + 1
            WHERE id IN (1, 3, 4, 5, 7, 8, 9);
        UPDATE upload SET phase = 'transfer', upload_url = 'https://tus.example.org/files/' || id, revision = revision + 1
            WHERE id IN (1, 4, 7);
        UPDATE upload SET upload_offset = 500, revision = revision + 1 WHERE id = 7;
        UPDATE upload SET phase = 'done', upload_offset = 1000, revision = revision + 1 WHERE id = 1;
        UPDATE upload SET status = 'completed', worker_id = NULL, finished_at = '2026-01-02T00:00:00.000Z', revision = revision + 1
            WHERE id = 1;
        UPDATE upload SET status = 'paused', pause_reason = 'quota', worker_id = NULL, last_error_code = 'quota_exceeded',
            last_error = 'full', revision = revision + 1 WHERE id = 3;
        UPDATE upload SET status = 'failed', worker_id = NULL, finished_at = '2026-01-05T00:00:00.000Z', revision = revision + 1,
            last_error_code = 'source_changed', last_error = 'changed' WHERE id = 4;
        UPDATE upload SET status = 'pending', worker_id = NULL, attempt = 1, retry_at = '2026-01-06T00:00:00.000Z',
            revision = revision + 1, last_error_code = 'timeout', last_error = 'no answer' WHERE id = 5;
        UPDATE upload SET status = 'failed', worker_id = NULL, finished_at = '2026-01-09T00:00:00.000Z', revision = revision + 1,
            last_error_code = 'too_many_attempts', last_error = 'given up' WHERE id = 8;
        UPDATE upload SET status = 'pending', worker_id = NULL, generation = 2, revision = revision + 1 WHERE id = 9;
        """
}

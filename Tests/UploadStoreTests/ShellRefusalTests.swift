import GRDB
import Testing

@testable import UploadStore

/// What the schema tells a hand at the sqlite3 shell, where foreign keys are off.
@Suite(.serialized) struct ShellRefusalTests {
    struct Attempt: Sendable, CustomTestStringConvertible {
        var sql: String
        var message: String
        var testDescription: String { sql }

        init(_ sql: String, _ message: String) {
            self.sql = sql
            self.message = message
        }
    }

    /// Upload 1 is processing in transfer, 2 failed after a finalize was sent, 3 is pending, 4 paused.
    private static func fixture() async throws -> (StoreFixture, Worker) {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        _ = try await fixture.claimed(worker, in: .transfer)
        let failing = try await fixture.claimed(worker, in: .finalize, of: "media")
        try await fixture.store.finalizeSent(failing)
        try await fixture.store.failed(failing, code: "x", message: "y", now: StoreFixture.now)
        try await fixture.add(2)
        try await fixture.store.pause(4)
        try await fixture.store.save(DestinationRow(name: "spare", endpoint: "https://spare.example.org/"))
        return (fixture, worker)
    }

    private static let inserts = [
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES ('a.tif', 'archive')",
            "source_path is an absolute path"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES ('/', 'archive')",
            "source_path is an absolute path"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES ('/a' || char(0) || 'b', 'archive')",
            "source_path is an absolute path"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES (CAST(x'2F61FF' AS TEXT), 'archive')",
            "source_path is not UTF-8"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES (CAST(x'2F61C3' AS TEXT), 'archive')",
            "source_path is not UTF-8"
        ),
        Attempt("INSERT INTO upload (source_path, destination) VALUES ('/a', 'attic')", "there is no such destination"),
        Attempt("INSERT INTO upload (source_path) VALUES ('/a')", "there is no such destination"),
        Attempt(
            "INSERT INTO upload (source_path, destination) VALUES ('/a', 'media')",
            "takes uploads with a grant only"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, upload_token) VALUES ('/a', 'archive', 't')",
            "endpoint and upload_token come together"
        ),
        Attempt(
            "INSERT OR REPLACE INTO upload (id, source_path, destination) VALUES (3, '/b', 'archive')",
            "id exists already"
        ),
        Attempt(
            "INSERT OR IGNORE INTO upload (id, source_path, destination) VALUES (3, '/b', 'archive')",
            "id exists already"
        ),
        Attempt("REPLACE INTO upload (id, source_path, destination) VALUES (1, '/b', 'archive')", "id exists already"),
        Attempt("INSERT INTO upload (id, source_path, destination) VALUES (-1, '/b', 'archive')", "id is positive"),
        Attempt(
            "INSERT INTO upload (source_path, destination, status) VALUES ('/a', 'archive', 'waiting')",
            "is pending in its"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, phase) VALUES ('/a', 'archive', 'transfer')",
            "is pending in its"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, attempt) VALUES ('/a', 'archive', 1)",
            "with nothing sent"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, upload_length) VALUES ('/a', 'archive', -1)",
            "upload_offset lies"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, not_before) VALUES ('/a', 'archive', 'tomorrow')",
            "not_before is a UTC time"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, metadata) VALUES ('/a', 'archive', '[]')",
            "metadata is a JSON"
        ),
        Attempt(
            "INSERT INTO upload (source_path, destination, metadata) VALUES ('/a', 'archive', '{project: x}')",
            "metadata is a JSON"
        ),
        Attempt(
            "INSERT INTO destination (name, endpoint) VALUES ('x', 'ftp://x/')",
            "endpoint is an http or https URL"
        ),
        Attempt("INSERT OR REPLACE INTO destination (name) VALUES ('archive')", "this name exists already"),
        Attempt("INSERT OR REPLACE INTO worker (id, boot_id, pid, host) VALUES (1, 'b', 1, 'h')", "id exists already"),
        Attempt(
            """
            INSERT OR REPLACE INTO upload_event (seq, upload_id, event, status, phase, upload_offset, attempt, generation)
            VALUES (1, 1, 'add', 'pending', 'create', 0, 0, 0)
            """,
            "history is only added to"
        ),
        Attempt(
            """
            INSERT INTO upload_event (seq, upload_id, event, status, phase, upload_offset, attempt, generation)
            VALUES (-1, 1, 'add', 'pending', 'create', 0, 0, 0)
            """,
            "seq is positive"
        ),
        Attempt(
            "INSERT INTO transition VALUES ('x', 'pending', 'create', 'completed', 'done', 'anyone')",
            "changed by a migration only"
        ),
    ]

    private static let updates = [
        Attempt(
            "UPDATE upload SET upload_offset = -1 WHERE id = 3",
            "upload_offset lies between 0 and a known upload_length"
        ),
        Attempt(
            "UPDATE upload SET upload_offset = 101 WHERE id = 3",
            "upload_offset lies between 0 and a known upload_length"
        ),
        Attempt("UPDATE upload SET upload_length = NULL, upload_offset = 1 WHERE id = 3", "upload_offset lies between"),
        Attempt(
            "UPDATE upload SET finished_at = '2026-11-22T12:00:00.000Z' WHERE id = 3",
            "finished_at is set exactly"
        ),
        Attempt("UPDATE upload SET status = 'cancelled' WHERE id = 3", "finished_at is set exactly"),
        Attempt("UPDATE upload SET status = 'waiting' WHERE id = 3", "change of status or phase is not allowed"),
        Attempt("UPDATE upload SET phase = 'transfer' WHERE id = 3", "change of status or phase is not allowed"),
        Attempt(
            "UPDATE upload SET status = 'completed', phase = 'done', finished_at = '2026-11-22T12:00:00.000Z' WHERE id = 3",
            "change of status or phase is not allowed"
        ),
        Attempt(
            "UPDATE upload SET status = 'processing', worker_id = 1 WHERE id = 3",
            "only a worker claims an upload"
        ),
        Attempt(
            "UPDATE upload SET status = 'processing', worker_id = 99, generation = generation + 1 WHERE id = 3",
            "only a worker claims an upload"
        ),
        Attempt("UPDATE upload SET worker_id = 1 WHERE id = 3", "a worker holds exactly the processing uploads"),
        Attempt("UPDATE upload SET generation = 0 WHERE id = 2", "generation never goes back"),
        Attempt("UPDATE upload SET finalize_sent = 0 WHERE id = 2", "a finalize that was sent is not forgotten"),
        Attempt("UPDATE upload SET upload_url = NULL WHERE id = 2", "upload_url is known in transfer and finalize"),
        Attempt("UPDATE upload SET source_path = '/b' WHERE id = 3", "source_path, destination and created_at stay"),
        Attempt("UPDATE upload SET destination = 'spare' WHERE id = 3", "source_path, destination and created_at stay"),
        Attempt("UPDATE OR REPLACE upload SET id = 4 WHERE id = 3", "id, source_path, destination and created_at stay"),
        Attempt("UPDATE upload SET created_at = '2026-11-22T12:00:00.000Z' WHERE id = 3", "created_at stay"),
        Attempt("UPDATE upload SET requested = 'stop' WHERE id = 1", "requested is pause or cancel"),
        Attempt(
            "UPDATE upload SET requested = 'cancel' WHERE id = 2",
            "only a pending or processing upload has something"
        ),
        Attempt("UPDATE destination SET name = 'attic' WHERE name = 'archive'", "uploads use this name"),
        Attempt("UPDATE destination SET headers = 'x'", "headers is a JSON object"),
        Attempt("UPDATE worker SET id = 9", "its row stays as it is"),
        Attempt("UPDATE worker SET boot_id = 'another'", "its row stays as it is"),
        Attempt("UPDATE upload_event SET event = 'x' WHERE seq = 1", "history is only added to"),
        Attempt("UPDATE transition SET who = 'anyone'", "changed by a migration only"),
        Attempt("DELETE FROM upload WHERE id = 3", "not finished; cancel it first"),
        Attempt("DELETE FROM upload WHERE id = 1", "not finished; cancel it first"),
        Attempt("DELETE FROM upload", "not finished; cancel it first"),
        Attempt("DELETE FROM destination WHERE name = 'archive'", "destination: uploads use it"),
        Attempt("DELETE FROM worker", "it holds uploads; they are taken over first"),
        Attempt("DELETE FROM upload_event WHERE upload_id = 3", "history is only added to"),
        Attempt("DELETE FROM transition WHERE event = 'claim'", "changed by a migration only"),
    ]

    @Test(arguments: ["", "PRAGMA trusted_schema = OFF;"])
    func isTold(prelude: String) async throws {
        let (fixture, worker) = try await Self.fixture()
        let shell = Shell(path: fixture.path, prelude: prelude)
        let before = try Shell(path: fixture.path).run(".dump")
        for attempt in Self.inserts + Self.updates {
            let message = try shell.refusal(attempt.sql)
            #expect(message.contains(attempt.message), "\(attempt.sql) is refused with: \(message)")
        }
        #expect(try Shell(path: fixture.path).run(".dump") == before)
        withExtendedLifetime(worker) {}
    }

    /// Each column alone, so that a column that a migration adds is not forgotten in the trigger.
    @Test func everyColumnOfAProcessingRowButRequestedIsItsWorkers() async throws {
        let (fixture, worker) = try await Self.fixture()
        let queue = try fixture.rawConnection()
        try await queue.writeWithoutTransaction { db in
            let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('upload')")
            #expect(columns.count > 30)
            for column in columns where column != "requested" {
                let error = try #require(throws: DatabaseError.self, "\(column)") {
                    try db.execute(sql: "UPDATE upload SET \(column) = \(column) WHERE id = 1 AND \(column) IS NULL")
                    try db.execute(sql: "UPDATE upload SET \(column) = coalesce(\(column), 0) || '1' WHERE id = 1")
                }
                let message = error.message ?? ""
                // Which of the triggers that refuse a change speaks first is SQLite's choice.
                let ways = [
                    "is its worker's", "created_at stay", "(see table transition)", "does not change hands",
                    "batch and spooled stay", "source_leaves is for the file of a completed upload",
                ]
                #expect(ways.contains { message.contains($0) }, "\(column): \(message)")
            }
        }
        try Shell(path: fixture.path).run("UPDATE upload SET requested = 'cancel' WHERE id = 1")
        #expect(try await fixture.row(1).requested == .cancel)
        withExtendedLifetime(worker) {}
    }
}

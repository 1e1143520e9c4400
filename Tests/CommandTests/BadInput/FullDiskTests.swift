import DevelopmentServer
import Foundation
import Testing
import UploadStore

/// A disk without room: nothing is half-written, and what was in hand goes on where there is room again.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FullDiskTests {
    private static let files = 120

    /// Fills the small disk to its last page.
    private static let fill = "dd if=/dev/zero of=small/filler bs=4k 2> /dev/null; test -s small/filler || exit 124\n"

    @Test func whatFindsNoRoomIsToldAndChangesNothing() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        let ending = try await commands.shellWithSmallDisk(
            mebibytes: 1,
            """
            export UPLOAD_QUEUE_DATABASE=small/queue.db
            \(Self.fill)upload-queue destination add here --tus http://a.example/; echo "no room for a queue: $?"
            rm small/filler; upload-queue destination add here --tus http://a.example/; echo "room: $?"
            \(Self.fill)for i in {1..50}; do upload-queue add a a a a --to here > ids 2> errors || { failed=$?; break; }; done
            echo "no room to add: $failed"; cat errors
            rm small/filler
            sqlite3 small/queue.db 'SELECT count(*) % 4 FROM upload; PRAGMA integrity_check'
            upload-queue add a --to here > ids; echo "room: $?"
            """
        )
        #expect(ending.status == 0)
        // Told only where the disk became full after the queue was opened.
        let nothing = "upload-queue: nothing was added"
        let lines = ending.output.split(separator: "\n").map(String.init).filter { $0 != nothing }
        try #require(lines.count == 8, "\(ending.output)")
        let full = "upload-queue: the disk of \(commands.folder["small/queue.db"]) is full; nothing was changed; "
        #expect(lines[0].hasPrefix(full))
        #expect(lines[1] == "no room for a queue: 74")
        #expect(lines[2] == "room: 0")
        #expect(lines[3] == "no room to add: 74")
        #expect(lines[4].hasPrefix(full))
        #expect(lines[5...] == ["0", "ok", "room: 0"])
    }

    /// A queue of the version before this one, of more bytes than a disk has left.
    @Test func anOlderQueueIsNotChangedWithoutRoomForItsCopy() async throws {
        let commands = try QueueCommands()
        var script = """
            BEGIN;
            CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
                applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))) STRICT;
            PRAGMA application_id = 1433424177;

            """
        for migration in Migration.all.dropLast() {
            script +=
                String(decoding: migration.sql, as: UTF8.self) + """

                    INSERT INTO schema_migration (version, name, sha256)
                        VALUES (\(migration.version), '\(migration.name)', '\(migration.sha256)');
                    PRAGMA user_version = \(migration.version);

                    """
        }
        script += """
            INSERT INTO destination (name, endpoint) VALUES ('a', 'http://a.example/');
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
                INSERT INTO upload (source_path, destination, metadata)
                SELECT '/data/' || i, 'a', '{"note": "' || hex(zeroblob(1000)) || '"}' FROM n;
            COMMIT;
            """
        try commands.write("older.sql", script)
        let ending = try await commands.shellWithSmallDisk(
            mebibytes: 4,
            """
            export UPLOAD_QUEUE_DATABASE=small/queue.db
            sqlite3 -bail small/queue.db < older.sql > mode && chmod 600 small/queue.db || exit 123
            \(Self.fill)truncate -s -200K small/filler
            upload-queue list > list 2> errors; echo "no room for a copy: $?"; cat errors
            ls small; sqlite3 small/queue.db 'SELECT count(*) FROM upload; PRAGMA user_version; PRAGMA integrity_check'
            rm small/filler; upload-queue list > list 2> errors; echo "room: $?"
            ls small
            """
        )
        let older = Migration.latest - 1
        let lines = ending.output.split(separator: "\n").map(String.init)
        try #require(lines.count > 6, "\(ending.output)")
        #expect(lines[0] == "no room for a copy: 74")
        let queue = commands.folder["small/queue.db"]
        #expect(
            lines[1].hasPrefix("upload-queue: the schema of \(queue) is older, and is not changed without a copy: ")
        )
        #expect(lines[1].contains("the disk of \(queue).schema-\(older) is full"))
        let names = lines.dropFirst(2).filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        #expect(
            names == ["filler", "queue.db", "200", "\(older)", "ok", "room: 0", "queue.db", "queue.db.schema-\(older)"]
        )
    }

    /// The answers that a worker has in hand when the disk fills up are not lost: each upload is created once.
    @Test func aWorkerWaitsForRoomAndLosesNothing() async throws {
        let commands = try QueueCommands()
        for index in 0..<Self.files {
            try commands.folder.write("file-\(index)", bytes: 3_000 + index, seed: UInt64(index + 1))
        }
        let configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        try await withDevelopmentServer(configuration) { server in
            let ending = try await commands.shellWithSmallDisk(
                mebibytes: 4,
                """
                export UPLOAD_QUEUE_DATABASE=small/queue.db
                upload-queue add file-* --to \(server.endpoint) > ids || exit 123
                mkfifo errors; upload-queue run --drain --concurrency 8 2> errors > done & worker=$! && exec 3< errors
                until grep -q completed done; do :; done
                \(Self.fill)while read -r line <&3; do
                    echo "$line"
                    case $line in *"is full"*) rm small/filler ;; esac
                done
                wait "$worker"; echo "ended: $?"
                sqlite3 small/queue.db "SELECT status, count(*) FROM upload GROUP BY status; PRAGMA integrity_check"
                """
            )
            #expect(ending.status == 0)
            let lines = ending.output.split(separator: "\n").map(String.init)
            #expect(lines.contains { $0.contains("cannot be written now") && $0.contains("is full") }, "\(lines)")
            #expect(lines.suffix(3) == ["ended: 0", "completed|\(Self.files)", "ok"], "\(lines)")
            let created = server.requests().filter { $0.method == "POST" && $0.status == 201 }
            #expect(created.count == Self.files)
            let bytes = (0..<Self.files).reduce(0) { $0 + 3_000 + $1 }
            let stored = server.requests().reduce(0) { $0 + Int($1.bytesStored) }
            #expect(stored == bytes)
        }
    }
}

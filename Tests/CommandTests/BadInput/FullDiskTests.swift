import DevelopmentServer
import Foundation
import Testing

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
        let lines = ending.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 8, "\(ending.output)")
        let full = "upload-queue: the disk of \(commands.folder["small/queue.db"]) is full; nothing was changed; "
        #expect(lines[0].hasPrefix(full))
        #expect(lines[1] == "no room for a queue: 74")
        #expect(lines[2] == "room: 0")
        #expect(lines[3] == "no room to add: 74")
        #expect(lines[4].hasPrefix(full))
        #expect(lines[5...] == ["0", "ok", "room: 0"])
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

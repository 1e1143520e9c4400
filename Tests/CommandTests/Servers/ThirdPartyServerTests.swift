import Foundation
import Testing
import UploadStore
import Uploads

/// Uploads to tus servers that others wrote, with the worker killed in between.
///
/// `.ci/run` sets `UPLOAD_QUEUE_SCALE=full`: 1 GiB and 2,000 files to each. Without it the same test runs smaller.
@Suite(
    .serialized,
    .enabled(
        if: ThirdPartyServer.areWanted,
        "NOT TESTED: servers of others. Run .ci/tus-servers FOLDER, and set UPLOAD_QUEUE_TUS_SERVERS to the folder"
    )
)
struct ThirdPartyServerTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    private static let large = isFull ? 1 << 30 : 64 << 20
    private static let small = isFull ? 2_000 : 40
    /// One more without progress in between, and an upload counts as what kills its worker.
    private static let kills = Store.poisonCrashes - 1

    @Test(arguments: ThirdPartyServer.Kind.allCases) func everyFileArrivesOnce(_ kind: ThirdPartyServer.Kind)
        async throws
    {
        let commands = try QueueCommands()
        let server = try await ThirdPartyServer(kind, in: commands.folder)
        try await commands.output("destination", "add", "server", "--tus", server.endpoint)
        var sources = [try commands.folder.write("large.bin", bytes: Self.large, seed: 1)]
        sources.append(try commands.folder.write("empty", bytes: 0, seed: 2))
        for index in 0..<Self.small {
            sources.append(try commands.folder.write("ü \(index).bin", bytes: 60_000 + index, seed: UInt64(index + 3)))
        }
        // tuspyserver answers HEAD with 400 where the metadata has no filetype.
        let metadata = "filetype=application/octet-stream"
        let added = try await commands.add(sources, "--to", "server", "--metadata", metadata)
        try #require(added.status == 0, "\(added.errors)")
        let kills = try await killed(commands)
        // At the small scale other tests may delay this one until the worker has ended.
        #expect(kills > 0 || !Self.isFull)
        let last = try await commands.run("run", "--drain", "--concurrency", "8")
        #expect(last.status == 0, "\(last.errors.suffix(2_000)) \(last.output.suffix(2_000))")

        let rows = try await SQLiteShell.run(
            "SELECT source_path, status, restarts, upload_url FROM upload ORDER BY id",
            on: commands.database
        ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.map { $0[0] } == sources)
        for row in rows {
            #expect(row[1...2] == ["completed", "0"], "\(row)")
            #expect(try Audit.digest(row[0]) == Audit.digest(server.file(ofUpload: row[3])), "\(row[0]) differs")
        }
        #expect(Set(rows.map { $0[3] }).count == sources.count)
        #expect(try server.uploadsWithBytes().count == sources.count - 1, "an upload that was given up has bytes")
        #expect(try await SQLiteShell.run("PRAGMA integrity_check", on: commands.database) == ["ok"])
    }

    @Test(arguments: ThirdPartyServer.Kind.allCases)
    func whatIsCancelledIsDeleted(_ kind: ThirdPartyServer.Kind) async throws {
        let commands = try QueueCommands()
        let server = try await ThirdPartyServer(kind, in: commands.folder)
        try await commands.output("destination", "add", "server", "--tus", server.endpoint, "--chunk-size", "64KiB")
        try commands.folder.write("large.bin", bytes: Self.large, seed: 1)
        try await commands.output("add", "large.bin", "--to", "server")
        let worker = try commands.start("run", "--drain")
        let queue = try await UploadQueue.open(commands.database)
        let upload = try #require(try await queue.uploads().first)
        for try await update in queue.updates(of: upload.id) where update.offset > 0 { break }
        try await commands.output("cancel", "1")
        #expect(try await worker.wait().killed == false)
        let row = try await SQLiteShell.run("SELECT status, last_error_code FROM upload", on: commands.database)
        #expect(row == ["cancelled|"])
        #expect(try server.uploadsWithBytes() == [])
    }

    /// Kills the worker at random moments; returns how often it was still at work.
    private func killed(_ commands: QueueCommands) async throws -> Int {
        var kills = 0
        for _ in 0..<Self.kills {
            let worker = try commands.start("run", "--drain", "--concurrency", "8")
            // Not to wait for something, but to hit any moment.
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...(Self.isFull ? 5_000 : 300))))
            worker.signal(SIGKILL)
            kills += try await worker.wait().killed ? 1 : 0
        }
        return kills
    }
}

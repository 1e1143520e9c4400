import DevelopmentServer
import Foundation
import GRDB
import Testing

@testable import UploadStore
@testable import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A queue in a program's own database, and what is added in its transactions.
@Suite(.serialized) struct GuestQueueTests {
    struct Undone: Error {}

    static func run(_ body: (Program, Scene) async throws -> Void) async throws {
        try await Scene.run { scene in
            let program = try await Program(scene.folder.path)
            try await program.queue.save(.tus("server", endpoint: scene.server.endpoint))
            try await body(program, Scene(folder: scene.folder, queue: program.queue, server: scene.server))
        }
    }

    @Test func whatATransactionAddedIsThereWithIt() async throws {
        try await Self.run { program, scene in
            let path = try scene.folder.write("a.tif", bytes: 1000)
            let options = AddOptions(priority: 3, batch: "monday", tags: ["urgent", "plants"], uniqueKey: .key("a"))
            let added = try await program.scan(path, options: options)
            #expect(added == (try await program.queue.upload(added.id)))
            #expect(added.tags == ["plants", "urgent"])
            #expect(added.batch == "monday" && added.priority == 3)
            #expect(try await program.queue.batch("monday")?.uploads == 1)
            try await scene.drain()
            let done = try await scene.upload(added.id)
            #expect(done.status == .completed)
            #expect(try scene.stored(done) == TestFolder.bytes(1000))
        }
    }

    @Test(arguments: ["rollback", "savepoint"]) func whatIsRolledBackNeverWas(how: String) async throws {
        try await Self.run { program, scene in
            let path = try scene.folder.write("a.tif", bytes: 1000)
            let options = AddOptions(batch: "monday", tags: ["urgent"], uniqueKey: .source)
            do {
                try await program.pool.write { [queue = program.queue] db in
                    func add() throws {
                        try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: [path])
                        try queue.add(.file(path), to: "server", options: options, in: db)
                    }
                    guard how == "savepoint" else {
                        try add()
                        throw Undone()
                    }
                    try db.inSavepoint {
                        try add()
                        return .rollback
                    }
                }
            } catch is Undone {}
            for table in ["scan", "upload", "batch", "upload_tag", "upload_event", "upload_count"] {
                #expect(try await program.number("SELECT count(*) FROM \(table)") == 0, "\(table)")
            }
            #expect(try await program.scan(path, options: options).id > 0, "its key is free")
        }
    }

    /// What is wrong with one file is the program's to decide: its transaction goes on.
    @Test func whatIsRefusedLeavesTheTransactionAsItWas() async throws {
        try await Self.run { program, scene in
            let path = try scene.folder.write("a.tif", bytes: 1000)
            let first = try await program.scan(path, options: .init(uniqueKey: .key("a")))
            let codes = try await program.pool.write { [queue = program.queue, folder = scene.folder.path] db in
                try db.execute(sql: "INSERT INTO scan (path) VALUES ('/other')")
                let attempts: [() throws -> Upload] = [
                    { try queue.add(.file(folder + "/missing"), to: "server", in: db) },
                    { try queue.add(.file(path), to: "nowhere", in: db) },
                    { try queue.add(.copy(of: path), to: "server", in: db) },
                    { try queue.add(.file(path), to: "server", options: .init(priority: 5000), in: db) },
                    {
                        let options = AddOptions(uniqueKey: .key("a"), ifExists: .fail)
                        return try queue.add(.file(path), to: "server", options: options, in: db)
                    },
                ]
                let codes = attempts.map { attempt in
                    do { return "added \(try attempt().id)" } catch {
                        return "\((error as? UploadQueueError)?.code as Any)"
                    }
                }
                let same = try queue.add(.file(path), to: "server", options: .init(uniqueKey: .key("a")), in: db)
                return codes + ["\(same.id)"]
            }
            #expect(
                codes == [
                    "Optional(invalid_source)", "Optional(not_found)", "Optional(invalid_option)",
                    "Optional(invalid_option)", "Optional(exists)", "\(first.id)",
                ]
            )
            #expect(try await program.scans().count == 2)
            #expect(try await program.number("SELECT count(*) FROM upload") == 1)
            let outside = await #expect(throws: UploadQueueError.self) {
                _ = try await program.pool.writeWithoutTransaction { [queue = program.queue] db in
                    try queue.add(.file(path), to: "server", in: db)
                }
            }
            #expect(outside?.code == .invalidOption)
            let reading = await #expect(throws: UploadQueueError.self) {
                _ = try await program.pool.read { [queue = program.queue] db in
                    try queue.add(.file(path), to: "server", in: db)
                }
            }
            #expect(reading != nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theCommitWakesTheProcessorsOfThisProcess() async throws {
        try await Self.run { program, scene in
            let path = try scene.folder.write("a.tif", bytes: 1000)
            let wakes = program.queue.work.stream()
            let changes = program.queue.store.changes.stream()
            try await program.scan(path)
            for await _ in wakes { break }
            for await _ in changes { break }
            let upload = try await scene.whileWorking(scene.processor(drain: false)) {
                try await program.queue.waitUntilFinished(1)
            }
            #expect(upload.status == .completed)
        }
    }

    @Test(arguments: [false, true]) func aKilledProgramHasBothOrNeither(commits: Bool) async throws {
        let folder = try TestFolder()
        let path = try folder.write("a.tif", bytes: 1000)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [folder = folder.path as String, path = path as String, commits = commits as Bool] in
            try await Program.start(folder) { program in
                try await program.queue.save(.tus("server", endpoint: "https://tus.example.org/"))
                try await program.pool.write { [queue = program.queue] db in
                    try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: [path])
                    try queue.add(.file(path), to: "server", options: .init(batch: "monday"), in: db)
                    if !commits { Kill.now() }
                }
                Kill.now()
            }
        }
        let program = try await Program(folder.path)
        #expect(try await program.scans() == (commits ? [path] : []))
        #expect(try await program.queue.uploads().map(\.sourcePath) == (commits ? [path] : []))
        #expect(try await program.queue.batches().count == (commits ? 1 : 0))
        #expect(try await program.queue.summary().reduce(0) { $0 + $1.uploads } == (commits ? 1 : 0))
    }

    @Test func aProgramKilledAtRandomNeverHasOneWithoutTheOther() async throws {
        let folder = try TestFolder()
        let path = try folder.write("source", bytes: 10)
        do { try await Program(folder.path).queue.save(.tus("server", endpoint: "https://tus.example.org/")) }
        for round in 0..<6 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = folder.path as String, path = path as String, round = round as Int] in
                try await Program.start(folder) { program in
                    for number in 0... {
                        if number == 3 { Kill.soon(within: 0...80) }
                        try await program.pool.write { [queue = program.queue] db in
                            try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: ["\(round)-\(number)"])
                            try queue.add(.file(path), to: "server", filename: "\(round)-\(number)", in: db)
                        }
                    }
                }
            }
            #expect(Program.error(in: folder.path) == nil)
        }
        let program = try await Program(folder.path)
        let names = try await program.queue.uploads(matching: .init(limit: 1 << 20)).compactMap(\.filename).sorted()
        #expect(names.count >= 18)
        #expect(names == (try await program.scans()))
        #expect(try await program.pool.read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") } == "ok")
    }

    /// Another program, which was started while this one goes on to add, brings it all to an end.
    @Test func aProcessorOfAnotherProcessWorksIt() async throws {
        let folder = try TestFolder()
        let program = try await Program(folder.path)
        try await program.queue.save(.tus("server", endpoint: "http://127.0.0.1:1/"))
        let paths = try (0..<20).map { try folder.write("\($0).tif", bytes: 500, seed: UInt64($0 + 1)) }
        for path in paths.prefix(10) { try await program.scan(path) }
        async let other = #expect(processExitsWith: .success) { [folder = folder.path as String] in
            try await Program.start(folder) { program in
                try await withDevelopmentServer(.init(directory: folder + "/server")) { server in
                    try await program.queue.save(.tus("server", endpoint: server.endpoint))
                    let work = Task { try await program.queue.processor(options: .init(concurrency: 2)).run() }
                    for id in 1...20 as ClosedRange<Int64> {
                        while try await program.queue.upload(id) == nil { await Task.yield() }
                        try await program.queue.waitUntilFinished(id)
                    }
                    work.cancel()
                    _ = await work.result
                }
            }
        }
        for path in paths.suffix(10) { try await program.scan(path) }
        _ = await other
        #expect(Program.error(in: folder.path) == nil)
        let uploads = try await program.queue.uploads()
        #expect(uploads.map(\.status) == Array(repeating: .completed, count: 20))
        for (index, upload) in uploads.enumerated() {
            let id = try #require(upload.uploadURL?.split(separator: "/").last)
            let stored = try Data(contentsOf: URL(filePath: folder["server/\(id).bin"]))
            #expect(stored == TestFolder.bytes(500, seed: UInt64(index + 1)))
        }
    }

    /// The host is not asked for a grant that could not be kept.
    @Test func aMintWaitsUntilNobodyElseReadsTheFile() async throws {
        try await Self.run { program, scene in
            let media = try Destination.wix("media", owner: .site("S"), apiKey: "env:KEY", api: scene.server.origin)
            try await program.queue.save(media)
            let upload = try await program.queue.add(.file(try scene.folder.write("a.jpg", bytes: 1000)), to: "media")
            #expect(chmod(program.queue.path, 0o644) == 0)
            let work = scene.processor(surroundings: .init(environment: { _ in "a-key" }))
            try await work.run()
            let parked = try await scene.upload(upload.id)
            #expect(parked.status == .paused && parked.pauseReason == "permission")
            #expect(parked.failure?.code == "wrong_permissions")
            #expect(parked.failure?.message.contains("chmod 600") == true)
            #expect(scene.requests(.mint).isEmpty)
            #expect(try await program.queue.events(of: upload.id).map(\.event) == ["add", "claim", "park"])
            let refused = await #expect(throws: UploadQueueError.self) { try await program.queue.save(media) }
            #expect(refused?.code == .wrongPermissions)

            #expect(chmod(program.queue.path, 0o600) == 0)
            try await program.queue.resume(upload.id)
            try await work.run()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}

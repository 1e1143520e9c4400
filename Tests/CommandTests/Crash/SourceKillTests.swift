#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the command right before each call that changes a file, while a source is deleted, moved or copied.
///
/// At the full scale of `RandomKillTests` also before those that only write or send; `InterposedKillTests` has these for an
/// upload whose source stays, and `SourceAddTests` each moment at which the file has the queue's own name. Whatever was
/// killed, the next worker settles it: the bytes are at the server, and the file is where it belongs, once.
@Suite(.serialized) struct SourceKillTests {
    private static let mostCalls = 2_000
    private static let stride = RandomKillTests.Scale.isFull ? 1 : 3
    private static let calls = Swift.stride(from: 1, through: mostCalls, by: stride)

    /// What is done with a source.
    enum Fate: String, CaseIterable, Sendable {
        case deleted, moved, movedElsewhere, copied

        func options(_ target: String) -> [String] {
            switch self {
            case .deleted: ["--delete-after"]
            case .moved, .movedElsewhere: ["--move-to", target]
            case .copied: ["--copy"]
            }
        }

        var upload: String {
            switch self {
            case .deleted: "an upload whose source is deleted"
            case .moved: "an upload whose source is moved"
            case .movedElsewhere: "an upload whose source is moved to another filesystem"
            case .copied: "a spooled upload"
            }
        }

        var isMove: Bool { self == .moved || self == .movedElsewhere }
        var event: String { isMove ? "source moved" : "source deleted" }
    }

    @Test(arguments: Fate.allCases) func aSourceGoesOnceAfterAKillAtEveryCall(_ fate: Fate) async throws {
        let folder = try TemporaryFolder()
        let elsewhere = try TemporaryFolder(besides: folder)
        let library = try await KillShim.build(in: folder)
        let bytes = FileManager.default.contents(atPath: try folder.write("bytes", bytes: 20_000, seed: 7))
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            var kills = 0
            for call in Self.calls {
                let place = folder["\(call)"]
                let target = fate == .movedElsewhere ? elsewhere["\(call)"] : "\(place)/out"
                for path in ["\(place)/in", target] {
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                }
                try bytes?.write(to: URL(filePath: "\(place)/in/file"))
                let database = "\(place)/queue.db"
                let add = ["add", "--database", database, "\(place)/in/file", "--to", server.endpoint]
                let added = try await Command.run(add + fate.options(target), in: folder)
                #expect(added.status == 0, "\(added.errors)")
                if fate == .copied { try FileManager.default.removeItem(atPath: "\(place)/in/file") }
                let run = ["run", "--drain", "--database", database]
                let shim = KillShim.environment(
                    library: library,
                    killAt: call,
                    namesOnly: !RandomKillTests.Scale.isFull
                )
                let first = try await Command.run(run, in: folder, environment: shim)
                if first.killed {
                    kills += 1
                    #expect(
                        try Self.isSafe(bytes, place, target, database, server: folder["server"]),
                        "after call \(call)"
                    )
                    #expect(try await Command.run(run, in: folder).status == 0, "after call \(call)")
                }
                try await Self.check(fate, place, target, bytes, server: folder["server"], "after call \(call)")
                if !first.killed { break }
                try #require(call < Self.mostCalls - Self.stride)
            }
            #expect(kills > 10 / Self.stride)
            print("proof: kill points of \(fate.upload): \(kills)")
        }
    }

    /// A killed add of a copy leaves an upload with its copy or nothing, once the next worker was there.
    @Test func aCopyThatIsAddedSurvivesAKillAtEveryCall() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("file.bin", bytes: 1_000, seed: 8)
        var (kills, orphans) = (0, 0)
        for call in 1...Self.mostCalls {
            let database = folder["queue-\(call).db"]
            let destination = ["destination", "add", "here", "--tus", "http://127.0.0.1:9/", "--database", database]
            #expect(try await Command.run(destination, in: folder).status == 0)
            let add = ["add", "--database", database, source, "--to", "here", "--copy", "--unique"]
            let shim = KillShim.environment(library: library, killAt: call, namesOnly: !RandomKillTests.Scale.isFull)
            let first = try await Command.run(add, in: folder, environment: shim)
            let rows = try await SQLiteShell.run("SELECT source_path FROM upload", on: database)
            let copies = Self.names(database + ".spool")
            orphans += copies.count - rows.count
            #expect(rows.count == first.lines.count || (first.killed && rows.count == 1))
            for row in rows { #expect(try Audit.digest(row) == Audit.digest(source), "after call \(call)") }
            // Pausing keeps the worker from sending; it collects all the same.
            if !rows.isEmpty {
                #expect(try await Command.run(["pause", "1", "--database", database], in: folder).status == 0)
            }
            _ = try await Command.run(["run", "--drain", "--database", database], in: folder)
            #expect(Self.names(database + ".spool") == rows.map { URL(filePath: $0).lastPathComponent })
            let again = try await Command.run(add, in: folder)
            #expect(again.status == 0 && again.lines == ["1"], "after call \(call): \(again.errors)")
            #expect(Self.names(database + ".spool").count == 1)
            if !first.killed { break }
            kills += 1
            try #require(call < Self.mostCalls)
        }
        #expect(kills > 5)
        #expect(orphans > 0)
        print("proof: kill points of an add with a copy: \(kills)")
    }

    private static func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Right after a kill the whole bytes are somewhere on this machine, or at the server.
    private static func isSafe(
        _ bytes: Data?,
        _ place: String,
        _ target: String,
        _ database: String,
        server: String
    ) throws -> Bool {
        [place + "/in", target, database + ".spool", server].contains { folder in
            names(folder).contains { FileManager.default.contents(atPath: "\(folder)/\($0)") == bytes }
        }
    }

    private static func check(
        _ fate: Fate,
        _ place: String,
        _ target: String,
        _ bytes: Data?,
        server: String,
        _ comment: Comment
    ) async throws {
        let database = "\(place)/queue.db"
        let rows = try await SQLiteShell.run(
            "SELECT status, source_settled, last_error_code, upload_url FROM upload",
            on: database
        )
        try #require(rows.count == 1)
        let columns = rows[0].split(separator: "|", omittingEmptySubsequences: false)
        #expect(columns[0...2] == ["completed", "1", ""], comment)
        let id = try #require(columns[3].split(separator: "/").last)
        #expect(FileManager.default.contents(atPath: "\(server)/\(id).bin") == bytes, comment)
        #expect(names("\(place)/in") == [], comment)
        #expect(names("\(database).spool") == [], comment)
        #expect(names(target) == (fate.isMove ? ["file"] : []), comment)
        if fate.isMove { #expect(FileManager.default.contents(atPath: "\(target)/file") == bytes, comment) }
        let events = try await SQLiteShell.run(
            "SELECT event FROM upload_event WHERE event LIKE 'source%'",
            on: database
        )
        #expect(events == [fate.event], comment)
    }
}
#endif

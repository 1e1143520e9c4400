#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the command right before each call that changes a file or sends to a socket, one call at a time.
@Suite(.serialized) struct InterposedKillTests {
    /// More calls than any of the runs makes; reaching it means that the command never ends by itself.
    private static let mostCalls = 5_000
    private static let stride = RandomKillTests.Scale.isLong ? 1 : RandomKillTests.Scale.isFull ? 4 : 29
    private static let calls = RandomKillTests.Scale.calls(through: mostCalls, oneIn: 29)

    @Test func runSurvivesAKillAtEveryCall() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("file.bin", bytes: 300_000, seed: 7)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            var kills = 0
            for call in Self.calls {
                let database = folder["queue-\(call).db"]
                let before = server.requests().count
                let add = ["add", "--database", database, source, "--to", server.endpoint]
                #expect(try await Command.run(add, in: folder).status == 0)
                let run = ["run", "--drain", "--database", database]
                let first = try await Command.run(
                    run,
                    in: folder,
                    environment: KillShim.environment(library: library, killAt: call)
                )
                if first.killed {
                    kills += 1
                    #expect(try await Command.run(run, in: folder).status == 0, "after call \(call)")
                } else {
                    #expect(first.status == 0, "\(first.errors)")
                }
                let audit = Audit(
                    database: database,
                    serverFolder: folder["server"],
                    records: Array(server.requests().dropFirst(before))
                )
                let orphans = try await audit.check(sources: [source])
                #expect(orphans <= (first.killed ? 1 : 0))
                if !first.killed { break }
                try #require(call < Self.mostCalls - Self.stride)
            }
            // An upload of one file takes at least this many: a shim that is not loaded would let the first run pass.
            #expect(kills > 30 / Self.stride)
            print("proof: kill points of a tus upload: \(kills)")
        }
    }

    @Test func grantIsFinalizedOnceAfterAKillAtEveryCall() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("photo.jpg", bytes: 30_000, seed: 9)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            var endings: [String: Int] = [:]
            for call in Self.calls {
                let database = folder["queue-\(call).db"]
                let grant = try await server.mintGrant(mimeType: "image/jpeg", fileName: "photo.jpg")
                let response = #"{"uploadUrl":"\#(grant.uploadURL)","uploadToken":"\#(grant.uploadToken)"}"#
                let add = ["add", "--database", database, source, "--grant", "-"]
                #expect(try await Command.run(add, in: folder, input: response).status == 0)
                let run = ["run", "--drain", "--database", database]
                let first = try await Command.run(
                    run,
                    in: folder,
                    environment: KillShim.environment(library: library, killAt: call)
                )
                if first.killed { _ = try await Command.run(run, in: folder) }
                let mine = server.requests().filter { $0.grant == grant.id }
                #expect(mine.filter(\.finalized).count == 1, "after call \(call)")
                let row = try await SQLiteShell.run(
                    "SELECT status, last_error_code, upload_token IS NULL FROM upload",
                    on: database
                )
                // A kill between the finalize and its record leaves an outcome that only the user can settle.
                let isHonest = row == ["completed||1"] || (first.killed && row == ["failed|finalize_outcome_unknown|0"])
                #expect(isHonest, "after call \(call): \(row)")
                endings[row.first ?? "", default: 0] += 1
                if !first.killed { break }
                try #require(call < Self.mostCalls - Self.stride)
            }
            #expect((endings["completed||1"] ?? 0) > 30 / Self.stride)
            print("proof: kill points of an upload with a grant: \(endings.values.reduce(-1, +))")
        }
    }

    /// With a key the host can be asked for the file, so that no outcome stays unknown.
    @Test func mintedUploadIsFinalizedOnceAfterAKillAtEveryCall() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("photo.jpg", bytes: 30_000, seed: 10)
        let environment = ["WIX_API_KEY": "IST.hunter2"]
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            var kills = 0
            for call in Self.calls {
                let database = folder["queue-\(call).db"]
                let before = server.requests().count
                let destination = [
                    "destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY",
                ]
                let options = ["--api", server.origin, "--wait-until-ready", "--database", database]
                #expect(try await Command.run(destination + options, in: folder).status == 0)
                #expect(
                    try await Command.run(["add", "--database", database, source, "--to", "media"], in: folder).status
                        == 0
                )
                let run = ["run", "--drain", "--database", database]
                let shim = KillShim.environment(library: library, killAt: call)
                let first = try await Command.run(run, in: folder, environment: shim.merging(environment) { $1 })
                if first.killed {
                    kills += 1
                    _ = try await Command.run(run, in: folder, environment: environment)
                }
                let mine = server.requests().dropFirst(before)
                #expect(mine.filter(\.finalized).count == 1, "after call \(call)")
                #expect(mine.filter { $0.step == .mint }.count <= 2, "after call \(call)")
                let row = try await SQLiteShell.run(
                    "SELECT status, last_error_code, upload_token IS NULL, endpoint IS NULL FROM upload",
                    on: database
                )
                #expect(row == ["completed||1|1"], "after call \(call)")
                if !first.killed { break }
                try #require(call < Self.mostCalls - Self.stride)
            }
            #expect(kills > 40 / Self.stride)
            print("proof: kill points of a minted upload: \(kills)")
        }
    }

    @Test func addSurvivesAKillAtEveryCall() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("file.bin", bytes: 1_000, seed: 8)
        var kills = 0
        for call in Self.calls {
            let database = folder["queue-\(call).db"]
            let add = ["add", "--database", database, source, "--to", "http://127.0.0.1:9/files/"]
            let first = try await Command.run(
                add,
                in: folder,
                environment: KillShim.environment(library: library, killAt: call)
            )
            let again = try await Command.run(add, in: folder)
            #expect(again.status == 0, "after call \(call): \(again.errors)")
            let ids = try await SQLiteShell.run("SELECT id FROM upload", on: database)
            // What was printed was added; what was not printed may have been.
            #expect(Set(ids).isSuperset(of: first.lines + again.lines))
            #expect(ids.count <= 2)
            #expect(try await SQLiteShell.run("PRAGMA integrity_check", on: database) == ["ok"])
            if !first.killed { break }
            kills += 1
            try #require(call < Self.mostCalls - Self.stride)
        }
        #expect(kills > 100 / Self.stride)
        print("proof: kill points of an add to a new queue: \(kills)")
    }
}
#endif

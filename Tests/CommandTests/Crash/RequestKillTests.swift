#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the worker of an upload that was cancelled, and of one that the server lost.
///
/// `UPLOAD_QUEUE_SCALE=full`, as the long proof sets it: a kill at every call. Without it at some of them.
@Suite(.serialized) struct RequestKillTests {
    /// What the server has of it is deleted there, once.
    @Test func aCancelledUploadIsDeletedOnce() async throws {
        let kills = try await survive {
            try await $0.prepare(["cancel", "1"])
        } check: { scene, source, records, comment in
            let rows = try await scene.sql("SELECT status FROM upload")
            #expect(rows == ["cancelled"], comment)
            let deletes = records.filter { $0.step == .delete }
            #expect(deletes.count(where: { $0.status == 204 }) == 1, comment)
            #expect(deletes.allSatisfy { [204, 404, 410].contains($0.status ?? 0) || $0.cut }, comment)
            #expect(!records.contains { $0.bytesReceived > 0 }, comment)
            #expect(scene.uploads.allSatisfy { !$0.hasSuffix(".bin") }, comment)
            #expect(try await scene.sql("PRAGMA integrity_check") == ["ok"], comment)
        }
        print("proof: kill points of a cancelled upload: \(kills)")
    }

    /// It is created anew and gets each byte once.
    @Test func anUploadThatTheServerLostStartsOver() async throws {
        let kills = try await survive { scene in
            try await scene.prepare(["resume", "1"])
            for name in scene.uploads { try FileManager.default.removeItem(atPath: scene.folder["server/\(name)"]) }
        } check: { scene, source, records, comment in
            let audit = Audit(database: scene.database, serverFolder: scene.folder["server"], records: records)
            let orphans = try await audit.check(sources: [source])
            #expect(orphans <= 1, comment)
            #expect(try await scene.sql("SELECT restarts FROM upload") == ["1"], comment)
        }
        print("proof: kill points of a restarted upload: \(kills)")
    }

    /// Begins with an upload of which the server has a third; tells how many workers were killed.
    private func survive(
        begin: (KillScene) async throws -> Void,
        check: (KillScene, _ source: String, [RequestRecord], Comment) async throws -> Void
    ) async throws -> Int {
        let folder = try TemporaryFolder()
        let source = try folder.write("file.bin", bytes: 300_000, seed: 21)
        return try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let scene = try await KillScene(folder, server)
            try await scene.makePart(of: source)
            try await begin(scene)
            try await scene.keep()
            let kills = try await scene.kill(
                stride: RandomKillTests.Scale.isFull ? 1 : 17,
                check: { call, isKilled, before in
                    let comment: Comment = "after call \(call)"
                    if isKilled {
                        let second = try await scene.run(killAt: nil)
                        #expect(second.status == 0, "\(comment): \(second.errors)")
                    }
                    try await check(scene, source, Array(server.requests().dropFirst(before)), comment)
                }
            )
            #expect(kills > (RandomKillTests.Scale.isFull ? 30 : 3))
            return kills
        }
    }
}
#endif

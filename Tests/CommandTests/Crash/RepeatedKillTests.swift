#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the worker of many uploads at once, and a second one while it recovers from the first one's end.
///
/// `UPLOAD_QUEUE_SCALE=full`, as the long proof sets it: a first kill at every call. Without it at some of them.
@Suite(.serialized) struct RepeatedKillTests {
    private static let isFull = RandomKillTests.Scale.isFull
    private static let primes = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
    ]

    /// Four at a time: plain ones, an empty one, two that are minted, and two whose copies the queue keeps.
    @Test func aMixedBatchSurvives() async throws {
        let folder = try TemporaryFolder()
        let sizes = [
            "a.bin": 60_000, "b.bin": 5_000, "c.bin": 120_000, "d.jpg": 30_000, "e.jpg": 1_000,
            "f": 9_000, "g": 1,
        ]
        for (index, size) in sizes.sorted(by: { $0.key < $1.key }).enumerated() {
            try folder.write(size.key, bytes: size.value, seed: UInt64(30 + index))
        }
        try folder.write("empty", bytes: 0, seed: 1)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let scene = try await KillScene(folder, server)
            try await Self.addWix("d.jpg", "e.jpg", to: scene)
            try await scene.prepare([
                "add", "a.bin", "b.bin", "c.bin", "empty", "--to", server.endpoint,
            ])
            try await scene.keep()
            let kills = try await scene.kill(stride: Self.isFull ? 1 : 97, ["--concurrency", "4"]) {
                try await scene.prepare(["add", "f", "g", "--copy", "--to", server.endpoint])
            } check: { call, isKilled, before in
                if isKilled {
                    let second = try await scene.run(killAt: nil, ["--concurrency", "4"])
                    #expect(second.status == 0, "after call \(call): \(second.errors)")
                }
                let rows = try await scene.sql(
                    "SELECT status, phase, last_error_code, count(*) FROM upload GROUP BY 1, 2, 3"
                )
                #expect(rows == ["completed|done||8"], "after call \(call)")
                var contents = try ServerContents(
                    folder["server"],
                    Array(server.requests().dropFirst(before))
                )
                for name in sizes.keys { try contents.expect(folder[name], "after call \(call)") }
                contents.expectNothingElse(finalized: 2, "after call \(call)")
                let copies = try FileManager.default.contentsOfDirectory(
                    atPath: scene.database + ".spool"
                )
                #expect(copies.isEmpty, "after call \(call)")
                #expect(try await scene.sql("PRAGMA integrity_check") == ["ok"], "after call \(call)")
                #expect(try await scene.sql("SELECT count(*) FROM worker") == ["0"], "after call \(call)")
            }
            #expect(kills > (Self.isFull ? 150 : 2))
            print("proof: kill points of a mixed batch of 8: \(kills)")
        }
    }

    @Test func aTusUploadSurvivesASecondKill() async throws {
        let folder = try TemporaryFolder()
        let source = try folder.write("file.bin", bytes: 300_000, seed: 23)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let scene = try await KillScene(folder, server)
            try await scene.prepare(["add", source, "--to", server.endpoint])
            try await scene.keep()
            let kills = try await Self.killTwice(scene) { comment, before in
                let records = Array(server.requests().dropFirst(before))
                let audit = Audit(
                    database: scene.database,
                    serverFolder: folder["server"],
                    records: records
                )
                let orphans = try await audit.check(sources: [source])
                #expect(orphans <= 2, comment)
            }
            print("proof: second kill points of a tus upload: \(kills)")
        }
    }

    @Test func aMintedUploadSurvivesASecondKill() async throws {
        let folder = try TemporaryFolder()
        try folder.write("photo.jpg", bytes: 30_000, seed: 24)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let scene = try await KillScene(folder, server)
            try await Self.addWix("photo.jpg", to: scene)
            try await scene.keep()
            let kills = try await Self.killTwice(scene) { comment, before in
                let rows = try await scene.sql(
                    "SELECT status, phase, last_error_code, upload_token IS NULL FROM upload"
                )
                #expect(rows == ["completed|done||1"], comment)
                var contents = try ServerContents(
                    folder["server"],
                    Array(server.requests().dropFirst(before))
                )
                try contents.expect(folder["photo.jpg"], comment)
                contents.expectNothingElse(finalized: 1, comment)
            }
            print("proof: second kill points of a minted upload: \(kills)")
        }
    }

    private static func addWix(_ files: String..., to scene: KillScene) async throws {
        let destination = [
            "destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY",
        ]
        try await scene.prepare(destination + ["--api", scene.server.origin])
        try await scene.prepare(["add"] + files + ["--to", "media"])
    }

    /// Kills the recovery as well; a third worker then brings all to its end, and their number is returned.
    private static func killTwice(
        _ scene: KillScene,
        check: (_ comment: Comment, _ before: Int) async throws -> Void
    ) async throws -> Int {
        var (index, seconds) = (0, 0)
        _ = try await scene.kill(
            stride: isFull ? 1 : 29,
            check: { call, isKilled, before in
                let later = primes[index % primes.count]
                index += 1
                let comment: Comment = "after calls \(call) and \(later)"
                if isKilled {
                    let second = try await scene.run(killAt: later)
                    if second.killed {
                        seconds += 1
                        let third = try await scene.run(killAt: nil)
                        #expect(third.status == 0, "\(comment): \(third.errors)")
                    } else {
                        #expect(second.status == 0, "\(comment): \(second.errors)")
                    }
                }
                try await check(comment, before)
            }
        )
        #expect(seconds > (isFull ? 40 : 1))
        return seconds
    }
}
#endif

#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the command around uploads that their host creates itself, or forgets as soon as they are complete.
///
/// In the long proof a kill at every call, in the short one at one in four; else at some of them.
@Suite(.serialized) struct PresetKillTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    /// More calls than any of the runs makes.
    private static let calls = RandomKillTests.Scale.calls(through: 5_000, oneIn: 23)
    private static let bytes = 30_000

    /// Supabase forgets an upload with its last byte: only its object tells that the byte arrived.
    @Test func aHostThatForgetsUploadsGetsEachByteOnce() async throws {
        try await survive("supabase-storage", secret: "SUPABASE_KEY") { server, call in
            ["url=\(server.origin)/supabase", "bucket=scans", "folder=\(call)/"]
        }
    }

    /// Vimeo creates the upload: its URL is durable before a byte is sent.
    @Test func aHostThatCreatesUploadsGetsEachByteOnce() async throws {
        try await survive("vimeo", secret: "VIMEO_ACCESS_TOKEN") { server, _ in ["api=\(server.origin)/vimeo"] }
    }

    private func survive(_ preset: String, secret: String, values: (RunningServer, Int) -> [String]) async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        let source = try folder.write("film.mp4", bytes: Self.bytes, seed: 11)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            var kills = 0
            for call in Self.calls {
                let options = ["--database", folder["queue-\(call).db"]]
                let before = server.requests().count
                let settings = values(server, call).flatMap { ["--set", $0] }
                for words in [
                    ["destination", "add", "host", "--preset", preset] + settings, ["add", source, "--to", "host"],
                ] {
                    #expect(try await Command.run(words + options, in: folder).status == 0)
                }
                let run = ["run", "--drain"] + options
                let shim = KillShim.environment(library: library, killAt: call)
                let first = try await Command.run(
                    run,
                    in: folder,
                    environment: shim.merging([secret: "rehearsal"]) { $1 }
                )
                if first.killed {
                    kills += 1
                    let second = try await Command.run(run, in: folder, environment: [secret: "rehearsal"])
                    #expect(second.status == 0, "after call \(call): \(second.errors)")
                }
                let row = try await SQLiteShell.run(
                    "SELECT status, phase, last_error_code, upload_token IS NULL FROM upload",
                    on: folder["queue-\(call).db"]
                )
                #expect(row == ["completed|done||1"], "after call \(call)")
                try check(Array(server.requests().dropFirst(before)), in: folder, source: source, call: call)
                if !first.killed { break }
            }
            #expect(kills > (Self.isFull ? 10 : 1))
            print("proof: kill points of an upload to \(preset): \(kills)")
        }
    }

    /// One upload got the file, each byte of it once; the others, of which a kill left no record, got nothing.
    private func check(_ records: [RequestRecord], in folder: TemporaryFolder, source: String, call: Int) throws {
        let transfers = records.filter { $0.step == .transfer && $0.bytesReceived > 0 }
        let uploads = Set(transfers.compactMap(\.upload))
        #expect(uploads.count == 1, "after call \(call)")
        #expect(transfers.map(\.bytesReceived).reduce(0, +) == Int64(Self.bytes), "after call \(call)")
        let stored = folder["server/\(try #require(uploads.first)).bin"]
        #expect(try Audit.digest(stored) == Audit.digest(source), "after call \(call)")
        let made = records.filter { [.mint, .create].contains($0.step) && 200...299 ~= ($0.status ?? 0) }
        #expect(made.count <= 2, "after call \(call)")
    }
}
#endif

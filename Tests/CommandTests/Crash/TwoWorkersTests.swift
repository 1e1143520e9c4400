import DevelopmentServer
import Foundation
import Testing

/// Two commands work one file at the same time, and one of them is killed.
@Suite(.serialized) struct TwoWorkersTests {
    @Test func oneTakesOverWhatTheOtherLeft() async throws {
        let folder = try TemporaryFolder()
        let database = folder["queue.db"]
        let sources = try (0..<60).map { try folder.write("\($0).bin", bytes: 50_000, seed: UInt64($0 + 1)) }
        var configuration = DevelopmentServer.Configuration(directory: folder["server"])
        // Slow enough that both workers hold uploads when one is killed.
        configuration.faults = [Fault(.step(.transfer), .delay(.milliseconds(150)), times: 1_000)]
        try await withDevelopmentServer(configuration) { server in
            let add = ["add", "--database", database, "--to", server.endpoint] + sources
            #expect(try await Command.run(add, in: folder).status == 0)
            let run = ["run", "--drain", "--concurrency", "4", "--database", database]
            let first = try Command(run, in: folder)
            let second = try Command(run, in: folder)
            try await Self.waitUntilBothWork(database, first, second)
            first.signal(SIGKILL)
            #expect(try await first.wait().killed)
            #expect(try await second.wait().status == 0)
            try await Audit(database: database, serverFolder: folder["server"], records: server.requests())
                .check(sources: sources)
            let takeovers = try await SQLiteShell.run(
                "SELECT count(*) FROM upload_event WHERE event = 'takeover'",
                on: database
            )
            #expect((Int(takeovers.first ?? "") ?? 0) > 0)
            // Each claim ended before the next one of the same upload began.
            let doubles = try await SQLiteShell.run(
                """
                SELECT upload_id FROM (
                    SELECT upload_id, event, lag(event) OVER (PARTITION BY upload_id ORDER BY seq) AS before
                    FROM upload_event WHERE event IN ('claim', 'takeover', 'released', 'try later', 'finished'))
                WHERE event = 'claim' AND before = 'claim'
                """,
                on: database
            )
            #expect(doubles.isEmpty)
        }
    }

    private static func waitUntilBothWork(_ database: String, _ first: Command, _ second: Command) async throws {
        while first.isRunning && second.isRunning {
            let workers = try await SQLiteShell.run(
                "SELECT count(DISTINCT worker_id) FROM upload WHERE status = 'processing'",
                on: database
            )
            if workers == ["2"] { return }
        }
        Issue.record("a worker ended before both were at work")
    }
}

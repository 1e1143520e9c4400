#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// The disk refuses, once, to give or to take the name of a source that is to go.
///
/// Either the file stays for good and its upload says so, or the next worker ends what was begun; until then the file can
/// be added again where it has its name still.
@Suite(.timeLimit(.minutes(10))) struct SourceDisposalFaultTests {
    private static let mostCalls = 20

    /// What became of a source after a worker whose disk failed.
    private enum Outcome: Equatable {
        case settled, kept, toGo, onItsWay
    }

    @Test(
        arguments: [SourceKillTests.Fate.deleted, .moved, .movedElsewhere],
        [nil, "before the commit of keepSource", "after the commit of keepSource"]
    )
    func whatFailedOnceIsEndedByTheNextWorker(_ fate: SourceKillTests.Fate, _ crash: String?) async throws {
        let folder = try TemporaryFolder()
        let library = try await PreloadedLibrary.build("stop", linking: "dl", in: folder)
        let outside = fate == .movedElsewhere ? try TemporaryFolder(besides: folder) : folder
        var outcomes: [Outcome] = []
        var kills = 0
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            while outcomes.last != .settled {
                let call = outcomes.count + 1
                try #require(call <= Self.mostCalls)
                let (database, inbox, target) = (folder["\(call).db"], folder["in-\(call)"], outside["out-\(call)"])
                for path in [inbox, target] {
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
                }
                let file = try folder.write("in-\(call)/file-\(call)", bytes: 1000, seed: UInt64(call))
                let add = ["add", file, "--to", server.endpoint, "--database", database]
                #expect(try await Command.run(add + fate.options(target), in: folder).status == 0)
                let drain = ["run", "--drain", "--database", database]
                var environment = [
                    "LD_PRELOAD": library, "UPLOAD_QUEUE_STOP_IN": inbox, "UPLOAD_QUEUE_STOP_AT": "\(call)",
                    "UPLOAD_QUEUE_STOP_FAILS": "1",
                ]
                environment["UPLOAD_QUEUE_CRASH_AT"] = crash
                let first = try await Command.run(drain, in: folder, environment: environment)
                kills += first.killed ? 1 : 0
                let outcome = try await Self.outcome(database, inbox, "at call \(call)")
                outcomes.append(outcome)
                if outcome == .toGo {
                    #expect(try await Command.run(add, in: folder).status == 0, "at call \(call)")
                }
                #expect(try await Command.run(drain, in: folder).status == 0)
                let end = try await Self.outcome(database, inbox, "at call \(call)")
                #expect(end == (outcome == .kept ? .kept : .settled), "at call \(call)")
                // A name too many is told, and none is ever missing.
                let note = try await SQLiteShell.run("SELECT last_error FROM upload WHERE id = 1", on: database)
                let hasBoth = note.joined().contains(" is there, but the old name cannot go: ")
                let moved = try FileManager.default.contentsOfDirectory(atPath: target)
                let isMoved = hasBoth || (end == .settled && fate.isMove)
                #expect(moved == (isMoved ? ["file-\(call)"] : []), "at call \(call)")
            }
        }
        #expect(kills == (crash == nil ? 0 : 1))
        #expect(outcomes.contains(crash?.hasPrefix("before") == true ? .onItsWay : .toGo))
    }

    private static func outcome(_ database: String, _ inbox: String, _ comment: Comment) async throws -> Outcome {
        let row = try await SQLiteShell.run(
            "SELECT status, source_settled, last_error_code, source_settled OR NOT source_leaves FROM upload WHERE id = 1",
            on: database
        )
        let names = try FileManager.default.contentsOfDirectory(atPath: inbox)
        let isThere = names.contains { $0.hasPrefix("file-") }
        let outcome: Outcome? =
            switch row.first {
            case "completed|1||1": .settled
            case "completed|1|source_kept|1": .kept
            case "completed|0||1": .toGo
            case "completed|0||0": .onItsWay
            default: nil
            }
        #expect(names.count == (outcome == .settled ? 0 : 1), comment)
        #expect(outcome == .onItsWay || isThere == (outcome == .kept || outcome == .toGo), comment)
        return try #require(outcome, "\(row) \(comment)")
    }
}
#endif

#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Kills the command right before and right after each change of an upload and each request, by its name.
///
/// A moment that fails is a sentence, which anybody can repeat: `UPLOAD_QUEUE_CRASH_AT='after the commit of created'`
/// in the environment of a debug build. `UPLOAD_QUEUE_SCALE=full` takes both sides of each moment, else one.
@Suite(.timeLimit(.minutes(20))) struct NamedCrashTests {
    /// One queue with its server, in a folder of its own.
    private struct Scene {
        let folder: TemporaryFolder
        let server: RunningServer
        var database: String { folder["queue.db"] }

        func run(_ words: [String], crashAt moment: String? = nil) async throws -> Command.Ending {
            var environment = ["WIX_API_KEY": "IST.hunter2", "UPLOAD_QUEUE_DATABASE": database]
            environment["UPLOAD_QUEUE_CRASH_AT"] = moment
            return try await Command.run(words, in: folder, environment: environment)
        }

        func sql(_ text: String) async throws -> [String] {
            let text = text.replacing("FOLDER", with: folder.path)
            return try await SQLiteShell.run(text, on: database, readOnly: false)
        }

        func perform(_ deed: NamedCrash.Deed) async throws {
            switch deed {
            case .command(let words): _ = try await run(words)
            case .dies(let moment, let words): #expect(try await run(words, crashAt: moment).killed, "\(moment)")
            case .fails(let fault): server.addFault(fault)
            case .recovers: server.removeFaults()
            case .sql(let text): _ = try await sql(text)
            case .loses:
                for name in try FileManager.default.contentsOfDirectory(atPath: folder["server"])
                where name.hasSuffix(".bin") || name.hasSuffix(".json") {
                    try FileManager.default.removeItem(atPath: folder["server/\(name)"])
                }
            }
        }
    }

    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"

    @Test(arguments: NamedCrash.all) func everyMomentIsSurvived(_ crash: NamedCrash) async throws {
        for moment in crash.moment.sides.suffix(Self.isFull ? 2 : 1) {
            let folder = try TemporaryFolder()
            try folder.write("file", bytes: 300_000, seed: 77)
            try FileManager.default.copyItem(atPath: folder["file"], toPath: folder["original"])
            try await withDevelopmentServer(.init(directory: folder["server"])) { server in
                let scene = Scene(folder: folder, server: server)
                try await Self.addDestinations(to: scene)
                for deed in crash.before { try await scene.perform(deed) }
                let first = try await scene.run(crash.command, crashAt: moment)
                try #require(first.killed, "the command did not come to this: \(moment)")
                server.removeFaults()
                // As somebody does whose command was killed.
                _ = try await scene.run(crash.command)
                for deed in crash.after { try await scene.perform(deed) }
                _ = try await scene.run(NamedCrash.drain)
                try await Self.check(scene, crash, "\(moment)")
                if moment.hasPrefix("after") {
                    let history = try await scene.sql("SELECT event FROM upload_event")
                    #expect(Set(history).isSuperset(of: crash.events), "\(moment)")
                }
            }
            print("proof: crashes at a moment with a name: 1 (\(moment): \(crash.events.joined(separator: ", ")))")
        }
    }

    /// The schema itself tells every change that there is.
    @Test func everyTransitionHasItsMoment() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "here", "--tus", "http://127.0.0.1:9/")
        let events = try await SQLiteShell.run("SELECT DISTINCT event FROM transition", on: commands.database)
        #expect(events.count > 20)
        #expect(Set(NamedCrash.all.flatMap(\.events)) == Set(events))
    }

    private static func addDestinations(to scene: Scene) async throws {
        let here = ["destination", "add", "here", "--tus", scene.server.endpoint]
        #expect(try await scene.run(here).status == 0)
        let wix = ["destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY"]
        #expect(try await scene.run(wix + ["--api", scene.server.origin, "--wait-until-ready"]).status == 0)
    }

    private static func check(_ scene: Scene, _ crash: NamedCrash, _ comment: Comment) async throws {
        #expect(try await scene.sql("SELECT status, last_error_code FROM upload") == [crash.end], comment)
        #expect(try await scene.sql("PRAGMA integrity_check") == ["ok"], comment)
        #expect(try await scene.sql("SELECT count(*) FROM worker") == ["0"], comment)
        #expect(try await scene.sql("SELECT count(*) FROM upload WHERE upload_token IS NOT NULL") == ["0"], comment)
        var contents = try ServerContents(scene.folder["server"], scene.server.requests())
        if crash.end.hasPrefix("completed") { try contents.expect(scene.folder["original"], comment) }
        let isFinalized = crash.isWix && crash.end == "completed|"
        contents.expectNothingElse(finalized: isFinalized ? 1 : 0, comment)
    }
}
#endif

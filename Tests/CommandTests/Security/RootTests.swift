#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Root works in the queue of a user, and the user goes on with it.
@Suite(
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: geteuid() == 0, "only root can start a command as another user")
)
struct RootTests {
    private static let user: uid_t = 65534

    /// Runs a body with the queue of a user, in a folder of theirs, and a server beside it.
    private static func withQueue(
        faults: [Fault] = [],
        _ body: (QueueCommands, RunningServer) async throws -> Void
    ) async throws {
        let commands = try QueueCommands()
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = faults
        for path in [commands.folder.path, commands.folder["home"]] { try #require(chown(path, user, user) == 0) }
        try await withDevelopmentServer(configuration) { server in
            try await expectSuccess(commands, "destination", "add", "here", "--tus", server.endpoint)
            try await body(commands, server)
        }
    }

    /// Starts the command as the user.
    private static func start(_ commands: QueueCommands, _ arguments: [String], input: String? = nil) throws -> Command
    {
        try Command(arguments, in: commands.folder, environment: commands.environment, input: input, user: user)
    }

    private static func expectSuccess(
        _ commands: QueueCommands,
        _ arguments: String...,
        input: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let ending = try await start(commands, arguments, input: input).wait()
        #expect(ending.status == 0, "\(ending.output)\(ending.errors)", sourceLocation: sourceLocation)
    }

    private static func owner(of path: String) -> uid_t? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
    }

    private static func workers(_ commands: QueueCommands) async throws -> String? {
        try await SQLiteShell.run("SELECT count(*) FROM worker", on: commands.database).first
    }

    /// The user's worker starts while root's has an upload in hand, and takes it over once root's is killed.
    @Test func aWorkerOfRootsStopsNobody() async throws {
        let stall = Fault(.step(.transfer), .stall(afterBytes: 4 << 20), times: 1)
        try await Self.withQueue(faults: [stall]) { commands, _ in
            try commands.folder.write("file.bin", bytes: 8 << 20, seed: 1)
            try await Self.expectSuccess(commands, "add", "file.bin", "--to", "here")
            let roots = try commands.start("run")
            while try await SQLiteShell.run("SELECT phase FROM upload", on: commands.database) != ["transfer"] {
                try #require(roots.isRunning)
            }
            #expect(Self.owner(of: commands.folder["queue.db.worker-1"]) == Self.user)
            let users = try Self.start(commands, ["run", "--drain"])
            while try await Self.workers(commands) != "2" && users.isRunning { try Task.checkCancellation() }
            let status = try await Self.start(commands, ["status", "--json"]).wait()
            #expect(status.output.contains("\(roots.pid)"), "the user sees that it lives: \(status.output)")
            roots.signal(SIGKILL)
            #expect(try await roots.wait().killed)
            let ending = try await users.wait()
            #expect(ending.status == 0, "\(ending.errors)")
            #expect(ending.output.hasPrefix("1  completed  8.0 MiB"))
        }
    }

    @Test func aCopyOfRootsIsUploadedByTheUser() async throws {
        try await Self.withQueue { commands, _ in
            try commands.write("report.pdf")
            try await commands.output("add", "-", "--filename", "a", "--to", "here", input: "from root")
            try await commands.output("add", "report.pdf", "--copy", "--to", "here")
            #expect(Self.owner(of: commands.folder["queue.db.spool"]) == Self.user)
            try await Self.expectSuccess(commands, "run", "--drain")
            try await Self.expectSuccess(
                commands,
                "add",
                "-",
                "--filename",
                "b",
                "--to",
                "here",
                input: "from the user"
            )
            try await Self.expectSuccess(commands, "run", "--drain")
            let statuses = try await commands.array("list", "--json").map { $0["status"] as? String }
            #expect(statuses == ["completed", "completed", "completed"])
        }
    }

    /// The lock of a worker that a version made which gave nothing away: who may not open it leaves that worker alone.
    @Test func aLockOfRootsIsToldAndStopsNobody() async throws {
        try await Self.withQueue { commands, _ in
            try commands.write("a")
            let roots = try commands.start("run")
            while try await Self.workers(commands) != "1" { try #require(roots.isRunning) }
            roots.signal(SIGKILL)
            #expect(try await roots.wait().killed)
            let lock = commands.folder["queue.db.worker-1"]
            try #require(chown(lock, 0, 0) == 0)

            try await Self.expectSuccess(commands, "add", "a", "--to", "here")
            let ending = try await Self.start(commands, ["run", "--drain"]).wait()
            #expect(ending.status == 0, "\(ending.errors)")
            #expect(ending.errors.components(separatedBy: "Whether a worker lives cannot be told").count == 2)
            let doctor = try await Self.start(commands, ["doctor"]).wait()
            #expect(doctor.status == 1)
            #expect(doctor.output.contains("problem  workers"), "\(doctor.output)")
            #expect(doctor.output.contains("run: chown \(Self.user) '\(lock)'"), "\(doctor.output)")
            try #require(chown(lock, Self.user, Self.user) == 0)
            try await Self.expectSuccess(commands, "run", "--drain")
            try await Self.expectSuccess(commands, "doctor")
            #expect(try await Self.workers(commands) == "0")
        }
    }

    /// Root's worker was killed between making its lock and giving it away: its row is not there, and its id is the next.
    @Test func aLockWithoutAWorkerIsReplaced() async throws {
        try await Self.withQueue { commands, _ in
            try commands.write("queue.db.worker-1", "")
            try #require(chmod(commands.folder["queue.db.worker-1"], 0o600) == 0)
            try await Self.expectSuccess(commands, "run", "--drain")
            #expect(Self.owner(of: commands.folder["queue.db.worker-1"]) == nil)
        }
    }
}
#endif

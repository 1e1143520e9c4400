import ArgumentParser
import Foundation

/// `upload-queue-benchmark compare`: the command against other clients.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare upload-queue with curl and tuspy: time, CPU, memory, requests.",
        discussion: """
            All upload the same files to the development server on this machine, in turns: one file of 1 GiB, then \
            2,000 files of 64 KiB, 8 at a time. The first turn of each is not counted. After every turn, SHA-256 of \
            every file at the server is compared with the sources.

            CPU is user and system time of the client's processes, the server's not counted; peak is the resident \
            memory of the largest of them. Run it where nothing else runs, from a release build with `upload-queue` \
            beside it. It needs curl, GNU time and tuspy, which `.ci/tuspy` installs.

            Exit codes: 0 is success; 1 a client failed or a file did not arrive as it is; 64 wrong usage; 69 a \
            client or tool is missing.
            """
    )

    @Option(help: ArgumentHelp("Counted turns of each client; medians are shown. (default: 5, or 1 with --quick)"))
    var runs: Int?

    @Flag(help: "32 MiB and 100 small files: to see that it works, not to measure.")
    var quick = false

    @Flag(help: "Write JSON, with every turn.")
    var json = false

    @Option(help: "The virtual environment that has tuspy.")
    var tuspy = ".build/tuspy"

    @Option(help: ArgumentHelp("Where files are made, in a folder of their own that is removed. (default: $TMPDIR)"))
    var folder: String?

    func validate() throws {
        guard runs.map({ $0 > 0 }) ?? true else { throw ValidationError("--runs must be over 0.") }
    }

    func run() async throws {
        do {
            let report = try Interruption.heeded { try compare() }
            print(json ? try report.json() : report.text, terminator: "")
        } catch let error as BenchmarkError {
            Progress.note(error.message)
            throw ExitCode(error.status)
        }
    }

    private func compare() throws -> Report {
        // All clients go to this machine, whatever proxy the user has.
        setenv("no_proxy", "127.0.0.1", 1)
        #if DEBUG
        Progress.note("this is a debug build; its figures mean nothing")
        #endif
        let tools = try Tools(tuspy: tuspy)
        let base = folder.map { URL(filePath: $0, directoryHint: .isDirectory) }
        let scene = try TemporaryFolder(in: base ?? FileManager.default.temporaryDirectory)
        defer { scene.remove() }
        let benchmark = Benchmark(tools: tools, folder: scene.url, runs: runs ?? (quick ? 1 : 5))
        let comparisons = try (quick ? Workload.quick : Workload.full).map { try benchmark.compare($0) }
        return Report(runs: benchmark.runs, clients: tools.versions, workloads: comparisons)
    }
}

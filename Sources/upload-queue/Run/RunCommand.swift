public import ArgumentParser
import Logging
import ServiceLifecycle
import UnixSignals
import UploadStore
import Uploads

/// `upload-queue run`: a worker in the foreground.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Work the queue; prints a line for each upload that completed, failed or was paused.",
        discussion: """
            Without --drain it works until SIGTERM or SIGINT, and then exits 0. Any number may run on one queue; when \
            one dies, the others take its uploads over. Each also tells what the others brought to an end.

            On a terminal bars on standard error show each upload in hand, all together, and what the others wait for; \
            with --json, --no-progress or a more talkative --log-level there are none.

            Exit codes with --drain: 0 all completed, 1 some failed, 2 none failed but some are paused or for later. \
            The others are those of `upload-queue --help`.
            """
    )

    @Flag(help: "End when nothing is left to do now.")
    var drain = false

    @Option(help: ArgumentHelp("Uploads worked at the same time.", valueName: "count"))
    var concurrency = 4

    @Option(help: ArgumentHelp("What is logged on standard error, at least.", valueName: "level"))
    var logLevel = Logger.Level.warning

    @Flag(help: "Write a JSON object for each line.")
    var json = false

    @Flag(help: "Draw no bars on a terminal.")
    var noProgress = false

    @OptionGroup var color: ColorOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard 1...1000 ~= concurrency else { throw ValidationError("--concurrency is 1 to 1000.") }
    }

    func run() async throws {
        let queue = try await database.open(.create)
        let last = try await queue.lastEventID()
        let clock = ContinuousClock.now
        let processor = queue.processor(options: .init(concurrency: concurrency, drain: drain, logger: logger))
        let reporter = RunReporter(
            queue: queue,
            json: json,
            monitor: processor.monitor,
            screen: screen,
            output: .of(1, color: color.color),
            after: last
        )
        try await work(processor, reporter)
        try await reporter.report()

        let left = try await queue.store.leftovers(failedAfter: last)
        let seconds = ((ContinuousClock.now - clock) / .seconds(1) * 10).rounded() / 10
        let ended = reporter.ended
        Output.note(
            "\(ended.completed) completed (\(ByteCount(ended.bytes))), \(ended.failed) failed, "
                + "\(left.waiting) paused or for later; \(seconds) s"
        )
        if left.failed > 0 || left.waiting > 0 { Output.note("`upload-queue status` tells what waits and what fails") }
        guard drain else { return }
        if left.failed > 0 { throw ExitCode(CommandError.Status.failed.rawValue) }
        if left.waiting > 0 { throw ExitCode(CommandError.Status.waiting.rawValue) }
    }

    /// The terminal for bars, where there is one and they are wanted.
    private var screen: (@Sendable () -> Display)? {
        // The lines of a detailed log would break the bars.
        guard !json, !noProgress, logLevel >= .warning, Display.of(2, color: .never).columns != nil else { return nil }
        return { [color = color.color] in .of(2, color: color) }
    }

    private var logger: Logger {
        var logger = Logger(label: "upload-queue") { label -> any LogHandler in
            logLevel >= .warning ? NoteLogHandler() : StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = logLevel
        return logger
    }

    private func work(_ processor: UploadProcessor, _ reporter: RunReporter) async throws {
        // Shutdown goes through the services from the last to the first: the reporter sees what the processor ends with.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: reporter),
                    .init(service: processor, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

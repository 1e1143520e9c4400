public import ArgumentParser
import Foundation
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

            Exit codes with --drain: 0 all completed, 1 some failed, 2 none failed but some are paused or for later. \
            Any: 74 disk full or unreadable, 75 database busy, 78 database refused.
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

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard 1...1000 ~= concurrency else { throw ValidationError("--concurrency is 1 to 1000.") }
    }

    func run() async throws {
        let queue = try await database.open(.create)
        let start = Timestamp.text(Date())
        let clock = ContinuousClock.now
        let reporter = RunReporter(queue: queue, json: json, after: try await queue.lastEventID())
        try await work(queue, reporter)
        try await reporter.report()

        let left = try await queue.store.leftovers(failedSince: start)
        let seconds = ((ContinuousClock.now - clock) / .seconds(1) * 10).rounded() / 10
        Output.note("\(reporter.summary), \(left.waiting) paused or for later; \(seconds) s")
        guard drain else { return }
        if left.failed > 0 { throw ExitCode(1) }
        if left.waiting > 0 { throw ExitCode(2) }
    }

    private func work(_ queue: UploadQueue, _ reporter: RunReporter) async throws {
        var logger = Logger(label: "upload-queue") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        let processor = queue.processor(
            options: .init(concurrency: concurrency, drain: drain, logger: logger)
        )
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

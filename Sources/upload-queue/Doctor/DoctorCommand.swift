import ArgumentParser
import Foundation
import UploadStore
import Uploads

/// `upload-queue doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the queue, and say what is wrong and what to do.",
        discussion: """
            Each line is ok, a warning (may be wrong, or become so) or a problem. Exit codes: 0 without a problem, 1 with \
            one that is not fixed.

            --fix repairs only what needs no decision: file modes, uploads of dead workers where no other runs, lock \
            files of workers that are gone, a log that is too long or holds erased secrets.
            """
    )

    @Flag(help: "Repair what is safe to repair, and say what was done.")
    var fix = false

    @Flag(help: "Compare indexes with their tables too (integrity_check); takes several times as long.")
    var full = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        var report = DoctorReport(database: AbsolutePath.of(try database.existingFile()))
        if let queue = try await open(&report) {
            let examination = Examination(
                queue: queue,
                now: Date(),
                fixes: fix,
                workers: try await queue.runningWorkers()
            )
            for check in checks {
                do {
                    for finding in try await check.findings(in: examination) { report.add(finding, of: check.name) }
                } catch let error as UploadQueueError {
                    report.add(Finding(.problem, error.message), of: check.name)
                } catch let error as UploadStoreError {
                    report.add(Finding(.problem, error.message), of: check.name)
                }
            }
        }
        if output.json {
            try Output.json(report)
        } else {
            try Output.write(report.table.text(on: output.display))
        }
        if report.hasProblem { throw ExitCode(CommandError.Status.failed.rawValue) }
    }

    private var checks: [any Check] {
        [
            EngineCheck(), SchemaCheck(), ModeCheck(),
            IntegrityCheck(isFull: full, work: LongWork(isWanted: !output.json, color: output.color.color)), LogCheck(),
            DiskCheck(), WorkerCheck(), LockCheck(), DueCheck(), CrashCheck(), SourceCheck(), ParkedCheck(),
            FailedCheck(),
            CredentialCheck(), ErasedSecretCheck(),
        ]
    }

    /// The queue; nil where it is refused, which is in the report then.
    private func open(_ report: inout DoctorReport, isFixed: Bool = false) async throws -> UploadQueue? {
        do {
            return try await UploadQueue.open(report.database)
        } catch let error as UploadQueueError {
            if error.code == .wrongPermissions && fix && !isFixed {
                // It is known to be a queue by now.
                let files = DatabaseFiles(report.database)
                report.add(try ModeCheck.finding(files.notPrivate, files, fixes: true), of: "files")
                return try await open(&report, isFixed: true)
            }
            let advice = error.code == .wrongPermissions ? "or \(Examination.fix)" : nil
            let isOfFiles = [.wrongPermissions, .untrustedFile].contains(error.code)
            report.add(Finding(.problem, error.message, advice: advice), of: isOfFiles ? "files" : "database")
            return nil
        }
    }
}

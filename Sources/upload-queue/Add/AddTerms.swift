public import ArgumentParser
import Foundation
public import Uploads

/// How the files of `upload-queue add` stand among the others of the queue, and what becomes of them.
struct AddTerms: ParsableArguments {
    private static let times = "A span from now, such as 30m, 2h or 3d; or a time, such as 2026-11-26T14:00."

    @Option(help: ArgumentHelp("Higher ones are worked first; -1000 to 1000.", valueName: "number"))
    var priority = 0

    @Option(
        help: ArgumentHelp(
            "The batch that they belong to; it is made when missing.",
            discussion: "`batch close NAME` says that it has all its uploads; `wait --batch NAME` waits for them.",
            valueName: "name"
        )
    )
    var batch: String?

    @Option(help: ArgumentHelp("A word to find them by; repeatable.", valueName: "tag"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("Not worked before this time.", discussion: times, valueName: "time"))
    var notBefore: PointInTime?

    @Option(
        help: ArgumentHelp(
            "Not begun after this time: then they fail with deadline_passed.",
            discussion: times,
            valueName: "time"
        )
    )
    var deadline: PointInTime?

    @Option(help: ArgumentHelp("Tries without progress after which one fails.", valueName: "count"))
    var maxAttempts: Int?

    @Flag(help: "Delete each file once its upload is completed, if it is still the very file that was uploaded.")
    var deleteAfter = false

    @Option(
        help: ArgumentHelp(
            "Move each file into this folder once its upload is completed, if it is still the very file.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var moveTo: String?

    @Flag(
        help: ArgumentHelp(
            "Add no file that was added before to this destination and did not change since.",
            discussion: "The id of the upload that is there is printed in its stead."
        )
    )
    var unique = false

    @Option(help: ArgumentHelp("Add nothing where an upload has this key.", valueName: "text"))
    var uniqueKey: String?

    @Option(
        help: ArgumentHelp(
            "What is done where one is there: return (its id), replace (a finished one), or fail.",
            valueName: "return|replace|fail"
        )
    )
    var ifExists = AddOptions.ExistingPolicy.return

    func validate() throws {
        guard !unique || uniqueKey == nil else {
            throw ValidationError("--unique and --unique-key exclude each other.")
        }
        guard ifExists == .return || unique || uniqueKey != nil else {
            throw ValidationError("--if-exists goes with --unique or --unique-key.")
        }
        guard !deleteAfter || moveTo == nil else {
            throw ValidationError("--delete-after and --move-to exclude each other.")
        }
    }

    /// The options for the library, with the times seen from now.
    func options(at now: Date) throws -> AddOptions {
        var options = AddOptions(
            priority: priority,
            batch: batch,
            tags: tag,
            notBefore: notBefore?.after(now),
            deadline: deadline?.after(now),
            maximumAttempts: maxAttempts,
            ifExists: ifExists
        )
        if deleteAfter { options.afterCompletion = .delete }
        if let moveTo {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: moveTo, isDirectory: &isFolder), isFolder.boolValue else {
                throw CommandError(.noInput, "\(moveTo) is no folder; files cannot be moved there")
            }
            options.afterCompletion = .move(to: moveTo)
        }
        if unique { options.uniqueKey = .source }
        if let uniqueKey { options.uniqueKey = .key(uniqueKey) }
        try options.check()
        return options
    }
}

extension AddOptions.ExistingPolicy: ExpressibleByArgument {}

import ArgumentParser
import DevelopmentServer
import SystemPackage
import Uploads

/// Why the command ends without what it was asked for.
struct CommandError: Error {
    /// The exit codes; from 64 on they are those of sysexits.h.
    enum Status: Int32, CaseIterable {
        case failed = 1
        case waiting = 2
        case usage = 64
        case badData = 65
        case noInput = 66
        case unavailable = 69
        case cannotCreate = 73
        case inputOutput = 74
        case busy = 75
        case configuration = 78

        /// When the command ends with it.
        var meaning: String {
            switch self {
            case .failed:
                "some uploads failed (`run --drain`, `wait`), a request was refused, or `doctor` found a problem"
            case .waiting:
                "none failed, but some are paused or for later (`run --drain`), or not finished in time (`wait`)"
            case .usage: "wrong usage: an option or a value that is none"
            case .badData: "a grant, metadata or a path that cannot be used"
            case .noInput: "no such file, upload, destination, batch or queue, or not readable"
            case .unavailable: "a port that cannot be listened on"
            case .cannotCreate: "the queue cannot be created or opened where it was named"
            case .inputOutput: "the disk is full or failed, or output cannot be written"
            case .busy: "another program keeps the database locked; try again"
            case .configuration: "the database is refused: foreign, damaged, newer, not private"
            }
        }
    }

    var status: Status
    /// What happened and what to do, one line each.
    var messages: [String]

    init(_ status: Status, _ messages: String...) {
        self.status = status
        self.messages = messages
    }

    /// Says any error in the command's words.
    init(_ error: any Error) {
        // The command also asks the store itself.
        switch UploadQueueError.inOwnWords(error) {
        case let error as CommandError: self = error
        case let error as UploadQueueError: self.init(Self.status(error.code), error.message)
        case let error as Errno: self.init(Self.status(error), "\(error)")
        case let error as DevelopmentServer.CannotListen: self.init(.unavailable, "\(error)")
        case is CancellationError: self.init(.failed, "interrupted")
        default: self.init(.failed, "\(error)")
        }
    }

    private static func status(_ code: UploadQueueError.Code) -> Status {
        switch code {
        case .notADatabase, .anotherProgram, .newerSchema, .editedSchema, .networkFilesystem, .wrongPermissions,
            .untrustedFile, .corrupt:
            .configuration
        case .cannotOpen: .cannotCreate
        case .busy: .busy
        case .diskFull, .inputOutput: .inputOutput
        case .invalidSource, .notFound: .noInput
        case .invalidDestination, .invalidOption: .usage
        case .invalidMetadata, .invalidGrant: .badData
        default: .failed
        }
    }

    private static func status(_ errno: Errno) -> Status {
        switch errno {
        case .noSuchFileOrDirectory, .permissionDenied, .isDirectory: .noInput
        default: .inputOutput
        }
    }
}

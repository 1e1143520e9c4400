import ArgumentParser
import DevelopmentServer
import SystemPackage
import Uploads

/// Why the command ends without what it was asked for.
struct CommandError: Error {
    /// The exit codes, after sysexits.h.
    enum Status: Int32 {
        case failed = 1
        case usage = 64
        case noInput = 66
        case unavailable = 69
        case inputOutput = 74
        case busy = 75
        case configuration = 78
    }

    var status: Status
    /// What happened and what to do, one line each.
    var messages: [String]

    init(_ status: Status, _ messages: String...) {
        self.status = status
        self.messages = messages
    }

    init(_ status: Status, messages: [String]) {
        self.status = status
        self.messages = messages
    }

    /// Says any error in the command's words.
    init(_ error: any Error) {
        switch error {
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
            .cannotOpen, .corrupt:
            .configuration
        case .busy: .busy
        case .diskFull, .inputOutput: .inputOutput
        case .invalidSource: .noInput
        case .invalidDestination, .invalidMetadata, .invalidGrant: .usage
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

internal import GRDB
internal import SystemPackage

/// What the store could not do, and what to do about it.
package struct UploadStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error; the raw value is stable.
    package enum Code: String, Sendable {
        case notADatabase = "not_a_database"
        case anotherProgram = "another_program"
        case newerSchema = "newer_schema"
        case editedSchema = "edited_schema"
        case networkFilesystem = "network_filesystem"
        case wrongPermissions = "wrong_permissions"
        case untrustedFile = "untrusted_file"
        case cannotOpen = "cannot_open"
        case corrupt
        case busy
        case diskFull = "disk_full"
        case inputOutput = "input_output"
        case refused
        case notFound = "not_found"
        case exists
        case claimLost = "claim_lost"
    }

    package var code: Code
    /// What happened and what to do, for a person.
    package var message: String
    /// What lies beneath, if anything.
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether the same may succeed once another program or a person made room.
    package var isPassing: Bool { code == .busy || code == .diskFull }

    package var description: String { "\(code.rawValue): \(message)" }

    /// Says in the store's words what SQLite reported.
    ///
    /// - Parameters:
    ///   - error: The error of the database library; one of this type is returned as it is.
    ///   - path: The database file, which the message names.
    package init(_ error: any Error, at path: String) {
        if let error = error as? UploadStoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.cannotOpen, "\(path): \(error)", cause: error)
            return
        }
        let text = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            self.init(.notADatabase, "\(path) is not a SQLite database; name another file", cause: error)
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "\(path) is damaged (\(text)); keep a copy of the file and its -wal, "
                    + "then rescue it with the sqlite3 shell's .recover",
                cause: error
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy,
                "another program kept \(path) locked; end its transaction and try again",
                cause: error
            )
        case .SQLITE_FULL:
            self.init(.diskFull, Self.fullDisk(path), cause: error)
        // SQLite cannot grow the index of its log.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            self.init(.diskFull, Self.fullDisk(path), cause: error)
        case .SQLITE_IOERR:
            self.init(.inputOutput, "\(path) could not be read or written (\(text))", cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            self.init(
                .cannotOpen,
                "\(path) cannot be opened for writing (\(text)); this user must own it and be allowed to make files beside it",
                cause: error
            )
        case .SQLITE_CONSTRAINT:
            self.init(.refused, text, cause: error)
        default:
            self.init(.inputOutput, "\(path) could not be used (\(text))", cause: error)
        }
    }

    /// Says why a file beside the database, or it, could not be made.
    package init(making path: String, _ cause: any Error) {
        switch cause as? Errno {
        case .noSpace: self.init(.diskFull, Self.fullDisk(path), cause: cause)
        default: self.init(.cannotOpen, "cannot open \(path): \(cause)", cause: cause)
        }
    }

    private static func fullDisk(_ path: String) -> String {
        "the disk of \(path) is full; nothing was changed; make room and try again"
    }
}

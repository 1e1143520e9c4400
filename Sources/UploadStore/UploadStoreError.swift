internal import GRDB

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
        case cannotOpen = "cannot_open"
        case corrupt
        case busy
        case diskFull = "disk_full"
        case inputOutput = "input_output"
        case refused
        case notFound = "not_found"
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

    package var description: String { "\(code.rawValue): \(message)" }

    /// Says in the store's words what SQLite reported.
    ///
    /// - Parameter error: The error of the database library; one of this type is returned as it is.
    package init(_ error: any Error) {
        if let error = error as? UploadStoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.cannotOpen, "\(error)", cause: error)
            return
        }
        let text = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            self.init(.notADatabase, "the file is not a SQLite database", cause: error)
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "the database is damaged (\(text)); keep a copy of the file and its -wal, "
                    + "then rescue it with the sqlite3 shell's .recover",
                cause: error
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy,
                "another program kept the database locked; end its transaction and try again",
                cause: error
            )
        case .SQLITE_FULL:
            self.init(.diskFull, "the disk is full; nothing was changed; make room and try again", cause: error)
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            self.init(.inputOutput, "the database could not be read or written (\(text))", cause: error)
        case .SQLITE_CONSTRAINT:
            self.init(.refused, text, cause: error)
        default:
            self.init(.inputOutput, "the database could not be used (\(text))", cause: error)
        }
    }
}

internal import Tus
internal import UploadStore

/// What the queue could not do, and what to do about it.
public struct UploadQueueError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The stable name, as logs and `--json` spell it.
        public let rawValue: String

        /// The stable name.
        public var description: String { rawValue }

        init(_ rawValue: String) { self.rawValue = rawValue }

        /// The file is not a SQLite database.
        public static let notADatabase = Code("not_a_database")
        /// The file is a database of another program.
        public static let anotherProgram = Code("another_program")
        /// The file was written by a newer version of this library.
        public static let newerSchema = Code("newer_schema")
        /// The schema is not the one that the migrations make.
        public static let editedSchema = Code("edited_schema")
        /// The file is on a network filesystem.
        public static let networkFilesystem = Code("network_filesystem")
        /// Other users could read the file.
        public static let wrongPermissions = Code("wrong_permissions")
        /// A file of the queue is a link, has a second name, or belongs to another user.
        public static let untrustedFile = Code("untrusted_file")
        /// The file cannot be opened or created.
        public static let cannotOpen = Code("cannot_open")
        /// The database is damaged.
        public static let corrupt = Code("corrupt")
        /// Another program kept the database locked.
        public static let busy = Code("busy")
        /// The disk is full; nothing was changed.
        public static let diskFull = Code("disk_full")
        /// The database could not be read or written.
        public static let inputOutput = Code("input_output")
        /// The change is against the queue's rules.
        public static let refused = Code("refused")
        /// There is no such upload, destination, batch or consumer.
        public static let notFound = Code("not_found")
        /// Another upload has the unique key.
        public static let exists = Code("exists")
        /// The source cannot be uploaded: missing, unreadable, not a regular file, or its path is not UTF-8.
        public static let invalidSource = Code("invalid_source")
        /// A destination's name, URL, header or chunk size is not one.
        public static let invalidDestination = Code("invalid_destination")
        /// The tus metadata is not valid.
        public static let invalidMetadata = Code("invalid_metadata")
        /// An option of an upload is out of its range.
        public static let invalidOption = Code("invalid_option")
        /// The text is not a grant.
        public static let invalidGrant = Code("invalid_grant")
    }

    /// The kind.
    public var code: Code
    /// What happened, to which upload or file, and what to do.
    public var message: String
    /// What lies beneath, if anything.
    public var cause: (any Error)?

    /// The message, led by the code.
    public var description: String { "\(code): \(message)" }

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Runs a body and says its errors in the queue's words.
    static func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw inOwnWords(error)
        }
    }

    /// Runs a body and says its errors in the queue's words.
    static func wrapping<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw inOwnWords(error)
        }
    }

    /// Says an error of the store in the queue's words; others stay as they are.
    package static func inOwnWords(_ error: any Error) -> any Error {
        switch error {
        case let error as UploadStoreError where error.cause is SourceGone:
            UploadQueueError(.invalidSource, error.message)
        case let error as UploadStoreError:
            UploadQueueError(Code(error.code.rawValue), error.message, cause: error.cause)
        case let problem as Problem: UploadQueueError(.invalidMetadata, problem.message)
        default: error
        }
    }
}

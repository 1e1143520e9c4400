public import Foundation
internal import UploadStore

/// How an upload stands among the others of a queue, and what becomes of its source.
public struct AddOptions: Sendable, Equatable {
    /// What is done with the source once its upload is completed, and confirmed where its destination asks for that.
    public enum AfterCompletion: Sendable, Equatable {
        /// It stays.
        case keep
        /// It is deleted, if it is still the very file that was uploaded.
        case delete
        /// It is moved into a folder that exists, if it is still the very file that was uploaded and nothing there has its
        /// name.
        case move(to: String)
    }

    /// What makes an upload the same as another one.
    public enum UniqueKey: Sendable, Equatable {
        /// A text of 1 to 2,048 characters.
        case key(String)
        /// The destination, and the file as it is: its path, size, time of modification and inode.
        case source
    }

    /// What is done where another upload has the unique key.
    public enum ExistingPolicy: String, Sendable, CaseIterable {
        /// Nothing is added, and the other one is returned.
        case `return`
        /// As `return`; but where the other one is completed, failed or cancelled, a new one is added.
        case replace
        /// It is an error, and nothing is added.
        case fail
    }

    /// Higher ones are worked first; -1,000 to 1,000, the default is 0.
    public var priority: Int
    /// The name of the batch that it belongs to, 1 to 255 characters; nil: none.
    ///
    /// The first upload makes the batch. Batches take turns: a large one does not keep a small one waiting.
    public var batch: String?
    /// Words to find it by, each 1 to 255 characters; at most 64.
    public var tags: [String]
    /// Not worked before this time; nil: at once.
    public var notBefore: Date?
    /// Not begun after this time; nil: no deadline.
    ///
    /// What waits then fails with `deadline_passed`, once a processor runs. What is in hand goes on; where it is put off, it
    /// fails too, unless its last byte may have been sent. A paused upload fails when it is resumed.
    public var deadline: Date?
    /// Tries of one phase without progress after which it fails, 1 or more; nil: as its destination or worker says.
    public var maximumAttempts: Int?
    /// What is done with the source in the end.
    public var afterCompletion: AfterCompletion
    /// What makes it the same as another one; nil: nothing does.
    public var uniqueKey: UniqueKey?
    /// What is done where another upload has the unique key.
    public var ifExists: ExistingPolicy

    /// Options; the default has none.
    ///
    /// - Parameters:
    ///   - priority: Higher ones are worked first; -1,000 to 1,000.
    ///   - batch: The name of the batch.
    ///   - tags: Words to find it by.
    ///   - notBefore: Not worked before this time.
    ///   - deadline: Not begun after this time.
    ///   - maximumAttempts: Tries of one phase without progress after which it fails.
    ///   - afterCompletion: What is done with the source in the end.
    ///   - uniqueKey: What makes it the same as another one.
    ///   - ifExists: What is done where another upload has the unique key.
    public init(
        priority: Int = 0,
        batch: String? = nil,
        tags: [String] = [],
        notBefore: Date? = nil,
        deadline: Date? = nil,
        maximumAttempts: Int? = nil,
        afterCompletion: AfterCompletion = .keep,
        uniqueKey: UniqueKey? = nil,
        ifExists: ExistingPolicy = .return
    ) {
        self.priority = priority
        self.batch = batch
        self.tags = tags
        self.notBefore = notBefore
        self.deadline = deadline
        self.maximumAttempts = maximumAttempts
        self.afterCompletion = afterCompletion
        self.uniqueKey = uniqueKey
        self.ifExists = ifExists
    }
}

extension AddOptions {
    private static let mostTags = 64

    /// Checks the options without a queue.
    ///
    /// - Throws: ``UploadQueueError`` `invalid_option`.
    package func check() throws {
        func check(_ isRight: Bool, _ message: String) throws {
            if !isRight { throw UploadQueueError(.invalidOption, message) }
        }
        try check(-1000...1000 ~= priority, "a priority is -1000 to 1000, not \(priority)")
        try check(batch.map(Self.isName) ?? true, "a batch's name is 1 to 255 characters on one line")
        try check(tags.count <= Self.mostTags, "an upload has at most \(Self.mostTags) tags")
        try check(tags.allSatisfy(Self.isName), "a tag is 1 to 255 characters on one line")
        try check(maximumAttempts.map { $0 > 0 } ?? true, "the most tries are 1 or more")
        if case .key(let key)? = uniqueKey {
            try check(1...2048 ~= key.unicodeScalars.count, "a unique key is 1 to 2,048 characters")
        }
        if case .move(let folder) = afterCompletion {
            try check(
                !folder.isEmpty && AbsolutePath.of(folder).utf8.count <= 4096,
                "the folder to move to is 1 to 4,096 bytes"
            )
        }
    }

    private static func isName(_ text: String) -> Bool {
        1...255 ~= text.unicodeScalars.count && !text.contains(where: \.isNewline) && !text.contains("\0")
    }

    var existing: ExistingRule {
        switch ifExists {
        case .return: .keep
        case .replace: .replaceFinished
        case .fail: .refuse
        }
    }

    /// Puts the options into an upload that is to be added.
    func apply(to upload: inout NewUpload) {
        upload.priority = priority
        upload.batch = batch ?? ""
        upload.tags = tags
        upload.notBefore = notBefore.map(Timestamp.text) ?? upload.notBefore
        upload.deadline = deadline.map(Timestamp.text)
        upload.maxAttempts = maximumAttempts
        switch afterCompletion {
        case .keep: break
        case .delete: upload.afterCompletion = "delete"
        case .move(let folder):
            upload.afterCompletion = "move"
            upload.moveTo = AbsolutePath.of(folder)
        }
        switch uniqueKey {
        case nil: break
        case .key(let key): upload.uniqueKey = "key \(key)"
        case .source:
            let identity = upload.identity
            upload.uniqueKey =
                "source \(upload.destination) \(upload.sourcePath) \(identity.length) "
                + "\(identity.modified) \(identity.inode)"
        }
    }
}

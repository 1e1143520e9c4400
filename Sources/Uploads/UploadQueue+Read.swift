public import Foundation
internal import UploadStore

extension UploadQueue {
    /// Which uploads to list.
    public struct Filter: Sendable {
        /// Only these; empty: any.
        public var statuses: [Upload.Status]
        /// Only those of this destination; nil: any.
        public var destination: String?
        /// Only those whose last error has this code; nil: any.
        public var errorCode: String?
        /// Only those that were added or finished at or after this time; nil: any.
        public var since: Date?
        /// Only those of this batch; nil: any.
        public var batch: String?
        /// Only those with this tag; nil: any.
        public var tag: String?
        /// Only ids above this one, to go on after the last upload of an earlier list.
        public var after: Upload.ID
        /// At most so many, 1 or more.
        public var limit: Int

        /// A filter; by default the first 1,000 uploads of any kind.
        ///
        /// - Parameters:
        ///   - statuses: Only these; empty: any.
        ///   - destination: Only those of this destination; nil: any.
        ///   - errorCode: Only those whose last error has this code; nil: any.
        ///   - since: Only those that were added or finished at or after this time; nil: any.
        ///   - batch: Only those of this batch; nil: any.
        ///   - tag: Only those with this tag; nil: any.
        ///   - after: Only ids above this one.
        ///   - limit: At most so many, 1 or more.
        public init(
            statuses: [Upload.Status] = [],
            destination: String? = nil,
            errorCode: String? = nil,
            since: Date? = nil,
            batch: String? = nil,
            tag: String? = nil,
            after: Upload.ID = 0,
            limit: Int = 1000
        ) {
            self.statuses = statuses
            self.destination = destination
            self.errorCode = errorCode
            self.since = since
            self.batch = batch
            self.tag = tag
            self.after = after
            self.limit = limit
        }
    }

    /// How many uploads have a status, and their bytes.
    public struct StatusCount: Sendable, Equatable {
        /// The status.
        public var status: Upload.Status
        /// Uploads of that status.
        public var uploads: Int
        /// Bytes of theirs that servers are known to have.
        public var bytesThere: Int64
        /// Bytes of their files.
        public var bytes: Int64
    }

    /// One upload.
    ///
    /// - Parameter id: Its id.
    /// - Returns: The upload, nil where there is none.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func upload(_ id: Upload.ID) async throws -> Upload? {
        try await UploadQueueError.wrapping {
            guard let row = try await store.upload(id) else { return nil }
            return Upload(row, tags: try await store.tags(of: [id])[id] ?? [])
        }
    }

    /// Uploads by ascending id.
    ///
    /// - Parameter filter: Which.
    /// - Returns: The uploads, at most the filter's limit.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func uploads(matching filter: Filter = .init()) async throws -> [Upload] {
        try await UploadQueueError.wrapping {
            let rows = try await store.uploads(
                matching: UploadFilter(
                    statuses: filter.statuses.compactMap { .init(rawValue: $0.rawValue) },
                    destination: filter.destination,
                    errorCode: filter.errorCode,
                    since: filter.since.map(Timestamp.text),
                    batch: filter.batch,
                    tag: filter.tag,
                    after: filter.after,
                    limit: filter.limit
                )
            )
            let tags = try await store.tags(of: rows.map(\.id))
            return rows.map { Upload($0, tags: tags[$0.id] ?? []) }
        }
    }

    /// How many uploads have each status that occurs.
    ///
    /// - Returns: The counts.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func summary() async throws -> [StatusCount] {
        try await UploadQueueError.wrapping {
            try await store.summary().compactMap(StatusCount.init)
        }
    }

    /// What happened, oldest first.
    ///
    /// The history outlives restarts: keep the last id to learn what is new.
    ///
    /// - Parameters:
    ///   - last: Only later ones than this id; 0: from the beginning.
    ///   - id: Only of this upload; nil: of all.
    ///   - limit: At most so many, 1 or more.
    /// - Returns: The events.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func events(
        after last: UploadEvent.ID = 0,
        of id: Upload.ID? = nil,
        limit: Int = 1000
    ) async throws -> [UploadEvent] {
        try await UploadQueueError.wrapping {
            try await store.events(after: last, uploadID: id, limit: limit).map(UploadEvent.init)
        }
    }

    /// An upload now and after each change of it, from any process, until it is finished.
    ///
    /// Changes that follow each other faster than they are read are told as one; the last one is never left out.
    ///
    /// - Parameter id: The upload.
    /// - Returns: A sequence; it throws ``UploadQueueError`` `not_found` where there is no such upload.
    public func updates(of id: Upload.ID) -> UploadUpdates { UploadUpdates(queue: self, id: id) }

    /// Waits until an upload is completed, failed or cancelled.
    ///
    /// - Parameter id: The upload.
    /// - Returns: The upload as it ended.
    /// - Throws: ``UploadQueueError`` `not_found`, or `CancellationError` when the task is cancelled.
    @discardableResult
    public func waitUntilFinished(_ id: Upload.ID) async throws -> Upload {
        var last: Upload?
        for try await upload in updates(of: id) { last = upload }
        try Task.checkCancellation()
        guard let last, last.status.isFinished else {
            throw UploadQueueError(.notFound, "there is no upload \(id)")
        }
        return last
    }

    /// Waits until no upload is pending or processing; paused ones do not count.
    ///
    /// - Throws: ``UploadQueueError`` when the database cannot be read, or `CancellationError`.
    public func waitUntilFinished() async throws {
        let watch = store.watch
        while true {
            let mark = try await UploadQueueError.wrapping { try await watch.mark() }
            let open = try await uploads(matching: Filter(statuses: [.pending, .processing], limit: 1))
            if open.isEmpty { return }
            try await UploadQueueError.wrapping { try await watch.change(since: mark) }
        }
    }
}

extension UploadQueue.StatusCount {
    init?(_ summary: StatusSummary) {
        guard let status = Upload.Status(rawValue: summary.status.rawValue) else { return nil }
        self.init(
            status: status,
            uploads: summary.uploads,
            bytesThere: summary.bytesThere,
            bytes: summary.bytes
        )
    }
}

package import Foundation
internal import SystemPackage
package import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A worker, as its row tells.
package struct RunningWorker: Sendable, Equatable {
    package var id: Int64
    package var pid: Int64
    package var host: String
    package var startedAt: String
    /// Uploads in its hands.
    package var uploads: Int
    /// When it showed last that it goes on, every few seconds (UTC, ISO 8601 with milliseconds).
    package var lastSeenAt: String
    /// Whether it had been silent for too long when it was looked for.
    package var isHung = false

    /// Seconds; a worker that lives and was silent for longer is stopped, or hangs.
    private static let longestSilence: TimeInterval = 60

    /// Whether a worker that lives, and was seen last at a time, does not go on.
    package static func isHung(lastSeenAt: String, at now: Date) -> Bool {
        lastSeenAt < Timestamp.text(now.addingTimeInterval(-longestSilence))
    }
}

/// What the lock of a worker tells of it.
private enum WorkerLife {
    case alive
    case dead
    /// This user may not open it.
    case hidden
}

/// Uploads that are not completed, and what stands in their way.
package struct ErrorCount: Sendable, Equatable {
    package var code: String
    package var uploads: Int
    /// The oldest of them.
    package var oldestUpload: Int64
    /// What its error says.
    package var message: String
}

/// An upload that failed, in a few words.
package struct RecentFailure: Sendable, Equatable {
    package var id: Upload.ID
    /// When it failed (UTC, ISO 8601 with milliseconds).
    package var at: String
    package var code: String
    package var message: String

    package init(id: Upload.ID, at: String, code: String, message: String) {
        self.id = id
        self.at = at
        self.code = code
        self.message = message
    }
}

/// What an operator asks of a queue as a whole.
extension UploadQueue {
    /// The workers that live, oldest first; those that died and were not taken over yet are left out.
    package func runningWorkers() async throws -> [RunningWorker] { try await workers(.alive) }

    /// The workers that died and were not taken over yet, oldest first.
    package func deadWorkers() async throws -> [RunningWorker] {
        let seen = try await Set(workers(.dead).map(\.id))
        // One that was just ending has no row any more.
        return seen.isEmpty ? [] : try await workers(.dead).filter { seen.contains($0.id) }
    }

    /// The workers that may live or be dead, since this user may not open their lock, oldest first.
    package func hiddenWorkers() async throws -> [RunningWorker] { try await workers(.hidden) }

    /// Takes over the uploads of every worker that died.
    package func takeOverDead(at now: Date) async throws -> [Takeover] {
        try await UploadQueueError.wrapping { try await store.takeOverDead(except: nil, now: Timestamp.text(now)) }
    }

    private func workers(_ life: WorkerLife) async throws -> [RunningWorker] {
        let result = try await UploadQueueError.wrapping {
            try await store.query(
                """
                SELECT id, pid, host, started_at,
                    (SELECT count(*) FROM upload WHERE status = 'processing' AND worker_id = worker.id)
                FROM worker ORDER BY id
                """
            )
        }
        return result.rows.compactMap { row in
            guard let id = Int64(row[0]), let pid = Int64(row[1]), let uploads = Int(row[4]) else { return nil }
            let found = look(at: id)
            guard found.life == life else { return nil }
            let lastSeenAt = found.lastSeen.map(Timestamp.text) ?? ""
            return RunningWorker(
                id: id,
                pid: pid,
                host: row[2],
                startedAt: row[3],
                uploads: uploads,
                lastSeenAt: lastSeenAt,
                isHung: life == .alive && RunningWorker.isHung(lastSeenAt: lastSeenAt, at: Date())
            )
        }
    }

    /// The errors of uploads, by code, the one of the oldest upload first.
    ///
    /// - Parameters:
    ///   - statuses: Only of uploads of these statuses; by default those that are neither completed nor cancelled.
    ///   - limit: At most so many codes.
    /// - Returns: The errors.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    package func errorCounts(
        of statuses: [Upload.Status] = [.pending, .processing, .paused, .failed],
        limit: Int
    ) async throws -> [ErrorCount] {
        let statuses = statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let result = try await UploadQueueError.wrapping {
            try await store.query(
                """
                SELECT code, uploads, oldest, last_error FROM (
                    SELECT last_error_code AS code, count(*) AS uploads, min(id) AS oldest
                    FROM upload INDEXED BY upload_by_error
                    WHERE last_error_code IS NOT NULL AND status IN (\(statuses)) GROUP BY last_error_code)
                JOIN upload ON id = oldest ORDER BY oldest LIMIT \(max(1, limit))
                """
            )
        }
        return result.rows.compactMap { row in
            guard let uploads = Int(row[1]), let oldest = Int64(row[2]) else { return nil }
            return ErrorCount(code: row[0], uploads: uploads, oldestUpload: oldest, message: row[3])
        }
    }

    /// The uploads that are failed, the newest failure first.
    ///
    /// - Parameter limit: At most so many.
    /// - Returns: The failures.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    package func recentFailures(limit: Int) async throws -> [RecentFailure] {
        let result = try await UploadQueueError.wrapping {
            try await store.query(
                """
                SELECT id, finished_at, last_error_code, last_error FROM upload INDEXED BY upload_failed_at
                WHERE status = 'failed' ORDER BY finished_at DESC, id DESC LIMIT \(max(1, limit))
                """
            )
        }
        return result.rows.compactMap { row in
            Int64(row[0]).map { RecentFailure(id: $0, at: row[1], code: row[2], message: row[3]) }
        }
    }

    /// What the pending and the paused uploads wait for, the oldest first.
    package func waiting(at now: Date) async throws -> [WaitingSummary] {
        try await UploadQueueError.wrapping { try await store.waiting(now: Timestamp.text(now)) }
    }

    /// The ids of the newest uploads, the newest first.
    package func newestUploads(limit: Int) async throws -> [Upload.ID] {
        let result = try await UploadQueueError.wrapping {
            try await store.query("SELECT id FROM upload ORDER BY id DESC LIMIT \(max(1, limit))")
        }
        return result.rows.compactMap { Int64($0[0]) }
    }

    /// What happened, oldest first.
    package func events(matching filter: EventFilter) async throws -> [UploadEvent] {
        try await UploadQueueError.wrapping { try await store.events(matching: filter).map(UploadEvent.init) }
    }

    /// Notes that a reader has dealt with every event up to one.
    package func acknowledge(_ event: UploadEvent.ID, by consumer: String) async throws {
        try await UploadQueueError.wrapping { try await store.acknowledge(event, by: consumer) }
    }

    /// Everything that is paused as a whole.
    package func pausedScopes() async throws -> Set<UploadScope> {
        try await UploadQueueError.wrapping { Set(try await store.pausedScopes().map(UploadScope.init)) }
    }

    /// The newest event, 0 where there is none: ``events(after:of:limit:)`` then tells what happens from now on.
    package func lastEventID() async throws -> UploadEvent.ID {
        let result = try await UploadQueueError.wrapping {
            try await store.query("SELECT coalesce(max(seq), 0) FROM upload_event")
        }
        return result.rows.first.flatMap { Int64($0[0]) } ?? 0
    }

    /// Whether a worker lives, and when it showed last that it goes on.
    ///
    /// A shared lock is tried, and given back at once.
    private func look(at worker: Int64) -> (life: WorkerLife, lastSeen: Date?) {
        let path = FilePath("\(path).worker-\(worker)")
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            return (error as? Errno == .permissionDenied ? .hidden : .dead, nil)
        }
        defer { try? file.close() }
        guard flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK else { return (.dead, nil) }
        var information = stat()
        guard fstat(file.rawValue, &information) == 0 else { return (.dead, nil) }
        #if canImport(Darwin)
        let seen = information.st_mtimespec
        #else
        let seen = information.st_mtim
        #endif
        return (.alive, Date(timeIntervalSince1970: Double(seen.tv_sec) + Double(seen.tv_nsec) / 1e9))
    }
}

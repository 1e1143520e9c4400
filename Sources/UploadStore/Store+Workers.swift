internal import GRDB
internal import SystemPackage

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A running worker: its row, and the lock that proves it alive for as long as this object lives.
package final class Worker: Sendable {
    package let id: Int64
    fileprivate let lock: WorkerLock

    fileprivate init(id: Int64, lock: WorkerLock) {
        self.id = id
        self.lock = lock
    }

    /// Shows people that this worker goes on; nothing is decided by it.
    package func showLife() { lock.touch() }
}

/// What a takeover did.
package struct Takeover: Sendable, Equatable {
    package var workerID: Int64
    /// Uploads that are pending again.
    package var released: Int
    /// Uploads that failed as poison.
    package var poisoned: Int
}

extension Store {
    /// How often an upload's worker may die while it works on that upload alone: at the last time the upload is poison.
    ///
    /// Not once: a kill from outside, as of a machine without memory, hits whatever is worked on.
    package static let crashesAlone = 3

    /// Crashes without progress in between after which an upload is poison, if its worker had nothing else in hand.
    package static let poisonCrashes = suspectCrashes + crashesAlone

    /// Registers a worker and takes its lock.
    package func startWorker() async throws -> Worker {
        let path = path
        let host = Self.hostName()
        return try await commits.write { db in
            try db.execute(
                sql: "INSERT INTO worker (boot_id, pid, host) VALUES (?, ?, ?)",
                arguments: [BootID.current, Int64(getpid()), host]
            )
            let id = db.lastInsertedRowID
            guard let lock = try Self.newLock(path, id) else {
                throw UploadStoreError(.busy, "the lock file \(path).worker-\(id) is held by another program")
            }
            return Worker(id: id, lock: lock)
        }
    }

    /// Ends a worker: its uploads are pending again, its row and lock file are gone.
    package func stopWorker(_ worker: Worker) async throws {
        try await commits.write { db in
            try db.execute(
                sql: """
                    UPDATE upload SET status = 'pending', worker_id = NULL, revision = revision + 1
                    WHERE status = 'processing' AND worker_id = ?
                    """,
                arguments: [worker.id]
            )
            try db.execute(sql: "DELETE FROM worker WHERE id = ?", arguments: [worker.id])
        }
        worker.lock.remove()
    }

    /// Takes over the uploads of every worker that the kernel says is dead.
    ///
    /// - Parameters:
    ///   - worker: The worker that asks, which is never taken over; nil: one that is no worker asks.
    ///   - now: The time that poisoned uploads finish at.
    ///   - hidden: Told of each worker whose lock this user may not open, with the reason. It is not known to be dead.
    /// - Returns: One line for each worker that was taken over here.
    /// - Throws: ``UploadStoreError``.
    package func takeOverDead(
        except worker: Worker?,
        now: String,
        hidden: (Int64, UploadStoreError) -> Void = { _, _ in }
    ) async throws -> [Takeover] {
        let others = try await read { db in
            try Row.fetchAll(db, sql: "SELECT id, boot_id FROM worker WHERE id IS NOT ?", arguments: [worker?.id])
                .map { (id: $0["id"] as Int64, bootID: $0["boot_id"] as String) }
        }
        var takeovers: [Takeover] = []
        for other in others {
            let lock: WorkerLock?
            do {
                lock = try Self.lock(path, other.id)
            } catch let error as UploadStoreError where error.isForbidden {
                hidden(other.id, error)
                continue
            }
            guard let lock else { continue }
            let sameBoot = other.bootID == BootID.current
            if let takeover = try await takeOver(other.id, sameBoot: sameBoot, now: now) { takeovers.append(takeover) }
            lock.remove()
        }
        return takeovers
    }

    private func takeOver(_ id: Int64, sameBoot: Bool, now: String) async throws -> Takeover? {
        try await commits.write { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT crashes, requested FROM upload WHERE status = 'processing' AND worker_id = ?",
                arguments: [id]
            )
            let crashes: Int? = rows.count == 1 ? rows[0]["crashes"] : nil
            // What is to be cancelled is cancelled, as where an upload fails.
            let isCancelled = rows.first?["requested"] == "cancel"
            let isPoison = sameBoot && !isCancelled && (crashes ?? 0) + 1 >= Self.poisonCrashes
            try db.execute(
                sql: isPoison
                    ? """
                    UPDATE upload SET status = 'failed', finished_at = :now, worker_id = NULL, requested = NULL,
                        generation = generation + 1, revision = revision + 1, crashes = crashes + 1,
                        last_error_code = 'poison',
                        last_error = 'its workers died \(Self.poisonCrashes) times without progress, at last while they '
                            || 'worked on this upload alone; look into their end, then retry it'
                    WHERE status = 'processing' AND worker_id = :worker
                    """
                    : """
                    UPDATE upload SET status = 'pending', worker_id = NULL, generation = generation + 1,
                        revision = revision + 1, crashes = CASE
                            WHEN requested = 'cancel' AND crashes + 1 >= \(Self.poisonCrashes) THEN 0
                            ELSE crashes + \(sameBoot ? 1 : 0) END
                    WHERE status = 'processing' AND worker_id = :worker
                    """,
                arguments: isPoison ? ["now": now, "worker": id] : ["worker": id]
            )
            try db.execute(sql: "DELETE FROM worker WHERE id = ?", arguments: [id])
            guard db.changesCount == 1 else { return nil }
            return Takeover(
                workerID: id,
                released: isPoison ? 0 : rows.count,
                poisoned: isPoison ? 1 : 0
            )
        }
    }

    /// Takes the lock of a worker that is only being registered, which nobody else does meanwhile.
    ///
    /// A file of its name that may not be opened is that of a try of root's that was killed: no worker had this id.
    private static func newLock(_ path: String, _ workerID: Int64) throws -> WorkerLock? {
        do {
            return try lock(path, workerID)
        } catch let error as UploadStoreError where error.isForbidden {
            _ = unlink("\(path).worker-\(workerID)")
            return try lock(path, workerID)
        }
    }

    private static func lock(_ path: String, _ workerID: Int64) throws -> WorkerLock? {
        do {
            return try WorkerLock(databasePath: path, workerID: workerID)
        } catch let error as UploadStoreError {
            throw error
        } catch {
            throw UploadStoreError(making: "\(path).worker-\(workerID)", error)
        }
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension UploadStoreError {
    /// Whether this user may not do what was tried.
    fileprivate var isForbidden: Bool { cause as? Errno == .permissionDenied || cause as? Errno == .notPermitted }
}

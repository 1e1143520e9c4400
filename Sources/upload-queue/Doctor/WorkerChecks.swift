import Foundation
import UploadStore
import Uploads

/// Whether uploads are held by workers that hang, that died and nobody takes over, or of which nobody can tell.
struct WorkerCheck: Check {
    let name = "workers"

    func findings(in examination: Examination) async throws -> [Finding] {
        let dead = try await examination.queue.deadWorkers()
        let hung = examination.workers.compactMap { worker in
            HungWorker(id: worker.id, pid: worker.pid, seenAt: worker.lastSeenAt, at: examination.now)
        }
        let hidden = try await examination.queue.hiddenWorkers().map { Self.finding($0, examination.queue.path) }
        let findings = hung.map { Finding(.warning, $0.message, advice: $0.advice) } + hidden
        // One that hangs takes nothing over.
        let alive = examination.workers.count - hung.count
        guard findings.isEmpty || !dead.isEmpty else { return findings }
        return findings + [try await finding(of: dead, alive: alive, examination)]
    }

    /// Tells of a worker whose lock is another user's, as root's was in older versions.
    private static func finding(_ hidden: RunningWorker, _ database: String) -> Finding {
        let lock = "\(database).worker-\(hidden.id)"
        return Finding(
            .problem,
            "whether worker \(hidden.id) (process \(hidden.pid)) lives cannot be told, as this user may not open \(lock); "
                + "it holds \(hidden.uploads.counted("upload"))",
            advice: "as root, run: chown \(geteuid()) '\(lock)'; where it died, a worker then takes them over"
        )
    }

    private func finding(of dead: [RunningWorker], alive: Int, _ examination: Examination) async throws -> Finding {
        let running = alive == 0 ? "none is running" : "\(alive.counted("worker")) \(alive == 1 ? "is" : "are") running"
        guard !dead.isEmpty else { return Finding(.ok, running) }
        let held = dead.reduce(0) { $0 + $1.uploads }
        let who = "\(dead.count.counted("worker")) died"
        guard alive == 0 else { return Finding(.ok, "\(running); \(who), and they are about to take over") }
        guard examination.fixes else {
            return Finding(
                held > 0 ? .problem : .warning,
                "\(who), no other is running, and \(held.counted("upload")) \(held == 1 ? "is" : "are") in their hands",
                advice: "`upload-queue run` takes them over and goes on; \(Examination.fix) only takes them over"
            )
        }
        let takeovers = try await examination.queue.takeOverDead(at: examination.now)
        let released = takeovers.reduce(0) { $0 + $1.released }
        let poisoned = takeovers.reduce(0) { $0 + $1.poisoned }
        let poison = poisoned == 0 ? "" : ", and \(poisoned.counted("upload")) failed as poison"
        return Finding(
            .fixed,
            "\(who); \(released.counted("upload")) of theirs \(released == 1 ? "is" : "are") pending again\(poison)"
        )
    }
}

/// Whether lock files are left of workers that are gone.
struct LockCheck: Check {
    let name = "locks"

    func findings(in examination: Examination) async throws -> [Finding] {
        let store = examination.queue.store
        let files = try await store.abandonedLocks(removing: examination.fixes)
        guard let first = files.first else { return [Finding(.ok, "no lock file is left of a worker that is gone")] }
        let what = "\(files.count.counted("lock file")) of workers that are gone, such as \(first)"
        return [
            examination.fixes
                ? Finding(.fixed, "\(what): removed")
                : Finding(.warning, what, advice: "they do no harm; \(Examination.fix) removes them")
        ]
    }
}

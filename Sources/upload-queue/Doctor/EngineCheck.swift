import UploadStore
import Uploads

/// Whether the SQLite that is used keeps what it is given.
struct EngineCheck: Check {
    let name = "sqlite"

    /// Opening the queue has refused a library that is too old, or built in a way that is not safe.
    func findings(in examination: Examination) async throws -> [Finding] {
        [Self.finding(.linked, isGuarded: try await examination.queue.store.isGuarded())]
    }

    static func finding(_ engine: Engine, isGuarded: Bool) -> Finding {
        let version = "SQLite \(engine.version)"
        guard isGuarded else {
            return Finding(
                .problem,
                "\(version) makes checkpoints by itself, in which rows can get lost",
                advice: "use a build that obeys PRAGMA wal_autocheckpoint"
            )
        }
        let build = engine.options.filter { $0.hasPrefix("THREADSAFE=") }.map { " with \($0)" }.joined()
        return engine.hasResetBug
            ? Finding(
                .ok,
                "\(version)\(build) can lose rows in a checkpoint beside a write (fixed in 3.51.3); the queue's guard "
                    + "against it is on; do not run PRAGMA wal_checkpoint or VACUUM while a worker runs"
            ) : Finding(.ok, "\(version)\(build)")
    }
}

/// Whether the tables are those that this version works with.
struct SchemaCheck: Check {
    let name = "schema"

    /// Opening the queue has refused any other one.
    func findings(in examination: Examination) async throws -> [Finding] {
        [Finding(.ok, "version \(try await examination.queue.store.schemaVersion()), as its migrations make it")]
    }
}

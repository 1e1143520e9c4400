import UploadStore
import Uploads

/// Whether the SQLite that is used keeps what it is given.
struct EngineCheck: Check {
    let name = "sqlite"

    func findings(in examination: Examination) async throws -> [Finding] {
        [Self.finding(try await examination.queue.store.engine())]
    }

    static func finding(_ engine: Engine) -> Finding {
        let version = "SQLite \(engine.version)"
        guard engine.isThreadSafe else {
            return Finding(.problem, "\(version) was built without threads", advice: "use another build of SQLite")
        }
        guard engine.isGuarded else {
            return Finding(
                .problem,
                "\(version) makes checkpoints by itself, in which rows can get lost",
                advice: "use a build that obeys PRAGMA wal_autocheckpoint"
            )
        }
        return engine.hasResetBug
            ? Finding(
                .ok,
                "\(version) can lose rows in a checkpoint beside a write (fixed in 3.51.3); the queue's guard against it is "
                    + "on; do not run PRAGMA wal_checkpoint or VACUUM while a worker runs"
            ) : Finding(.ok, version)
    }
}

/// Whether the tables are those that this version works with.
struct SchemaCheck: Check {
    let name = "schema"

    /// Opening the queue has refused any other one.
    func findings(in examination: Examination) async throws -> [Finding] {
        [Finding(.ok, "version \(try await examination.queue.store.engine().schema), as its migrations make it")]
    }
}

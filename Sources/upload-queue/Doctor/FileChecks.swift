import UploadStore
import Uploads

/// Whether only the owner can read the files.
struct ModeCheck: Check {
    let name = "files"

    /// A queue that others can read is not even opened, except by a worker that opened it before.
    func findings(in examination: Examination) async throws -> [Finding] {
        let files = DatabaseFiles(examination.queue.path)
        let open = files.notPrivate
        guard open.isEmpty else { return [try Self.finding(open, files, fixes: examination.fixes)] }
        guard let folder = files.openFolder else { return [Finding(.ok, "only their owner can read them")] }
        return [
            Finding(
                .warning,
                "other users can write in \(folder), and so put files of theirs in the place of the queue's",
                advice: "run: chmod o-w '\(folder)', or move the queue to a folder of its own"
            )
        ]
    }

    /// Tells of files that others can read, and repairs them where that is asked for.
    static func finding(_ open: [String], _ files: DatabaseFiles, fixes: Bool) throws -> Finding {
        let what = "other users can read \(open.joined(separator: ", ")), and a queue may hold secrets"
        guard fixes else {
            return Finding(.problem, what, advice: "run: chmod 600 '\(open[0])'*, or \(Examination.fix)")
        }
        try files.makePrivate()
        return Finding(.fixed, "\(what); their mode is 0600 now")
    }
}

/// Whether the write-ahead log stays short.
struct LogCheck: Check {
    /// Bytes; it is 4 MiB at most where nothing holds it.
    static let large: Int64 = 16 << 20

    let name = "log"

    func findings(in examination: Examination) async throws -> [Finding] {
        let files = DatabaseFiles(examination.queue.path)
        let before = files.logSize
        guard before > Self.large else { return [Finding(.ok, "the write-ahead log has \(ByteCount(before))")] }
        if examination.fixes {
            try await examination.queue.store.emptyLog()
            let now = files.logSize
            if now < before {
                return [Finding(.fixed, "the write-ahead log had \(ByteCount(before)) and has \(ByteCount(now)) now")]
            }
        }
        return [
            Finding(
                .warning,
                "the write-ahead log has \(ByteCount(before)); most likely a reader stays open and keeps it from starting "
                    + "again",
                advice:
                    "end transactions of sqlite3 shells and dashboards; then it shrinks with the next writes, or by "
                    + Examination.fix
            )
        ]
    }
}

/// Whether there is room for the queue to go on.
struct DiskCheck: Check {
    /// Bytes.
    static let low: Int64 = 256 << 20
    /// Bytes.
    static let veryLow: Int64 = 16 << 20

    let name = "disk"

    func findings(in examination: Examination) async throws -> [Finding] {
        [Self.finding(free: DatabaseFiles(examination.queue.path).free)]
    }

    static func finding(free: Int64?) -> Finding {
        guard let free else { return Finding(.ok, "the filesystem does not tell how much is free") }
        let what = "\(ByteCount(free)) are free at the database"
        if free >= low { return Finding(.ok, what) }
        return Finding(
            free < veryLow ? .problem : .warning,
            what,
            advice: "make room; a worker that cannot write waits two minutes, and then ends"
        )
    }
}

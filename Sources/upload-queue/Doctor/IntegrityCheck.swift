import UploadStore
import Uploads

/// Whether the database is whole.
struct IntegrityCheck: Check {
    /// Lines of SQLite's that are told.
    private static let lines = 5

    /// Whether indexes are compared with their tables too.
    let isFull: Bool
    let work: LongWork

    let name = "integrity"

    func findings(in examination: Examination) async throws -> [Finding] {
        let store = examination.queue.store
        let size = DatabaseFiles(examination.queue.path).size
        let damage = try await work.show { seconds, display in
            "reading the database (\(ByteCount(size)))  \(RunProgress.clock(seconds))"
                .cut(to: display.columns ?? 80, mark: display.mark)
        } while: {
            try await store.damage(full: isFull, limit: Self.lines)
        }
        let check = isFull ? "integrity_check" : "quick_check"
        guard !damage.isEmpty else { return [Finding(.ok, "\(check) of \(ByteCount(size)) found nothing")] }
        let all = damage.count < Self.lines ? "" : "; and perhaps more"
        return [
            Finding(
                .problem,
                "\(check): \(damage.joined(separator: "; "))\(all)",
                advice:
                    "end all workers, keep a copy of the file and its -wal, then restore a backup or rescue the file "
                    + "with the sqlite3 shell's .recover"
            )
        ]
    }
}

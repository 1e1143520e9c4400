import Foundation
import Testing
import Uploads

/// What the commands had promised, to their user or to a server, when the power went.
struct Promises {
    /// Uploads whose numbers `add` printed.
    private(set) var added: Set<String> = []
    /// Uploads that `run` called completed.
    private(set) var completed: Set<String> = []
    /// Paths of uploads that got bytes.
    private(set) var reached: Set<String> = []
    private(set) var isFinalized = false
    /// The copy that `backup` called finished.
    private(set) var copy: String?

    /// Takes what went out of a command.
    mutating func hear(_ change: DiskRecord.Change, from command: String) {
        switch change {
        case .output(let text):
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                switch command {
                case "add": added.insert(words[0])
                case "run" where words[1] == "completed": completed.insert(words[0])
                case "backup": copy = words[0].split(separator: "/").last.map(String.init)
                default: break
                }
            }
        case .send(let text):
            let words = text.prefix { $0 != "\r\n" }.split(separator: " ").map(String.init)
            if words.first == "PATCH" { reached.insert(words[1]) }
            if words.first == "PUT" { isFinalized = true }
        default: break
        }
    }

    /// Says what a folder breaks of the promises, as it is after a power loss.
    func broken(in folder: TemporaryFolder, original: String, sources: [String: Data]) async throws -> [String] {
        let database = folder["queue.db"]
        guard FileManager.default.fileExists(atPath: database) else {
            return added.isEmpty ? [] : ["lost: the database"]
        }
        do {
            // It recovers the log, and makes what tables are missing.
            _ = try await UploadQueue.open(database)
        } catch {
            return ["corrupt: \(error)"]
        }
        guard var broken = try await wrong(in: "queue.db", folder),
            let uploads = try await Self.uploads(in: "queue.db", folder)
        else { return ["corrupt: it cannot be read"] }
        broken += added.subtracting(uploads.keys).sorted().map { "lost: upload \($0)" }
        broken += completed.filter { uploads[$0]?.status != "completed" }.sorted().map { "lost: the end of \($0)" }
        let urls = uploads.values.map(\.url)
        // The URL of a minted upload is a secret, and erased at its end.
        let isErased = uploads.values.contains { $0.url.isEmpty && $0.status == "completed" }
        for path in reached where !urls.contains(where: { $0.hasSuffix(path) }) {
            if !(isErased && path.hasPrefix("/upload/")) { broken.append("lost: the URL \(path)") }
        }
        if isFinalized, !uploads.values.contains(where: { $0.finalizes > 0 }) { broken.append("lost: a finalize") }
        for (id, upload) in uploads {
            let path = folder.path + upload.source.dropFirst(original.count)
            let bytes = FileManager.default.contents(atPath: path)
            // What was copied, or is deleted after its completion, may be gone by then.
            if bytes == nil, upload.status == "completed", upload.isOwn || upload.isDeleted { continue }
            if bytes != sources[id] { broken.append("lost: the source of \(id)") }
        }
        if let copy {
            // A copy that cannot be opened is none; an empty file becomes an empty queue.
            let isQueue = (try? await UploadQueue.open(folder[copy])) != nil
            let ids = isQueue ? Set(try await Self.uploads(in: copy, folder)?.keys.map(\.self) ?? []) : []
            if !ids.isSuperset(of: added) { broken.append("lost: the copy of the database") }
        }
        return broken
    }

    /// What is wrong by itself, whatever was promised; nil where that cannot be read.
    private func wrong(in database: String, _ folder: TemporaryFolder) async throws -> [String]? {
        let lines = try await Self.lines(
            of: """
                PRAGMA integrity_check;
                SELECT 'upload ' || id || ' has no history' FROM upload
                    WHERE id NOT IN (SELECT upload_id FROM upload_event WHERE upload_id IS NOT NULL);
                SELECT 'the counts are wrong' WHERE (SELECT count(*) FROM upload)
                    <> (SELECT coalesce(sum(uploads), 0) FROM upload_count);
                """,
            in: database,
            folder
        )
        return lines?.filter { $0 != "ok" }.map { "corrupt: \($0)" }
    }

    /// What the sqlite3 shell prints; nil where it finds the file malformed.
    private static func lines(
        of sql: String,
        in database: String,
        _ folder: TemporaryFolder
    ) async throws -> [String]? {
        let (status, text) = try await ChildProcess.run(["sqlite3", "-batch", "-readonly", database, sql], in: folder)
        if status == 127 { throw SQLiteShell.Missing() }
        return status == 0 ? text.split(separator: "\n").map(String.init) : nil
    }

    private struct Upload {
        var status: String
        var url: String
        var finalizes: Int
        var source: String
        var isOwn: Bool
        var isDeleted: Bool
    }

    private static func uploads(in database: String, _ folder: TemporaryFolder) async throws -> [String: Upload]? {
        let rows = try await lines(
            of: """
                SELECT id, status, coalesce(upload_url, ''), finalize_sent, spooled, after_completion IS NOT NULL,
                    source_path FROM upload
                """,
            in: database,
            folder
        )
        guard let rows else { return nil }
        var uploads: [String: Upload] = [:]
        for row in rows {
            let columns = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            uploads[columns[0]] = Upload(
                status: columns[1],
                url: columns[2],
                finalizes: Int(columns[3]) ?? 0,
                source: columns[6],
                isOwn: columns[4] == "1",
                isDeleted: columns[5] == "1"
            )
        }
        return uploads
    }
}

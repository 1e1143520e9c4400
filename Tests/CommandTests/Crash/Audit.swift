import Crypto
import DevelopmentServer
import Foundation
import Testing

/// Looks from outside at what a run left: the server's files and log, and the database through the sqlite3 shell.
struct Audit {
    let database: String
    let serverFolder: String
    let records: [RequestRecord]

    /// Every upload is completed, its bytes are at the server, and no byte was sent that the server had.
    ///
    /// The sources are the paths of every file that was added. Returns how many uploads were created and left empty, by
    /// a kill between the creation and its record.
    @discardableResult
    func check(sources: [String]) async throws -> Int {
        let rows = try await SQLiteShell.run(
            "SELECT source_path, status, phase, upload_offset = upload_length, upload_url FROM upload ORDER BY id",
            on: database
        ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.map { $0[0] }.sorted() == sources.sorted())
        #expect(try await SQLiteShell.run("PRAGMA integrity_check", on: database) == ["ok"])
        #expect(try await SQLiteShell.run("SELECT count(*) FROM worker", on: database) == ["0"])
        var reached: Set<String> = []
        for row in rows {
            #expect(row[1...3] == ["completed", "done", "1"], "\(row)")
            guard let id = row[4].split(separator: "/").last.map(String.init) else {
                Issue.record("no upload URL: \(row)")
                continue
            }
            #expect(reached.insert(id).inserted, "two uploads share \(id)")
            #expect(try Self.digest(row[0]) == Self.digest("\(serverFolder)/\(id).bin"), "\(row[0]) differs")
            try checkTraffic(of: id, source: row[0])
        }
        return try checkOrphans(except: reached)
    }

    private func checkTraffic(of id: String, source: String) throws {
        let length = try FileManager.default.attributesOfItem(atPath: source)[.size] as? Int64 ?? -1
        let patches = records.filter { $0.upload == id && $0.step == .transfer }
        #expect(patches.map(\.bytesStored).reduce(0, +) == length, "\(source): stored more or less than its length")
        #expect(patches.map(\.bytesReceived).reduce(0, +) == length, "\(source): bytes were sent twice")
    }

    private func checkOrphans(except reached: Set<String>) throws -> Int {
        let created = Set(records.filter { $0.step == .create && $0.status == 201 }.compactMap(\.upload))
        let orphans = created.subtracting(reached)
        for orphan in orphans {
            #expect(!records.contains { $0.upload == orphan && $0.bytesReceived > 0 }, "\(orphan) got bytes")
        }
        return orphans.count
    }

    static func digest(_ path: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        return hash.finalize().map { String($0, radix: 16) }.joined(separator: " ")
    }
}

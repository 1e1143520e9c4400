import DevelopmentServer
import Foundation
import Testing

/// Looks from outside at what several workers left, of which some were killed: at the server's files and log, and at the
/// database through the sqlite3 shell.
struct CrewAudit {
    let database: String
    let serverFolder: String
    let records: [RequestRecord]
    let deaths: [Death]
    let seed: UInt64

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Every upload is completed once, its bytes are at the server once, nothing was worked by two at once, and what the
    /// queue counts is what is there.
    func check(sources: [String], few: Int) async throws {
        let rows = try await sql(
            "SELECT count(*), count(DISTINCT source_path) FROM upload WHERE status = 'completed' AND phase = 'done'"
        )
        #expect(rows == ["\(sources.count)|\(sources.count)"], "seed \(seed)")
        #expect(try await sql("SELECT count(*) FROM upload") == ["\(sources.count)"], "seed \(seed)")
        try checkFiles(sources)
        checkOverlaps()
        try await checkFinalizes()
        try await checkHistory(sources.count, few)
        try await checkCounts()
        #expect(try await sql("SELECT count(*) FROM worker") == ["0"], "seed \(seed)")
        #expect(try await sql("PRAGMA integrity_check") == ["ok"], "seed \(seed)")
    }

    /// Milliseconds from each kill to the takeover of what its worker held, the longest first; those that held nothing
    /// are left out.
    func takeovers() async throws -> [Int] {
        let rows = try await sql("SELECT worker_id, max(at) FROM upload_event WHERE event = 'takeover' GROUP BY 1")
        let times = Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let parts = row.split(separator: "|").map(String.init)
                return (parts[0], parts[1])
            }
        )
        return try deaths.compactMap { death in
            guard let time = death.workerID.flatMap({ times[$0] }) else { return nil }
            return Int((try Date(time, strategy: Self.format).timeIntervalSince(death.time) * 1_000).rounded())
        }.sorted(by: >)
    }

    /// Each source has its bytes at the server in one upload, and all others are empty: they are what a kill left
    /// between a creation and its record.
    private func checkFiles(_ sources: [String]) throws {
        var stored: [String: [String]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: serverFolder) where name.hasSuffix(".bin") {
            stored[try Audit.digest("\(serverFolder)/\(name)"), default: []].append(String(name.dropLast(4)))
        }
        let transfers = Dictionary(grouping: records.filter { $0.step == .transfer }) { $0.upload ?? "" }
        for source in sources {
            guard let ids = stored.removeValue(forKey: try Audit.digest(source)), ids.count == 1 else {
                Issue.record("\(source) is not at the server once, seed \(seed)")
                continue
            }
            let length = try FileManager.default.attributesOfItem(atPath: source)[.size] as? Int64 ?? -1
            let patches = transfers[ids[0]] ?? []
            #expect(patches.map(\.bytesStored).reduce(0, +) == length, "\(source), seed \(seed)")
            #expect(patches.map(\.bytesReceived).reduce(0, +) == length, "\(source) was sent twice, seed \(seed)")
        }
        for id in stored.values.joined() {
            #expect(!(transfers[id] ?? []).contains { $0.bytesReceived > 0 }, "\(id) got bytes, seed \(seed)")
        }
    }

    /// No request of an upload arrived while another one of the same upload had not ended, but for that of a worker that
    /// was dead by then.
    private func checkOverlaps() {
        let dead = Dictionary(uniqueKeysWithValues: deaths.map { ($0.name, $0.position) })
        let named = records.filter { [.create, .offset, .transfer].contains($0.step) }
        #expect(named.allSatisfy { $0.requestID?.hasPrefix("worker-") == true }, "who sent a request is known")
        for (id, requests) in Dictionary(grouping: records.filter { $0.upload != nil }, by: \.upload) {
            let inOrder = requests.sorted { ($0.began ?? 0, $0.sequence) < ($1.began ?? 0, $1.sequence) }
            for (index, later) in inOrder.enumerated() {
                for earlier in inOrder[..<index] where later.began ?? 0 < earlier.sequence {
                    let death = earlier.requestID.flatMap { dead[$0] } ?? Int.max
                    guard death > later.began ?? 0 else { continue }
                    Issue.record(
                        """
                        \(id ?? ""), seed \(seed): request \(earlier.sequence) of \(earlier.requestID ?? "?") had not ended \
                        when \(later.sequence) of \(later.requestID ?? "?") began
                        """
                    )
                }
            }
            // A new worker goes on only where the one before is dead: no server answered that anything is tried later.
            for (before, after) in zip(inOrder, inOrder.dropFirst()) {
                guard let one = before.requestID, let other = after.requestID, one != other else { continue }
                #expect(dead[one] != nil, "\(id ?? ""), seed \(seed): from \(one) to \(other)")
            }
        }
    }

    private func checkFinalizes() async throws {
        let grants = records.filter(\.finalized).compactMap(\.grant)
        let media = try await sql("SELECT count(*) FROM upload WHERE destination = 'media'")
        #expect(media == ["\(grants.count)"] && Set(grants).count == grants.count, "seed \(seed)")
        #expect(try await sql("SELECT count(*) FROM upload WHERE upload_token IS NOT NULL") == ["0"], "seed \(seed)")
    }

    /// Each upload was added and finished once; its claims follow each other; and what is limited stayed so.
    private func checkHistory(_ uploads: Int, _ few: Int) async throws {
        let lives = try await sql(
            """
            SELECT count(*) FROM (
                SELECT upload_id FROM upload_event WHERE upload_id > 0 GROUP BY upload_id
                HAVING sum(event = 'add') = 1 AND sum(event = 'finished') = 1
                   AND sum(event = 'claim') = 1 + sum(event IN ('takeover', 'released', 'try later')))
            """
        )
        #expect(lives == ["\(uploads)"], "seed \(seed)")
        let doubles = try await sql(
            """
            SELECT upload_id FROM (
                SELECT upload_id, event, lag(event) OVER (PARTITION BY upload_id ORDER BY seq) AS before
                FROM upload_event WHERE event IN ('claim', 'takeover', 'released', 'try later', 'finished'))
            WHERE event = 'claim' AND before IN ('claim', 'finished')
            """
        )
        #expect(doubles.isEmpty, "seed \(seed)")
        let most = try await sql(
            """
            SELECT max(held) FROM (
                SELECT sum(CASE WHEN event = 'claim' THEN 1 ELSE -1 END) OVER (ORDER BY seq) AS held
                FROM upload_event JOIN upload ON upload.id = upload_id
                WHERE destination = 'few' AND event IN ('claim', 'takeover', 'released', 'try later', 'finished'))
            """
        )
        #expect(Int(most.first ?? "").map { 1...few ~= $0 } == true, "\(most) uploads at once, seed \(seed)")
        let ends = try await sql("SELECT batch FROM upload_event WHERE event = 'batch finished' ORDER BY batch")
        #expect(ends == ["day", "night"], "seed \(seed)")
    }

    private func checkCounts() async throws {
        let kept = try await sql("SELECT batch, destination, status, uploads, bytes_there, bytes FROM upload_count")
        let counted = try await sql(
            """
            SELECT batch, destination, status, count(*), sum(upload_offset), sum(upload_length) FROM upload
            GROUP BY batch, destination, status
            """
        )
        #expect(Set(kept) == Set(counted) && kept.count == counted.count, "seed \(seed)")
        let batches = try await sql("SELECT name, completed, failed, cancelled FROM batch ORDER BY name")
        let inBatches = try await sql(
            "SELECT batch, count(*), 0, 0 FROM upload WHERE batch <> '' GROUP BY batch ORDER BY batch"
        )
        #expect(batches == inBatches, "seed \(seed)")
    }

    /// Through a connection that may write: only such a one sees what other programs left in the write-ahead log.
    private func sql(_ text: String) async throws -> [String] {
        try await SQLiteShell.run(text, on: database, readOnly: false)
    }
}

import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct TransitionTests {
    typealias State = TransitionContract.State

    private static let refusal = "upload: this change of status or phase is not allowed (see table transition)"

    private static let states = TransitionContract.statuses.flatMap { status in
        TransitionContract.phases.map { State(status, $0) }
    }

    @Test func theTableIsTheContract() async throws {
        let fixture = try await StoreFixture()
        let lines = try await fixture.rawConnection().read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM transition").map { row in
                TransitionLine(
                    row["event"],
                    State(row["from_status"], row["from_phase"]),
                    State(row["to_status"], row["to_phase"]),
                    row["who"]
                )
            }
        }
        #expect(lines.count == Set(lines).count)
        let missing = TransitionContract.lines.subtracting(lines)
        let added = Set(lines).subtracting(TransitionContract.lines)
        #expect(missing.isEmpty)
        #expect(added.isEmpty)
    }

    /// A pair that is allowed succeeds and is written to the history by one of its words; any other is refused.
    @Test func everyPairIsAllowedOrRefused() async throws {
        let fixture = try await StoreFixture()
        let queue = try fixture.rawConnection()
        try await queue.writeWithoutTransaction { db in
            let ids = try Self.rowInEveryState(db)
            var allowed = 0
            for (from, id) in ids {
                for to in Self.states {
                    let words = Set(TransitionContract.lines.filter { $0.from == from && $0.to == to }.map(\.event))
                    let outcome = try Self.attempt(id, from, to, db)
                    if words.isEmpty && from != to {
                        #expect(outcome == .refused(Self.refusal), "\(from) -> \(to)")
                    } else if from == to {
                        #expect(outcome == .done(event: nil), "\(from) stays")
                    } else {
                        allowed += 1
                        guard case .done(let event?) = outcome else {
                            Issue.record("\(from) -> \(to) is allowed, but: \(outcome)")
                            continue
                        }
                        #expect(words.contains(event), "\(from) -> \(to) is called \(event)")
                    }
                }
            }
            #expect(ids.count == 31)
            #expect(allowed == Set(TransitionContract.lines.map { [$0.from, $0.to] }).count - 2)
        }
    }

    @Test func aNewUploadStartsInItsFirstPhaseOnly() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.save(DestinationRow(name: "minting", endpoint: nil, mints: true))
        let queue = try fixture.rawConnection()
        try await queue.writeWithoutTransaction { db in
            for state in Self.states {
                let isAllowed = TransitionContract.lines.contains { $0.event == "add" && $0.to == state }
                let insert = { try Self.insert(state, db, of: state.phase == "mint" ? "minting" : "archive") }
                if isAllowed {
                    try insert()
                } else {
                    let error = try #require(throws: DatabaseError.self) { try insert() }
                    #expect(error.message?.hasPrefix("upload: a new upload is pending in its first phase") == true)
                }
            }
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM upload") == 2)
        }
    }

    private enum Outcome: Equatable {
        case refused(String?)
        case done(event: String?)
    }

    /// Rows that no sequence of allowed changes reaches as well: the triggers are away while they are made.
    private static func rowInEveryState(_ db: Database) throws -> [(State, Int64)] {
        try db.execute(sql: "INSERT INTO worker (id, boot_id, pid, host) VALUES (1, 'boot', 1, 'host')")
        let triggers = try Row.fetchAll(
            db,
            sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'upload'"
        )
        for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
        let possible = states.filter { $0.status != "completed" || $0.phase == "done" }
        let ids = try possible.map { state in
            try insert(state, db)
            return (state, db.lastInsertedRowID)
        }
        for trigger in triggers { try db.execute(sql: trigger["sql"]) }
        return ids
    }

    private static func insert(_ state: State, _ db: Database, of destination: String = "archive") throws {
        try db.execute(
            sql: """
                INSERT INTO upload (source_path, destination, upload_length, status, phase, upload_url, worker_id,
                    finished_at)
                VALUES ('/a', :destination, 10, :status, :phase,
                    CASE WHEN :phase IN ('transfer', 'finalize', 'confirm', 'done') THEN 'https://tus.example.org/1' END,
                    CASE WHEN :status = 'processing' THEN 1 END,
                    CASE WHEN :status IN ('completed', 'failed', 'cancelled') THEN '2026-11-22T12:00:00.000Z' END)
                """,
            arguments: ["status": state.status, "phase": state.phase, "destination": destination]
        )
    }

    /// Tries a change that keeps every other rule, and undoes it.
    private static func attempt(_ id: Int64, _ from: State, _ to: State, _ db: Database) throws -> Outcome {
        try db.beginTransaction()
        defer { try? db.rollback() }
        let last = try Int64.fetchOne(db, sql: "SELECT coalesce(max(seq), 0) FROM upload_event") ?? 0
        do {
            try db.execute(
                sql: """
                    UPDATE upload SET status = :status, phase = :phase, revision = revision + 1,
                        generation = generation + :claims,
                        upload_url = 'https://tus.example.org/1',
                        worker_id = CASE WHEN :status = 'processing' THEN 1 END,
                        finished_at = CASE WHEN :status IN ('completed', 'failed', 'cancelled')
                            THEN '2026-11-22T12:00:00.000Z' END
                    WHERE id = :id
                    """,
                arguments: [
                    "status": to.status, "phase": to.phase, "id": id,
                    "claims": from.status != "processing" && to.status == "processing" ? 1 : 0,
                ]
            )
        } catch {
            return .refused((error as? DatabaseError)?.message)
        }
        return .done(
            event: try String.fetchOne(
                db,
                sql: "SELECT event FROM upload_event WHERE upload_id = ? AND seq > ?",
                arguments: [id, last]
            )
        )
    }
}

import Testing

@testable import UploadStore

/// What a hand at the sqlite3 shell may do, and what it reads.
@Suite(.serialized) struct ShellUseTests {
    @Test(arguments: ["", "PRAGMA trusted_schema = OFF;"])
    func anInsertOfPathAndDestinationIsAnEnqueue(prelude: String) async throws {
        let fixture = try await StoreFixture()
        let shell = Shell(path: fixture.path, prelude: prelude)
        try shell.run(
            "INSERT INTO upload (source_path, destination) VALUES ('/data/Pflanze \u{1F33F} é.tif', 'archive')"
        )
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.phase == .create)
        #expect(row.sourcePath == "/data/Pflanze \u{1F33F} é.tif")
        #expect(row.uploadLength == nil)
        #expect(row.identity == nil)
        #expect(Timestamp.date(row.createdAt) != nil)
        #expect(try await fixture.events(1).map(\.event) == ["add"])

        let worker = try await fixture.store.startWorker()
        let claim = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.identified(claim, as: StoreFixture.identity(length: 7))
        #expect(try await fixture.row(1).identity == StoreFixture.identity(length: 7))
    }

    @Test func aGrantCanBeInserted() async throws {
        let fixture = try await StoreFixture()
        try Shell(path: fixture.path).run(
            """
            INSERT INTO upload (source_path, destination, endpoint, upload_token)
            VALUES ('/a', 'media', 'https://media.example.org/1', 't')
            """
        )
        #expect(try await fixture.row(1).uploadToken == "t")
    }

    @Test func anInsertAfterARefusedOneTakesTheNextID() async throws {
        let fixture = try await StoreFixture()
        let shell = Shell(path: fixture.path)
        _ = try shell.refusal("INSERT INTO upload (source_path, destination) VALUES ('a', 'archive')")
        try shell.run(
            "INSERT INTO upload (source_path, destination) SELECT '/a', 'archive' UNION ALL SELECT '/b', 'archive'"
        )
        #expect(try await fixture.store.uploads(matching: UploadFilter()).map(\.id) == [1, 2])
    }

    @Test func aHandPausesResumesCancelsAndRetries() async throws {
        let fixture = try await StoreFixture()
        let shell = Shell(path: fixture.path)
        try await fixture.add()
        try shell.run("UPDATE upload SET status = 'paused' WHERE id = 1")
        try shell.run("UPDATE upload SET status = 'pending' WHERE id = 1")
        try shell.run("UPDATE upload SET status = 'cancelled', finished_at = '2026-11-22T12:00:00.000Z' WHERE id = 1")
        try shell.run("UPDATE upload SET status = 'pending', finished_at = NULL WHERE id = 1")
        #expect(try await fixture.events(1).map(\.event) == ["add", "pause", "resume", "cancel", "retry"])
        #expect(try await fixture.row(1).status == .pending)
    }

    @Test func resumingByHandEndsTheReasonOfThePark() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.parked(claim, reason: "quota", code: "quota", message: "full")
        try Shell(path: fixture.path).run("UPDATE upload SET status = 'pending' WHERE id = 1")
        #expect(try await fixture.row(1).pauseReason == nil)
    }

    @Test func finishedUploadsAndUnusedDestinationsCanBeDeleted() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
        let shell = Shell(path: fixture.path)
        try shell.run("DELETE FROM upload WHERE id = 1; DELETE FROM destination WHERE name = 'archive'")
        #expect(try await fixture.store.destinations().map(\.name) == ["media"])
        #expect(try await fixture.events(1).map(\.event) == ["add", "claim", "refused"])
        try shell.run("INSERT INTO destination (name, endpoint) VALUES ('archive', 'http://localhost:1080/files/')")
        #expect(try await fixture.add() == [2], "ids are not used twice")
    }

    @Test(arguments: ["", "PRAGMA trusted_schema = OFF;"])
    func theViewsReadWell(prelude: String) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 33, completing: false)
        try await fixture.store.pause(claim.uploadID)
        let failing = try await fixture.claimed(worker, of: "media")
        try await fixture.store.failed(failing, code: "http_400", message: "no", now: StoreFixture.later)
        let waiting = try await fixture.claimed(worker)
        try await fixture.store.tryLater(waiting, at: StoreFixture.horizon, code: "timeout", message: "slow")

        let shell = Shell(path: fixture.path, prelude: prelude)
        let status = """
            SELECT id, status, phase, percent, upload_offset, upload_length, destination, source_path, attempt,
                next_try, note, last_error_code, last_error, finished_at FROM upload_status ORDER BY id
            """
        #expect(
            try shell.run(status) == """
                1|processing|transfer|33.0|33|100|archive|/data/0.tif|0||pause requested|||
                2|failed|create|0.0|0|100|media|/data/0.tif|0|||http_400|no|2026-11-22T12:01:00.000Z
                3|pending|create|0.0|0|100|archive|/data/0.tif|1|2026-11-22T13:00:00.000Z||timeout|slow|
                """
        )
        #expect(
            try shell.run("SELECT * FROM queue_summary ORDER BY status") == """
                failed|1|0|100
                pending|1|0|100
                processing|1|33|100
                """
        )
        #expect(
            try shell.run("SELECT id, phase, percent, requested, worker_id, pid IS NOT NULL FROM active_uploads")
                == "1|transfer|33.0|pause|1|1"
        )
        #expect(
            try shell.run("SELECT * FROM failed_uploads")
                == "2|/data/0.tif|media|create|http_400|no|0|0|2026-11-22T12:01:00.000Z"
        )
    }

    @Test func noViewAndNoEventShowsASecret() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let failing = try await fixture.claimed(worker, in: .finalize, of: "media")
        try await fixture.store.failed(failing, code: "x", message: "y", now: StoreFixture.now)
        _ = try await fixture.claimed(worker, in: .transfer, of: "media")
        let shell = Shell(path: fixture.path)
        #expect(try shell.run("SELECT upload_token FROM upload").contains(StoreFixture.token))
        let views = try shell.run("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name").split(
            separator: "\n"
        )
        #expect(views == ["active_uploads", "batch_status", "failed_uploads", "queue_summary", "upload_status"])
        for name in views + ["upload_event"] {
            let text = try shell.run("SELECT * FROM \(name)")
            #expect(!text.isEmpty || name == "batch_status")
            #expect(!text.contains(StoreFixture.token), "\(name)")
            #expect(!text.contains(StoreFixture.signedURL), "\(name)")
        }
    }
}

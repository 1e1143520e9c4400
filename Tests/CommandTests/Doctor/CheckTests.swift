import Foundation
import Testing

@testable import UploadStore
@testable import upload_queue

/// Where a check draws its line.
@Suite struct CheckTests {
    @Test(
        arguments: [
            (nil, .ok), (1 << 40, .ok), (256 << 20, .ok), (255 << 20, .warning), (16 << 20, .warning),
            (15 << 20, .problem),
            (0, .problem),
        ] as [(Int64?, Finding.Level)]
    )
    func roomOnTheDisk(free: Int64?, level: Finding.Level) {
        let finding = DiskCheck.finding(free: free)
        #expect(finding.level == level)
        #expect((finding.advice == nil) == (level == .ok))
    }

    @Test(
        arguments: [
            (0, 0, false, .ok), (3, 599, false, .ok), (3, 601, false, .warning), (3, 601, true, .ok),
        ] as [(Int, TimeInterval, Bool, Finding.Level)]
    )
    func uploadsThatAreDue(uploads: Int, seconds: TimeInterval, hasWorkers: Bool, level: Finding.Level) {
        let now = Date(timeIntervalSince1970: 2_000_000_000)
        let since = uploads == 0 ? nil : Timestamp.text(now - seconds)
        let due = UploadCount(uploads: uploads, oldestUpload: 1, since: since)
        #expect(DueCheck.finding(due, at: now, hasWorkers: hasWorkers).level == level)
    }

    @Test func theEngine() {
        let fixed = Engine(version: "3.53.0", options: ["TEMP_STORE=1", "THREADSAFE=1"])
        #expect(EngineCheck.finding(fixed, isGuarded: true) == Finding(.ok, "SQLite 3.53.0 with THREADSAFE=1"))
        #expect(EngineCheck.finding(fixed, isGuarded: false).level == .problem)
        let old = Engine(version: "3.51.2", options: [])
        #expect(EngineCheck.finding(old, isGuarded: true).level == .ok)
        #expect(EngineCheck.finding(old, isGuarded: true).message.contains("the queue's guard against it is on"))
    }

    @Test func counts() {
        #expect([0, 1, 2].map { $0.counted("upload") } == ["0 uploads", "1 upload", "2 uploads"])
    }
}

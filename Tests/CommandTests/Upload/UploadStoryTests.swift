import Foundation
import Testing

@testable import Uploads
@testable import upload_queue

@Suite struct UploadStoryTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func upload(_ status: Upload.Status, _ change: (inout Upload) -> Void = { _ in }) -> Upload {
        var upload = Upload(
            id: 7,
            status: status,
            phase: .transfer,
            sourcePath: "/scans/a.tif",
            destination: "archive",
            offset: 1 << 20,
            length: 4 << 20,
            attempt: 0,
            createdAt: "2027-01-15T07:00:00.000Z"
        )
        change(&upload)
        return upload
    }

    private static func story(_ upload: Upload, hasWorkers: Bool = true) -> UploadStory {
        UploadStory(upload: upload, now: now, hasWorkers: hasWorkers)
    }

    @Test func waitingForAWorkerSaysWhetherThereIsOne() {
        let story = Self.story(Self.upload(.pending))
        #expect(story.standing == "Waits for a worker. The server has 1.0 MiB of 4.0 MiB (25.0 %).")
        #expect(story.next == "The next worker with room takes it up.")
        let alone = Self.story(Self.upload(.pending), hasWorkers: false)
        #expect(alone.next == "No worker is running: `upload-queue run` starts one.")
    }

    @Test func backOffSaysWhyAndUntilWhen() {
        let upload = Self.upload(.pending) {
            $0.attempt = 3
            $0.retryAt = "2027-01-15T08:00:30.000Z"
            $0.failure = .init(code: "server_busy", message: "the server answers 503")
        }
        let story = Self.story(upload)
        #expect(
            story.standing == "Waits for another try, after 3 tries without progress. "
                + "server_busy: the server answers 503 The server has 1.0 MiB of 4.0 MiB (25.0 %)."
        )
        #expect(story.next.hasPrefix("A worker takes it up in 30 s, at 2027-01-15 "))
    }

    @Test func timeThatWasSetIsNoTry() {
        let story = Self.story(Self.upload(.pending) { $0.notBefore = "2027-01-15T09:00:00.000Z" })
        #expect(story.standing.hasPrefix("Waits for the time that was set."))
        #expect(story.next.hasPrefix("A worker takes it up in 60 min, at "))
    }

    @Test func everyStatusHasAStoryAndTheChoicesThatTheQueueAllows() {
        for status in Upload.Status.allCases {
            for phase in Upload.Phase.allCases {
                let story = Self.story(Self.upload(status) { $0.phase = phase })
                #expect(story.standing.count > 5)
                #expect(story.next.count > 5)
                let told = story.choices.joined(separator: " ")
                let commands = ["pause", "resume", "retry", "cancel"].filter { told.contains("`upload-queue \($0) 7`") }
                let allowed: [Upload.Status: [String]] = [
                    .pending: ["pause", "cancel"], .processing: ["pause", "cancel"], .paused: ["resume", "cancel"],
                    .failed: ["retry", "cancel"], .cancelled: ["retry"], .completed: [],
                ]
                #expect(commands == allowed[status])
            }
        }
    }

    @Test(
        arguments: [
            ("source_changed", "uploads the file as it is now"), ("source_missing", "Put the file back"),
            ("grant_expired", "with a new grant"), ("finalize_outcome_unknown", "Look at the destination first"),
            ("refused", "Repair what the error names"), ("foreign_bytes", "asks the server for another upload"),
        ]
    )
    func failuresSayWhatToDo(_ code: String, _ words: String) {
        let story = Self.story(Self.upload(.failed) { $0.failure = .init(code: code, message: "it is so.") })
        #expect(story.standing == "Failed. \(code): it is so.")
        #expect(story.choices.first?.contains(words) == true)
    }

    @Test func pauseByTheQueueNamesWhatToRepair() {
        let upload = Self.upload(.paused) {
            $0.pauseReason = "credentials"
            $0.failure = .init(code: "unauthorized", message: "the server refuses the token.")
        }
        #expect(
            Self.story(upload).standing
                == "Paused by the queue (credentials). unauthorized: the server refuses the token."
        )
        #expect(Self.story(upload).choices.first?.hasPrefix("Repair what the error names, then") == true)
    }

    @Test func grantThatWasErasedIsNotRetried() {
        let story = UploadStory(upload: Self.upload(.cancelled), now: Self.now, hasWorkers: true, needsGrant: true)
        #expect(story.choices == ["Add the file again with a new grant; this one was erased."])
    }

    @Test func requestsAreSaid() {
        let cancelled = Self.story(Self.upload(.pending) { $0.requested = "cancel" })
        #expect(cancelled.standing.contains("a worker will delete what the server has"))
        #expect(cancelled.choices.isEmpty)
        #expect(Self.story(Self.upload(.processing) { $0.requested = "pause" }).next.contains("(pause)"))
    }
}

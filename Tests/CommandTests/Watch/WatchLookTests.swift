import Foundation
import Testing
import UploadStore
import Uploads

@testable import upload_queue

/// What `watch` reads of a queue.
@Suite struct WatchLookTests {
    private static func look(kept: Upload.ID? = nil, story: Upload.ID? = nil) async throws -> WatchLook {
        let sample = try await SampleQueue()
        let queue = try await UploadQueue.open(sample.folder["queue.db"])
        return try await WatchLook.at(queue, kept: kept, story: story, now: Date())
    }

    @Test func eachListHasItsUploads() async throws {
        let look = try await Self.look()
        #expect(look.active.map(\.id) == [7])
        #expect(look.paused.map(\.id) == [3])
        #expect(look.failures.map(\.id) == [8, 4])
        #expect(look.failures.first?.code == "too_many_attempts")
        #expect(look.failures.first?.message == "given up")
        #expect(look.failures.first?.at == "2026-01-09T00:00:00.000Z")
        #expect(look.ids == [7, 3, 8, 4])
        #expect(look.count(.pending)?.uploads == 4)
        #expect(look.waiting.map(\.uploads).reduce(0, +) == 5)
        // The worker of the sample lives no more.
        #expect(look.workers.isEmpty)
        #expect(look.story == nil)
    }

    @Test(arguments: [(2, [7, 2]), (7, [7]), (3, [7]), (4, [7]), (1, [7]), (99, [7])] as [(Upload.ID, [Upload.ID])])
    func onlyAPendingUploadIsKept(_ id: Upload.ID, _ active: [Upload.ID]) async throws {
        let look = try await Self.look(kept: id)
        #expect(look.active.map(\.id) == active)
        #expect(look.paused.map(\.id) == [3])
        #expect(look.failures.map(\.id) == [8, 4])
    }

    @Test func theStoryComesWithItsHistory() async throws {
        let story = try #require(try await Self.look(story: 4).story)
        #expect(story.story.upload.id == 4)
        #expect(story.history.map(\.event) == ["add", "claim", "created", "refused"])
        #expect(try await Self.look(story: 99).story == nil)
    }
}

import DevelopmentServer
import Foundation
import Testing
import Uploads

@Suite struct UploadQueueReadTests {
    @Test func eventsPageWithoutGaps() async throws {
        try await Scene.run { scene in
            for number in 0..<5 { try await scene.add("\(number).bin") }
            try await scene.drain()
            let all = try await scene.queue.events()
            #expect(all.count >= 25)
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.id < $1.id })
            var paged: [UploadEvent] = []
            while true {
                let page = try await scene.queue.events(after: paged.last?.id ?? 0, limit: 3)
                if page.isEmpty { break }
                #expect(page.count <= 3)
                paged += page
            }
            #expect(paged == all)
            let third = try await scene.queue.events(of: 3)
            #expect(third == all.filter { $0.uploadID == 3 })
            // One statement makes both of created and completing; SQLite runs their triggers in any order.
            #expect(Set(third.map(\.event)) == ["add", "claim", "created", "completing", "transferred", "finished"])
            #expect(third.first?.event == "add" && third.count == 6)
            #expect(third.last?.status == "completed" && third.last?.offset == 1000)
            #expect(try await scene.queue.lastEventID() == all.last?.id)
            #expect(try await scene.queue.events(after: try await scene.queue.lastEventID()).isEmpty)
            #expect(try await scene.queue.events(limit: 0).count == 1, "a limit is 1 or more")
        }
    }

    @Test func uploadsAreFilteredAndPaged() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(.tus("other", endpoint: scene.server.endpoint))
            var ids: [Upload.ID] = []
            for number in 0..<6 { ids.append(try await scene.add("\(number).bin").id) }
            let path = try scene.folder.write("other.bin", bytes: 1)
            let other = try await scene.queue.add(.file(path), to: "other")
            try await scene.queue.pause(ids[1])
            try await scene.queue.cancel(ids[3])

            func list(_ filter: UploadQueue.Filter) async throws -> [Upload.ID] {
                try await scene.queue.uploads(matching: filter).map(\.id)
            }
            #expect(try await list(.init()) == ids + [other.id])
            #expect(try await list(.init(statuses: [.paused, .cancelled])) == [ids[1], ids[3]])
            #expect(try await list(.init(statuses: [.failed])) == [])
            #expect(try await list(.init(destination: "other")) == [other.id])
            #expect(try await list(.init(destination: "none")) == [])
            #expect(try await list(.init(statuses: [.pending], destination: "server", limit: 2)) == [ids[0], ids[2]])
            #expect(try await list(.init(statuses: [.pending], after: ids[2], limit: 2)) == [ids[4], ids[5]])
            #expect(try await list(.init(limit: -5)) == [ids[0]])
        }
    }

    @Test func theSummaryCountsUploadsAndBytes() async throws {
        try await Scene.run { scene in
            #expect(try await scene.queue.summary().isEmpty)
            try await scene.add("a.bin", bytes: 700)
            try await scene.add("b.bin", bytes: 300)
            try await scene.drain()
            let paused = try await scene.add("c.bin", bytes: 50)
            try await scene.queue.pause(paused.id)
            let summary = try await scene.queue.summary()
            #expect(Set(summary.map(\.status)) == [.completed, .paused])
            for count in summary {
                let isCompleted = count.status == .completed
                #expect(count.uploads == (isCompleted ? 2 : 1))
                #expect(count.bytes == (isCompleted ? 1000 : 50))
                #expect(count.bytesThere == (isCompleted ? 1000 : 0))
            }
        }
    }

    @Test func aMissingUploadIsNil() async throws {
        try await Scene.run { scene in
            for id: Upload.ID in [-1, 0, 1] {
                let upload = try await scene.queue.upload(id)
                #expect(upload == nil)
            }
        }
    }

    @Test func theSharedQueueIsOneFile() async throws {
        try await Scene.run { scene in
            let other = try await UploadQueue.open(scene.queue.path)
            #expect(other.path == scene.queue.path)
            let upload = try await scene.add()
            #expect(try await other.upload(upload.id) == upload)
        }
    }
}

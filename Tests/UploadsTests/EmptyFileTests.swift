import DevelopmentServer
import Testing
import Uploads

@Suite struct EmptyFileTests {
    @Test func wixIsGivenNone() async throws {
        try await Scene.run { scene in
            let minted = try await scene.server.mintGrant(mimeType: "image/jpeg")
            let grant = try Grant(uploadURL: minted.uploadURL, uploadToken: minted.uploadToken)
            try await scene.queue.save(.wix())
            let path = try scene.folder.write("empty.jpg", bytes: 0)
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.add(.file(path), to: "wix", grant: grant)
            }
            #expect(error?.code == .invalidSource)
            #expect(error?.message == "\(path) is empty, and Wix takes no empty files")
            #expect(try await scene.queue.uploads().isEmpty)
        }
    }

    @Test func tusServersTakeThem() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add(bytes: 0)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(try scene.stored(try await scene.upload(upload.id)).isEmpty)
        }
    }
}

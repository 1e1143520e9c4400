import Testing

@testable import UploadStore

@Suite(.serialized) struct AddTests {
    @Test func keepsEverythingItWasGiven() async throws {
        let fixture = try await StoreFixture()
        let identity = SourceIdentity(
            length: 1 << 40,
            modified: 1_700_000_000_123_456_789,
            changed: -5,
            inode: .max,
            device: UInt64(Int64.max) + 1,
            bootID: "b00t"
        )
        let upload = NewUpload(
            sourcePath: "/data/\u{1F33F}.tif",
            destination: "media",
            identity: identity,
            filename: "leaf.tif",
            contentType: "image/tiff",
            metadata: #"{"project":"herbarium"}"#,
            endpoint: "https://media.example.org/1",
            uploadToken: "t",
            expiresAt: StoreFixture.horizon,
            notBefore: StoreFixture.later
        )
        #expect(try await fixture.store.add([upload]) == [1])
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.phase == .create)
        #expect(row.sourcePath == upload.sourcePath)
        #expect(row.destination == "media")
        #expect(row.identity == identity)
        #expect(row.uploadLength == 1 << 40)
        #expect(row.filename == "leaf.tif")
        #expect(row.contentType == "image/tiff")
        #expect(row.metadata == upload.metadata)
        #expect(row.endpoint == upload.endpoint)
        #expect(row.uploadToken == "t")
        #expect(row.expiresAt == StoreFixture.horizon)
        #expect(row.notBefore == StoreFixture.later)
        #expect(row.generation == 0)
        #expect(try await fixture.events(1).map(\.event) == ["add"])
    }

    @Test func givesIDsInOrderAcrossBatches() async throws {
        let fixture = try await StoreFixture()
        let ids = try await fixture.store.add((0..<1203).map { StoreFixture.upload("\($0)") })
        #expect(ids == Array(1...1203))
        #expect(try await fixture.row(777).sourcePath == "/data/776")
        #expect(try await fixture.store.add([]) == [])
    }

    @Test func aBatchIsAddedWholeOrNotAtAll() async throws {
        let fixture = try await StoreFixture()
        var uploads = (0..<10).map { StoreFixture.upload("\($0)") }
        uploads[9].destination = "attic"
        let error = try await storeError { _ = try await fixture.store.add(uploads) }
        #expect(error.code == .refused)
        #expect(error.message.contains("there is no such destination"))
        #expect(try await fixture.store.uploads(matching: UploadFilter()).isEmpty)
        #expect(try await fixture.store.events(after: 0).isEmpty)
    }

    @Test func aRefusalNamesTheRule() async throws {
        let fixture = try await StoreFixture()
        var upload = StoreFixture.upload()
        upload.sourcePath = "relative.tif"
        let error = try await storeError { _ = try await fixture.store.add([upload]) }
        #expect(error.code == .refused)
        #expect(error.message == "CHECK constraint failed: source_path is an absolute path")
    }
}

import GRDB
import Testing

@testable import UploadStore

/// A file that is to be deleted or moved, and those who add it meanwhile.
@Suite struct SourceTests {
    /// A completed upload whose file is to be deleted.
    private func completed(_ fixture: StoreFixture) async throws -> UploadRow {
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.transferred(claim, next: .done, now: StoreFixture.now)
        try await fixture.set("after_completion = 'delete'", of: claim.uploadID)
        return try await fixture.row(claim.uploadID)
    }

    private static func file(_ change: (inout SourceIdentity) -> Void = { _ in }) -> NewUpload {
        var upload = StoreFixture.upload("by another path.tif")
        change(&upload.identity)
        return upload
    }

    @Test func aFileThatWasLetGoIsNotAddedUntilItIsSettled() async throws {
        let fixture = try await StoreFixture()
        let row = try await completed(fixture)
        #expect(try await fixture.store.releaseSource(row.id) != nil)
        // Taken by name, which changes the inode, and after another boot, where the device may have another number.
        for file in [
            Self.file(), Self.file { $0.changed = 9 },
            Self.file {
                $0.bootID = "next"
                $0.device = 9
            },
        ] {
            let error = try await storeError { _ = try await fixture.store.add([Self.file { $0.inode = 9 }, file]) }
            #expect(error.code == .refused)
            #expect((error.cause as? SourceGone)?.path == "/data/by another path.tif")
            #expect(error.message.contains("as upload 1 asked for"))
        }
        #expect(try await fixture.store.uploads(matching: UploadFilter()).count == 1, "all of them or none")
        #expect(try await fixture.store.releaseSource(row.id) != nil, "the next worker goes on")
        try await fixture.store.settledSource(row.id, keptBecause: nil)
        #expect(try await fixture.store.add([Self.file()]).count == 1)
    }

    @Test func anotherFileIsAdded() async throws {
        let fixture = try await StoreFixture()
        let row = try await completed(fixture)
        #expect(try await fixture.store.releaseSource(row.id) != nil)
        let others = [
            Self.file { $0.inode = 9 }, Self.file { $0.modified = 9 }, Self.file { $0.length = 9 },
            Self.file { $0.device = 9 },
        ]
        #expect(try await fixture.store.add(others).count == 4)
        var copy = Self.file()
        copy.spooled = true
        #expect(try await fixture.store.add([copy]).count == 1)
    }

    /// By its path, or by the very file.
    @Test(arguments: ["0.tif", "by another path.tif"]) func aFileThatIsNeededStays(_ name: String) async throws {
        let fixture = try await StoreFixture()
        let row = try await completed(fixture)
        var upload = StoreFixture.upload(name)
        if name == "0.tif" { upload.identity.inode = 9 }
        let other = try #require(try await fixture.store.add([upload]).first)
        #expect(try await fixture.store.releaseSource(row.id) == nil)
        #expect(try await fixture.store.add([Self.file()]).count == 1)
        for id in [other, other + 1] { try await fixture.store.cancel(id, now: StoreFixture.now) }
        #expect(try await fixture.store.releaseSource(row.id) != nil)
    }

    @Test(
        arguments: [
            "UPDATE upload SET source_leaves = 1", "UPDATE upload SET source_leaves = 2",
            "INSERT INTO upload (source_path, destination, source_leaves) VALUES ('/data/b', 'archive', 1)",
        ]
    )
    func onlyTheFileOfACompletedUploadGoes(_ sql: String) async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        #expect(throws: DatabaseError.self) { try fixture.rawConnection().write { try $0.execute(sql: sql) } }
    }

    /// Of two uploads of a file the second one was cancelled.
    @Test(
        arguments: [
            "INSERT INTO upload (source_path, destination) VALUES ('/data/0.tif', 'archive')",
            "UPDATE upload SET status = 'pending', phase = 'create', finished_at = NULL WHERE id = 2",
            "UPDATE upload SET after_completion = NULL WHERE id = 1",
            "UPDATE upload SET after_completion = 'move', move_to = '/data' WHERE id = 1",
            "DELETE FROM upload WHERE id = 1",
        ]
    )
    func whileItGoesNothingIsChanged(_ sql: String) async throws {
        let fixture = try await StoreFixture()
        let row = try await completed(fixture)
        _ = try await fixture.store.add([Self.file()])
        try await fixture.store.cancel(2, now: StoreFixture.now)
        #expect(try await fixture.store.releaseSource(row.id) != nil)
        let shell = try fixture.rawConnection()
        let error = #expect(throws: DatabaseError.self) { try shell.write { try $0.execute(sql: sql) } }
        #expect(error?.message?.contains("its file") == true, "\(error?.message ?? "")")
        #expect(try await storeError { try await fixture.store.retry(2) }.code == .refused)
        try await fixture.store.keepSource(row.id)
        try await shell.write { try $0.execute(sql: sql) }
    }
}

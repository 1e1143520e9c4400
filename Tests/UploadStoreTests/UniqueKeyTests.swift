import Testing

@testable import UploadStore

@Suite(.serialized) struct UniqueKeyTests {
    private static func upload(_ key: String) -> NewUpload {
        var upload = StoreFixture.upload()
        upload.uniqueKey = key
        return upload
    }

    @Test func whatIsThereIsNotAddedAgain() async throws {
        let fixture = try await StoreFixture()
        let first = try await fixture.store.add(
            [Self.upload("a"), Self.upload("b"), Self.upload("a")],
            existing: .keep
        )
        #expect(first == [.init(id: 1, isNew: true), .init(id: 2, isNew: true), .init(id: 1, isNew: false)])
        #expect(try await fixture.store.add([Self.upload("b")], existing: .keep) == [.init(id: 2, isNew: false)])
        #expect(try await fixture.store.summary().map(\.uploads) == [2])
    }

    @Test func onlyAFinishedOneIsReplaced() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.store.add([Self.upload("a")], existing: .replaceFinished)
        #expect(
            try await fixture.store.add([Self.upload("a")], existing: .replaceFinished) == [.init(id: 1, isNew: false)]
        )
        try await fixture.store.cancel(1, now: StoreFixture.now)
        #expect(
            try await fixture.store.add([Self.upload("a")], existing: .replaceFinished) == [.init(id: 2, isNew: true)]
        )
        #expect(try await fixture.row(1).uniqueKey == nil)
        #expect(try await fixture.row(2).uniqueKey == "a")
    }

    @Test func aRefusalAddsNothing() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.store.add([Self.upload("a")], existing: .refuse)
        let error = try await storeError {
            _ = try await fixture.store.add([Self.upload("b"), Self.upload("a")], existing: .refuse)
        }
        #expect(error.code == .exists)
        #expect(error.message.contains("upload 1"))
        #expect(try await fixture.store.summary().map(\.uploads) == [1])
    }

    /// Two programs that add the same at the same time: one of them does.
    @Test func oneOfManyAtOnceAddsIt() async throws {
        let fixture = try await StoreFixture()
        let others = try (0..<4).map { _ in try Store.open(path: fixture.path) }
        let added = try await withThrowingTaskGroup(of: AddedUpload.self) { group in
            for store in others + [fixture.store] {
                for _ in 0..<10 { group.addTask { try await store.add([Self.upload("a")], existing: .keep)[0] } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(added.count { $0.isNew } == 1)
        #expect(Set(added.map(\.id)) == [1])
    }
}

import GRDB
import Testing

@testable import UploadStore

/// A store in a folder of its own, with two destinations: `archive` (plain tus) and `media` (grants, finalizes).
struct StoreFixture {
    static let now = "2026-11-22T12:00:00.000Z"
    static let later = "2026-11-22T12:01:00.000Z"
    static let horizon = "2026-11-22T13:00:00.000Z"
    static let token = "secret-token-7f3a9c51"
    static let signedURL = "https://media.example.org/signed/5d1c77e0"

    let folder: TestFolder
    let store: Store

    var path: String { store.path }

    init() async throws {
        folder = try TestFolder()
        store = try Store.open(path: folder.file("queue.db"))
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/files/"))
        try await store.save(DestinationRow(name: "media", endpoint: nil, finalize: "wix"))
    }

    static func identity(length: Int64 = 100) -> SourceIdentity {
        SourceIdentity(length: length, modified: 1, changed: 2, inode: 3, device: 4, bootID: "boot")
    }

    static func upload(_ name: String = "a.tif", to destination: String = "archive") -> NewUpload {
        let hasGrant = destination != "archive"
        return NewUpload(
            sourcePath: "/data/\(name)",
            destination: destination,
            identity: identity(),
            endpoint: hasGrant ? signedURL : nil,
            uploadToken: hasGrant ? token : nil
        )
    }

    @discardableResult
    func add(_ count: Int = 1, to destination: String = "archive") async throws -> [Int64] {
        try await store.add((0..<count).map { Self.upload("\($0).tif", to: destination) })
    }

    func claim(
        _ worker: Worker,
        limit: Int = 1000,
        suspects: SuspectRule = .none,
        now: String = StoreFixture.now
    ) async throws -> [ClaimedUpload] {
        try await store.claim(for: worker, limit: limit, suspects: suspects, now: now, horizon: Self.horizon)
    }

    /// A new upload, claimed and brought to a phase.
    func claimed(_ worker: Worker, in phase: Phase = .create, of destination: String = "archive") async throws -> Claim
    {
        let id = try #require(try await add(to: destination).first)
        let claim = try #require(try await claim(worker).first { $0.claim.uploadID == id }).claim
        if phase == .create { return claim }
        try await store.created(claim, url: Self.signedURL + "/1", completing: false)
        if phase == .transfer { return claim }
        try #require(phase == .finalize)
        try await store.transferred(claim, next: .finalize, now: Self.now)
        return claim
    }

    /// Takes over one dead worker at least.
    ///
    /// A lock outlives its worker for a moment while another test starts a program: the new process holds a copy of
    /// every open file until it becomes that program.
    func takeOverDead(for worker: Worker, now: String = StoreFixture.now) async throws -> [Takeover] {
        for _ in 0..<5000 {
            let takeovers = try await store.takeOverDead(except: worker, now: now)
            if !takeovers.isEmpty { return takeovers }
        }
        return []
    }

    func row(_ id: Int64) async throws -> UploadRow { try #require(try await store.upload(id)) }

    func events(_ id: Int64) async throws -> [EventRow] { try await store.events(after: 0, uploadID: id) }

    /// A connection as another program opens it: no foreign keys, no checkpoints of its own.
    func rawConnection() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(20)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Sets counters of an upload that nobody works.
    func set(_ assignment: String, of id: Int64) async throws {
        try await store.commits.write { db in
            try db.execute(sql: "UPDATE upload SET \(assignment) WHERE id = ?", arguments: [id])
        }
    }
}

/// The code of the store's error that an operation throws.
func storeError(_ operation: () async throws -> Void) async throws -> UploadStoreError {
    do {
        try await operation()
    } catch let error as UploadStoreError {
        return error
    }
    throw ExpectedStoreError()
}

/// An operation was expected to throw an error of the store and did not.
struct ExpectedStoreError: Error {}

extension Store {
    /// The ids of uploads that are added without a unique key.
    func add(_ uploads: [NewUpload]) async throws -> [Int64] {
        try await add(uploads, existing: .keep).map(\.id)
    }
}

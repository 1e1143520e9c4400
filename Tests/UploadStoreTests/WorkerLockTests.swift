import SystemPackage
import Testing

@testable import UploadStore

@Suite(.serialized) struct WorkerLockTests {
    /// An empty file: its owner is all that a lock asks of it.
    private static func database(in folder: TestFolder) throws -> String {
        let path = folder.file("queue.db")
        try FileDescriptor.open(FilePath(path), .writeOnly, options: .create, permissions: [.ownerReadWrite]).close()
        return path
    }

    @Test func isHeldByOneAtATime() throws {
        let folder = try TestFolder()
        let path = try Self.database(in: folder)
        var lock = try WorkerLock(databasePath: path, workerID: 7)
        #expect(lock != nil)
        #expect(try WorkerLock(databasePath: path, workerID: 7) == nil)
        #expect(try WorkerLock(databasePath: path, workerID: 8) != nil)
        #expect(try folder.names == ["queue.db", "queue.db.worker-7", "queue.db.worker-8"])
        lock?.remove()
        lock = nil
        #expect(try folder.names == ["queue.db", "queue.db.worker-8"])
    }

    /// A descriptor that is closed twice takes away the file that another thread opened in between.
    @Test func aTryThatFailsTakesNobodysFileAway() async throws {
        let folder = try TestFolder()
        let path = try Self.database(in: folder)
        let lock = try #require(try WorkerLock(databasePath: path, workerID: 1))
        let other = FilePath(folder.file("queue.db.worker-1"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<20_000 {
                    let again = try WorkerLock(databasePath: path, workerID: 1)
                    try #require(again == nil)
                }
            }
            group.addTask {
                for _ in 0..<20_000 {
                    let file = try FileDescriptor.open(other, .readOnly, options: .closeOnExec)
                    _ = try file.seek(offset: 0, from: .start)
                    try file.close()
                }
            }
            try await group.waitForAll()
        }
        lock.remove()
    }
}

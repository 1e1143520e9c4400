#if os(Linux)
import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Works the uploads of some cells, and looks at what came of them.
struct FaultRun: Sendable {
    private static let concurrency = 24

    let scene: Scene
    let cells: [FaultCell]
    let stallTimeout: Duration
    let attempts: Int
    private let log: FaultLog
    private let source: Data

    init(_ scene: Scene, _ cells: [FaultCell], stallTimeout: Duration, attempts: Int) {
        self.scene = scene
        self.cells = cells
        self.stallTimeout = stallTimeout
        self.attempts = attempts
        let servers = Dictionary(uniqueKeysWithValues: cells.map { ($0.upload, $0.server) })
        log = FaultLog { id, requests in try? servers[id]?.putOff(after: requests) }
        source = TestFolder.bytes(cells[0].kind.bytes)
    }

    /// Works until nothing is left to do; nothing is waited for but a server that stalls.
    func work() async throws {
        try await scene.processor(
            concurrency: Self.concurrency,
            retry: .immediate(maximumAttempts: attempts),
            stallTimeout: stallTimeout,
            logger: log.logger(),
            surroundings: Surroundings(chance: { 0 }, environment: { $0 == "WIX_API_KEY" ? "IST.key" : nil })
        ).run()
    }

    /// What the queue did right after the first request that met the fault.
    func next(of cell: FaultCell) -> String {
        guard let number = cell.server.spoiled else { return "never met" }
        return log.next(afterRequest: cell.kind == .options ? 0 : number, of: cell.upload)
    }

    func ending(of cell: FaultCell) async throws -> String {
        let upload = try await scene.upload(cell.upload)
        let code = upload.failure.map { " `\($0.code)`" } ?? ""
        return switch upload.status {
        case .paused: "paused `\(upload.pauseReason ?? "")`"
        default: "\(upload.status)\(code)"
        }
    }

    /// What has to be true of every upload, however it ended.
    func checkTruth(of cell: FaultCell, isRepaired: Bool = false) async throws {
        let name = Comment(rawValue: cell.server.name)
        let row = try await scene.row(cell.upload)
        let requests = scene.server.requests().filter { $0.requestID == cell.server.name }
        for (id, requests) in Dictionary(grouping: requests.filter { $0.step == .transfer }, by: \.upload) {
            // What was deleted is no longer there.
            let file = URL(filePath: scene.folder["server/\(try #require(id)).bin"])
            let stored = cell.kind == .delete ? (try? Data(contentsOf: file)) ?? Data() : try Data(contentsOf: file)
            let sent = requests.map(\.bytesStored).reduce(0, +)
            let isDeleted = stored.isEmpty && cell.kind == .delete
            #expect(sent == Int64(stored.count) || isDeleted, "\(name): no byte is stored twice, none is lost")
            #expect(stored == source.prefix(stored.count), name)
        }
        let finalized = requests.filter(\.finalized)
        #expect(finalized.count <= 1, name)
        // A person's retry counts anew.
        #expect(isRepaired || requests.filter { $0.step == .finalize }.count <= row.finalizeSent, name)
        guard row.status == .completed else {
            #expect(row.lastErrorCode != nil || row.status == .cancelled, name)
            return
        }
        #expect(row.uploadOffset == Int64(source.count), name)
        let id =
            try cell.kind.host == .tus
            ? row.uploadURL?.split(separator: "/").last.map(String.init)
            : #require(finalized.first, name).upload
        #expect(try Data(contentsOf: URL(filePath: scene.folder["server/\(try #require(id)).bin"])) == source, name)
        if cell.kind.host != .tus {
            #expect(row.uploadToken == nil && row.uploadURL == nil && row.endpoint == nil, name)
        }
    }

    /// Nothing is lost: what failed or waits goes on once its server behaves, and a person says so.
    func repair() async throws {
        var left: [FaultCell] = []
        for cell in cells where cell.fault != .wire(.garbageTLS) {
            try cell.server.behave()
            let upload = try await scene.upload(cell.upload)
            switch upload.status {
            case .failed: try await scene.queue.retry(upload.id)
            case .paused: try await scene.queue.resume(upload.id)
            default: continue
            }
            left.append(cell)
        }
        try await work()
        for cell in left {
            try await checkTruth(of: cell, isRepaired: true)
            let ending = try await ending(of: cell)
            let isFinalized = scene.server.requests().contains { $0.requestID == cell.server.name && $0.finalized }
            // Only a host that cannot be asked, and has its file, leaves it to a person.
            let isUnknown = cell.kind == .finalizeAlone && isFinalized && ending == "failed `finalize_outcome_unknown`"
            #expect(ending.hasPrefix("completed") || isUnknown, "\(cell.server.name): \(ending)")
        }
    }
}
#endif

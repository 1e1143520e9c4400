import DevelopmentServer
import Foundation
import Testing
import Uploads

/// One fault, then a server that behaves: what `FaultMatrixTests` has not, and how many bytes are sent then.
///
/// One case at a time: each has a server, a queue and a worker of its own.
@Suite(.serialized, .timeLimit(.minutes(10))) struct UploadRunFaultTests {
    private static let bytes = 900_000

    static let createCases: [FaultCase] = [
        FaultCase(.cut(afterBytes: 0), .completed),
        FaultCase(.cutAfterProcessing, .completed),
        FaultCase(.statusAfter(500), .completed),
        FaultCase(.delay(.milliseconds(20)), .completed),
        FaultCase(.dropHeader("Location"), .completed),
        FaultCase(.setHeader("Location", "ftp://127.0.0.1/files/a"), .completed),
        // A port that is none: the HTTP client would stop the program.
        FaultCase(.setHeader("Location", "http://127.0.0.1:70000/files/a"), .completed),
        FaultCase(.status(200, headers: ["Location": ""]), .completed),
        FaultCase(.status(302), .failed("redirect_refused")),
        FaultCase(.status(307, headers: ["Location": "/files/"]), .completed),
        FaultCase(.status(307, headers: ["Location": "http://localhost:9/files/"]), .failed("redirect_refused")),
    ]

    @Test(arguments: createCases) func create(_ fault: FaultCase) async throws {
        try await check(fault, [Fault(.step(.create), fault.effect)])
    }

    static let offsetCases: [FaultCase] = [
        FaultCase(.cut(afterBytes: 0), .completed),
        FaultCase(.cutAfterProcessing, .completed),
        FaultCase(.statusAfter(500), .completed),
        FaultCase(.dropHeader("Upload-Offset"), .completed),
        FaultCase(.dropHeader("Upload-Length"), .completed),
        FaultCase(.dropHeader("Tus-Resumable"), .completed),
        FaultCase(.setHeader("Upload-Offset", "-1"), .completed),
        FaultCase(.setHeader("Upload-Offset", "0x10"), .completed),
        FaultCase(.setHeader("Upload-Offset", "99999999999"), .completed),
        FaultCase(.setHeader("Upload-Offset", "10"), .completed),
        FaultCase(.setHeader("Upload-Offset", "200000"), .completed),
        FaultCase(.setHeader("Upload-Length", "many"), .completed),
        FaultCase(.setHeader("Upload-Length", "5"), .failed("length_mismatch")),
        FaultCase(.loseBytes(1000), .completed, lost: 1000),
        FaultCase(.loseBytes(150_000), .completed, lost: 150_000),
    ]

    @Test(arguments: offsetCases) func offset(_ fault: FaultCase) async throws {
        try await check(
            fault,
            [Fault(.step(.transfer), .cut(afterBytes: 150_000)), Fault(.step(.offset), fault.effect)]
        )
    }

    static let transferCases: [FaultCase] = [
        FaultCase(.status(460), .completed),
        FaultCase(.status(200), .completed),
        FaultCase(.cut(afterBytes: 0), .completed),
        FaultCase(.cut(afterBytes: 100_000), .completed),
        FaultCase(.cutAfterProcessing, .completed),
        FaultCase(.statusAfter(500), .completed),
        FaultCase(.statusAfter(409), .completed),
        FaultCase(.acceptOnly(0), .completed),
        FaultCase(.acceptOnly(1000), .completed),
        FaultCase(.dropHeader("Upload-Offset"), .completed),
        FaultCase(.setHeader("Upload-Offset", "x"), .completed),
        FaultCase(.setHeader("Upload-Offset", "5"), .completed),
        FaultCase(.setHeader("Upload-Offset", "300000"), .completed),
        FaultCase(.setHeader("Upload-Offset", "450000"), .completed),
        FaultCase(.setHeader("Upload-Offset", "99999999999"), .completed),
        FaultCase(.setHeader("Connection", "close"), .completed),
        FaultCase(.loseBytes(1000), .completed, lost: 1000),
        FaultCase(.loseBytes(300_001), .completed, lost: 300_001),
    ]

    @Test(arguments: transferCases) func transfer(_ fault: FaultCase) async throws {
        try await check(fault, [Fault(.step(.transfer, occurrence: 2), fault.effect)])
    }

    /// The last request of a plain upload that is gone may have completed it: it is sent again (at least once).
    @Test(arguments: [404, 410]) func lastTransferGone(status: Int) async throws {
        try await check(
            FaultCase(.status(status), .completed),
            [Fault(.step(.transfer, occurrence: 3), .status(status))]
        )
    }

    static let deleteCases: [FaultCase] = [
        FaultCase(.status(204), .cancelled(note: nil)),
        FaultCase(.status(405), .cancelled(note: "not_deleted")),
        FaultCase(.status(302), .cancelled(note: "not_deleted")),
        FaultCase(.cut(afterBytes: 0), .cancelled(note: nil)),
        FaultCase(.cutAfterProcessing, .cancelled(note: nil)),
        FaultCase(.statusAfter(500), .cancelled(note: nil)),
    ]

    @Test(arguments: deleteCases) func delete(_ fault: FaultCase) async throws {
        let faults = [Fault(.step(.transfer, occurrence: 2), .status(403)), Fault(.step(.delete), fault.effect)]
        try await Scene.run(faults: faults, chunkSize: 300_000) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .paused)
            try await scene.queue.cancel(upload.id)
            #expect(try await scene.upload(upload.id).status == .pending)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == fault.ending)
            #expect(done.finishedAt != nil)
            #expect(scene.requests(.transfer).count == 2)
        }
    }

    private func check(_ fault: FaultCase, _ faults: [Fault]) async throws {
        let (faulty, met) = AsyncStream.makeStream(of: RequestRecord.self)
        let onRequest: @Sendable (RequestRecord) -> Void = { if $0.fault != nil { met.yield($0) } }
        try await Scene.run(faults: faults, chunkSize: 300_000, onRequest: onRequest) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == fault.ending)
            // A request that is cut is logged when the server sees its end, which may be later than the upload's.
            #expect(await faulty.first { _ in true } != nil)
            #expect((done.failure != nil) == (fault.ending != .completed))
            guard done.status == .completed else { return }
            #expect(done.offset == Int64(Self.bytes))
            #expect(try scene.stored(done) == TestFolder.bytes(Self.bytes))
            let id = try #require(done.uploadURL?.split(separator: "/").last.map(String.init))
            let sent = scene.requests(.transfer).filter { $0.upload == id }.map(\.bytesStored).reduce(0, +)
            #expect(sent == Int64(Self.bytes) + fault.lost, "bytes that the server had are not sent again")
        }
    }
}

extension Ending {
    init?(_ upload: Upload) {
        switch upload.status {
        case .completed: self = .completed
        case .failed: self = .failed(upload.failure?.code ?? "")
        case .paused: self = .paused(upload.pauseReason ?? "")
        case .cancelled: self = .cancelled(note: upload.failure?.code)
        case .pending, .processing: return nil
        }
    }
}

import DevelopmentServer
import Foundation
import Testing
import UploadStore
import Uploads

/// One fault at an upload with a grant, then a server that behaves: at most one finalize takes effect.
@Suite(.serialized) struct UploadRunFinalizeTests {
    private static let bytes = 300_000

    static let cases: [FaultCase] =
        FaultCase.statuses([
            (.completed, [408, 425, 429, 500, 502, 503, 504, 507]),
            (.failed("refused"), [402, 412, 413, 415, 501]),
            (.failed("grant_expired"), [401]),
            (.failed("finalize_outcome_unknown"), [400, 403, 404, 409, 410, 423]),
            (.paused("permission"), [428]),
        ]) + [
            FaultCase(.status(400, body: Self.error("ZERO_FILE_SIZE")), .failed("refused")),
            FaultCase(.status(400, body: Self.error("SOMETHING_NEW")), .failed("finalize_outcome_unknown")),
            FaultCase(.status(200), .failed("finalize_outcome_unknown")),
            FaultCase(.status(200, body: "{}"), .failed("finalize_outcome_unknown")),
            FaultCase(.status(302, headers: ["Location": "http://localhost:9/"]), .failed("finalize_outcome_unknown")),
            FaultCase(.cut(afterBytes: 0), .completed),
            FaultCase(.delay(.milliseconds(20)), .completed),
            FaultCase(.cutAfterProcessing, .failed("finalize_outcome_unknown")),
            FaultCase(.statusAfter(500), .failed("finalize_outcome_unknown")),
            FaultCase(.statusAfter(204), .failed("finalize_outcome_unknown")),
        ]

    private static func error(_ code: String) -> String {
        #"{"message":"no","details":{"applicationError":{"code":"\#(code)","description":"no"}}}"#
    }

    @Test(arguments: cases) func finalize(_ fault: FaultCase) async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), fault.effect)]) { scene in
            let (upload, grant) = try await scene.addGranted(bytes: Self.bytes)
            try await scene.drain()
            let row = try await scene.row(upload.id)
            #expect(Ending(try await scene.upload(upload.id)) == fault.ending)
            #expect(scene.requests(.finalize).count <= 2)
            #expect(scene.requests(.finalize).count == row.finalizeSent)
            #expect(scene.requests(.finalize).filter(\.finalized).count <= 1)
            #expect(scene.requests(.create).count == 1)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == Int64(Self.bytes))
            if row.status == .completed {
                #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
                #expect(row.uploadToken == nil && row.uploadURL == nil && row.endpoint == nil)
                #expect(try WixFile(response: try #require(row.response)).sizeInBytes == Int64(Self.bytes))
            } else {
                #expect(row.uploadToken == grant.uploadToken, "kept for retry")
                #expect(row.uploadURL != nil)
            }
        }
    }

    struct GrantCase: Sendable {
        var step: RequestStep
        var status: Int
        var ending: Ending
    }

    /// Where a grant changes what an answer means.
    static let grantCases: [GrantCase] =
        [401, 403, 404, 410].map { GrantCase(step: .create, status: $0, ending: .failed("grant_expired")) }
        + [401, 403].flatMap { status in
            [RequestStep.offset, .transfer].map {
                GrantCase(step: $0, status: status, ending: .failed("grant_expired"))
            }
        }
        + [404, 410].flatMap { status in
            [RequestStep.offset, .transfer].map {
                GrantCase(step: $0, status: status, ending: .failed("completion_outcome_unknown"))
            }
        }
        + [GrantCase(step: .create, status: 429, ending: .completed)]

    @Test(arguments: grantCases) func grant(_ fault: GrantCase) async throws {
        var faults = [Fault(.step(fault.step), .status(fault.status))]
        if fault.step == .offset { faults.append(Fault(.step(.transfer), .cut(afterBytes: 1000))) }
        try await Scene.run(faults: faults) { scene in
            let (upload, _) = try await scene.addGranted(bytes: Self.bytes)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == fault.ending)
            #expect(scene.requests(.finalize).count == (fault.ending == .completed ? 1 : 0))
        }
    }

    /// Before the last request the file cannot be there yet: an upload that is gone starts again.
    @Test func goneBeforeTheLastByteIsCreatedAgain() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer, occurrence: 2), .status(404))]) { scene in
            let (upload, _) = try await scene.addGranted(bytes: 20 << 20)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.create).count == 2)
            #expect(scene.requests(.finalize).count == 1)
        }
    }

    @Test func retryAfterAnUnknownOutcomeSendsFinalizeAgain() async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), .cutAfterProcessing)]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            #expect(scene.requests(.finalize).map(\.status) == [nil, 429])
            #expect(try await scene.upload(upload.id).failure?.code == "finalize_outcome_unknown")
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).failure?.code == "finalize_outcome_unknown")
            #expect(scene.requests(.finalize).count == 4)
            #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
            #expect(scene.requests(.transfer).count == 1)
        }
    }

    @Test func retryAfterAnUnknownOutcomeCanComplete() async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), .status(403))]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            #expect(try await scene.upload(upload.id).failure?.code == "finalize_outcome_unknown")
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
        }
    }

    /// Giving up after a bound does not hide that the outcome of a finalize is unknown.
    @Test func aBoundOfOneTryLeavesTheOutcomeUnknown() async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), .cutAfterProcessing)]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain(maximumAttempts: 1)
            #expect(try await scene.upload(upload.id).failure?.code == "finalize_outcome_unknown")
            #expect(scene.requests(.finalize).count == 1)
        }
    }
}

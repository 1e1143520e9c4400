import DevelopmentServer
import Testing

@testable import Uploads

/// The question whether the file is ready.
extension WixRunTests {
    private static func file(_ status: String, size: String = "-1") -> String {
        #"{"file":{"id":"x","operationStatus":"\#(status)","sizeInBytes":"\#(size)","hash":""}}"#
    }

    static let confirmCases: [FaultCase] =
        FaultCase.statuses([
            (.completed, [404, 408, 409, 410, 423, 425, 429, 500, 502, 503, 504, 507])
        ]) + [
            FaultCase(.status(200, body: file("PENDING")), .completed),
            FaultCase(.status(200, body: file("READY")), .completed),
            FaultCase(.status(200, body: file("FAILED")), .failed("processing_failed")),
            FaultCase(.status(200, body: file("READY", size: "299999")), .failed("size_mismatch")),
            FaultCase(.status(200, body: "<html>"), .completed), FaultCase(.cut(afterBytes: 0), .completed),
            FaultCase(.cutAfterProcessing, .completed),
        ]

    @Test(arguments: confirmCases) func confirm(_ fault: FaultCase) async throws {
        try await Self.run(faults: [Fault(.step(.confirm), fault.effect)], waits: true) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == fault.ending)
            #expect(done.failure == nil || fault.ending != .completed)
            #expect(scene.requests(.finalize).count == 1)
        }
    }

    @Test(arguments: [400, 401, 403, 501]) func aHostThatWillNotSayLeavesANote(status: Int) async throws {
        try await Self.run(faults: [Fault(.step(.confirm), .status(status))], waits: true) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure?.code == "unconfirmed")
        }
    }

    @Test func aFileThatStaysPendingIsWaitedForAFewTimes() async throws {
        let fault = Fault(.step(.confirm), .status(200, body: Self.file("PENDING")), times: 1000)
        try await Self.run(faults: [fault], waits: true) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure?.code == "unconfirmed")
            #expect(scene.requests(.confirm).count == 4)
        }
    }

    /// The host may have made its file by then: what became of the source since says nothing about it.
    @Test(arguments: [RequestStep.finalize, .confirm])
    func aSourceThatChangesAfterAFinalizeWasSentHasNoSay(step: RequestStep) async throws {
        let fault = Fault(.step(step), step == .finalize ? .statusAfter(500) : .status(200, body: Self.file("PENDING")))
        // The question after the finalize fails too, so that it is asked again by another claim.
        let second = Fault(.step(.confirm), .status(500))
        try await Self.run(faults: step == .finalize ? [fault, second] : [fault], waits: true) { scene in
            let upload = try await Self.add(scene)
            try await scene.sql(
                """
                CREATE TABLE test_changed (x);
                CREATE TRIGGER test_change AFTER UPDATE OF status ON upload
                WHEN OLD.status = 'processing' AND NEW.status = 'pending' AND NEW.phase IN ('finalize', 'confirm')
                BEGIN UPDATE upload SET source_ctime_ns = 1 WHERE id = NEW.id; INSERT INTO test_changed VALUES (1); END
                """
            )
            try await Self.drain(scene)
            #expect(try await scene.sql("SELECT count(*) > 0 FROM test_changed") == ["1"])
            #expect(Ending(try await scene.upload(upload.id)) == .completed)
            #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
            #expect(scene.requests(.mint).count == 1)
        }
    }

    /// Polls keep the pace of their destination, whatever the back-off after a failure is.
    @Test func aPollIsNoFailure() async throws {
        let fault = Fault(.step(.confirm), .status(200, body: Self.file("PENDING")), times: 3)
        try await Self.run(faults: [fault], waits: true) { scene in
            let upload = try await Self.add(scene)
            let retry = RetryPolicy(delays: [.seconds(3600)])
            let environment = Surroundings(environment: { _ in Self.key })
            try await scene.processor(retry: retry, surroundings: environment).run()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil)
            #expect(scene.requests(.confirm).count == 4)
        }
    }
}

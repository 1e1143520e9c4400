import DevelopmentServer
import Foundation
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing
import UploadStore
import Uploads

@Suite struct UploadProcessorTests {
    @Test(arguments: [1, 3]) func worksNoMoreThanItsConcurrency(concurrency: Int) async throws {
        let slow = Fault(.step(.create), .delay(.milliseconds(50)), times: 100)
        try await Scene.run(faults: [slow]) { scene in
            for number in 0..<12 { try await scene.add("\(number).bin") }
            try await scene.drain(concurrency: concurrency)
            #expect(try await scene.queue.summary().map(\.status) == [.completed])
            // The history tells when each upload came into and went out of a worker's hands.
            var inHand: Set<Upload.ID> = []
            var most = 0
            for event in try await scene.queue.events() {
                if event.status == "processing" { inHand.insert(event.uploadID) } else { inHand.remove(event.uploadID) }
                most = max(most, inHand.count)
            }
            #expect(most == concurrency)
        }
    }

    @Test func twoProcessorsWorkEachUploadOnce() async throws {
        let slow = Fault(.step(.create), .delay(.milliseconds(20)), times: 100)
        try await Scene.run(faults: [slow]) { scene in
            for number in 0..<24 { try await scene.add("\(number).bin") }
            let other = try await UploadQueue.open(scene.queue.path)
            async let first: Void = scene.processor(concurrency: 2).run()
            async let second: Void = other.processor(options: .init(concurrency: 2, drain: true)).run()
            _ = try await (first, second)
            let claims = try await scene.queue.events().filter { $0.event == "claim" }
            #expect(claims.count == 24)
            #expect(Set(claims.map(\.uploadID)).count == 24)
            #expect(scene.requests(.create).count == 24)
            #expect(scene.requests(.transfer).count == 24)
        }
    }

    @Test func theUploadsOfAStoppedProcessorGoOnInAnother() async throws {
        let stall = Fault(.step(.transfer), .stall(afterBytes: 400), times: 3)
        try await Scene.run(faults: [stall]) { scene in
            var ids: [Upload.ID] = []
            for number in 0..<3 { ids.append(try await scene.add("\(number).bin").id) }
            try await scene.whileWorking(scene.processor(drain: false, stallTimeout: .seconds(600))) {
                for id in ids { try await scene.wait(for: id) { $0.phase == .transfer } }
            }
            for id in ids {
                let upload = try await scene.upload(id)
                #expect(upload.status == .pending)
                #expect(upload.attempt == 0, "to stop is no failed try")
                #expect(try await scene.story(id).last == "released")
            }
            #expect(try await scene.sql("SELECT count(*) FROM worker") == ["0"])
            try await scene.drain()
            for (number, id) in ids.enumerated() {
                let done = try await scene.upload(id)
                #expect(done.status == .completed, "\(number)")
                #expect(try scene.stored(done) == TestFolder.bytes(1000))
            }
            #expect(scene.requests(.create).count == 3)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 3000)
        }
    }

    /// Three hundred slow requests: half a minute in which to shut down.
    @Test func gracefulShutdownLetsTheRequestInFlightEnd() async throws {
        let slow = Fault(.step(.transfer), .delay(.milliseconds(100)), times: 100_000)
        try await Scene.run(faults: [slow], chunkSize: 10_000) { scene in
            let upload = try await scene.add(bytes: 3_000_000)
            let waiting = try await scene.add("waiting.bin")
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await scene.processor(concurrency: 1, drain: false).run()
                    }
                    try await scene.wait(for: upload.id) { $0.offset > 0 }
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
            let stopped = try await scene.upload(upload.id)
            #expect(stopped.status == .pending)
            #expect(stopped.failure == nil && stopped.attempt == 0)
            #expect(scene.requests(.transfer).allSatisfy { !$0.cut && $0.status == 204 })
            #expect(stopped.offset == scene.requests(.transfer).last?.offsetAfter)
            #expect(try await scene.story(waiting.id) == ["add"])
            scene.server.removeFaults()
            try await scene.drain()
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 3_001_000)
        }
    }

    @Test func gracefulShutdownCutsWhatOutlastsTheGrace() async throws {
        let stall = Fault(.step(.transfer), .stall(afterBytes: 400))
        try await Scene.run(faults: [stall]) { scene in
            let upload = try await scene.add()
            let options = UploadProcessor.Options(stallTimeout: .seconds(600), gracePeriod: .milliseconds(50))
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await scene.queue.processor(options: options).run() }
                    try await scene.wait(for: upload.id) { $0.phase == .transfer }
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
            #expect(try await scene.upload(upload.id).status == .pending)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 1000)
        }
    }

    @Test func anIdleProcessorShutsDown() async throws {
        try await Scene.run { scene in
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await scene.processor(drain: false).run() }
                    let upload = try await scene.add()
                    try await scene.queue.waitUntilFinished(upload.id)
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
            #expect(try await scene.sql("SELECT count(*) FROM worker") == ["0"])
        }
    }

    /// Where nothing can be recorded any more, the run ends with the reason, and gives back what it held.
    @Test func aProcessorThatCannotRecordEnds() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            for number in 0..<5 { try await scene.add("\(number).bin") }
            try await scene.sql(
                """
                CREATE TRIGGER test_rule BEFORE UPDATE ON upload
                WHEN OLD.id = \(upload.id) AND OLD.status = 'processing' AND NEW.status <> 'pending'
                BEGIN SELECT RAISE(ABORT, 'a rule of the test'); END
                """
            )
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.processor(concurrency: 2, drain: false).run()
            }
            #expect(error?.message.contains("a rule of the test") == true)
            #expect(try await scene.upload(upload.id).status == .pending)
            #expect(try await scene.queue.uploads(matching: .init(statuses: [.processing])).isEmpty)
            #expect(try await scene.sql("SELECT count(*) FROM worker") == ["0"])
        }
    }

    /// A worker whose process is gone leaves its row and claims behind, and no lock.
    @Test func aDeadWorkersUploadsAreTakenOver() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.dieWithAClaim()
            #expect(try await scene.upload(upload.id).status == .processing)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(try await scene.story(upload.id).contains("takeover"))
        }
    }

    /// One that dies while another processor runs is found by it.
    @Test func aWorkerThatDiesMeanwhileIsFound() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.dieWithAClaim {
                try await scene.whileWorking(scene.processor(drain: false)) {
                    let other = try await scene.add("other.bin")
                    try await scene.queue.waitUntilFinished(other.id)
                    #expect(try await scene.upload(upload.id).status == .processing, "its lock is held")
                }
            }
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func anUploadThatKillsItsWorkersIsPoison() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            for _ in 1...5 {
                try await scene.dieWithAClaim()
                try await scene.takeOver()
            }
            let failed = try await scene.upload(upload.id)
            #expect(Ending(failed) == .failed("poison"))
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}

extension Scene {
    /// Claims everything that is due with a worker that is then gone without a word.
    fileprivate func dieWithAClaim(_ meanwhile: () async throws -> Void = {}) async throws {
        let worker = try await queue.store.startWorker()
        _ = try await queue.store.claim(
            for: worker,
            limit: 100,
            suspects: .aloneFirst,
            now: Timestamp.text(Date()),
            horizon: Timestamp.text(.distantFuture)
        )
        try await meanwhile()
        withExtendedLifetime(worker) {}
    }

    fileprivate func takeOver() async throws {
        let worker = try await queue.store.startWorker()
        _ = try await queue.store.takeOverDead(except: worker, now: Timestamp.text(Date()))
        try await queue.store.stopWorker(worker)
    }
}

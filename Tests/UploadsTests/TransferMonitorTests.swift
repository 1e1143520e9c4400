import DevelopmentServer
import Testing

@testable import Uploads

@Suite(.timeLimit(.minutes(10))) struct TransferMonitorTests {
    @Test func requestInFlightIsSeen() async throws {
        // The first chunk arrives; of the second one the server takes a part and falls silent.
        let stall = Fault(.step(.transfer, occurrence: 2), .stall(afterBytes: 100))
        try await Scene.run(faults: [stall], chunkSize: 400) { scene in
            let upload = try await scene.add()
            let processor = scene.processor(drain: false)
            try await scene.whileWorking(processor) {
                var transfer: Transfer?
                while transfer?.offset != 400 || transfer?.sent != 400 {
                    try Task.checkCancellation()
                    transfer = processor.monitor.current.first
                    await Task.yield()
                }
                #expect(
                    transfer
                        == Transfer(
                            id: upload.id,
                            sourcePath: upload.sourcePath,
                            phase: .transfer,
                            length: 1000,
                            offset: 400,
                            sent: 400
                        )
                )
                #expect(processor.monitor.sent == 800)
            }
            #expect(processor.monitor.current.isEmpty)
        }
    }

    @Test func everyByteIsCountedOnce() async throws {
        try await Scene.run(chunkSize: 300) { scene in
            for number in 1...5 { try await scene.add("\(number).bin") }
            let processor = scene.processor(concurrency: 2)
            try await processor.run()
            #expect(processor.monitor.sent == 5000)
            #expect(processor.monitor.current.isEmpty)
        }
    }
}

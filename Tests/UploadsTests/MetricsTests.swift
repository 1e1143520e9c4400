import DevelopmentServer
import Foundation
import Testing
import Uploads

/// What a processor reports; the names of the destinations are of this suite alone.
@Suite(.serialized) struct MetricsTests {
    private let metrics = CapturedMetrics.shared

    @Test func endsRetriesBytesAndDurationsAreCountedByDestination() async throws {
        let faults = [
            Fault(.step(.create), .status(500)), Fault(.step(.create), .status(500)),
            Fault(.step(.create), .status(400), times: 2),
        ]
        try await Scene.run(faults: faults) { scene in
            try await scene.queue.save(.tus("counted", endpoint: scene.server.endpoint))
            var ids: [Upload.ID] = []
            for number in 0..<3 {
                let path = try scene.folder.write("\(number)", bytes: 1000)
                ids.append(
                    try await scene.queue.add(.file(path), to: "counted", options: .init(batch: "b\(number)")).id
                )
            }
            try await scene.drain(concurrency: 1)
            let states = try await scene.queue.uploads().map(\.status)
            let completed = states.count { $0 == .completed }
            let failed = states.count { $0 == .failed }
            #expect(completed + failed == 3 && completed > 0 && failed > 0)
            func values(_ label: String, _ dimensions: String = "destination=counted") -> [Int64] {
                metrics.values("upload_queue.\(label){\(dimensions)}")
            }
            #expect(values("uploads", "destination=counted,status=completed") == Array(repeating: 1, count: completed))
            #expect(values("uploads", "destination=counted,status=failed") == Array(repeating: 1, count: failed))
            #expect(values("retries", "code=server_error,destination=counted") == [1, 1])
            #expect(values("bytes.sent").reduce(0, +) == Int64(completed) * 1000)
            #expect(values("claim.duration").count == completed)
            #expect(values("claim.duration").allSatisfy { $0 > 0 })
            // Made once, however often it is reported; and nothing of one upload is a dimension.
            #expect(metrics.made("upload_queue.bytes.sent{destination=counted}") == 1)
            #expect(metrics.made("upload_queue.retries{code=server_error,destination=counted}") == 1)
            let own = metrics.names.filter { $0.contains("destination=counted") }
            #expect(own.count == 5, "\(own)")
        }
    }

    @Test func theDepthOfTheQueueIsReported() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.queue.pause(upload.id)
            _ = try await scene.add("later.bin")
            try await scene.drain()
            // Others of this process report theirs too: this one ended with nothing to do.
            #expect(metrics.values("upload_queue.depth{status=pending}").contains(0))
            #expect(metrics.values("upload_queue.depth{status=processing}").contains(0))
            let statuses = metrics.names.filter { $0.hasPrefix("upload_queue.depth") }
            #expect(statuses == ["upload_queue.depth{status=pending}", "upload_queue.depth{status=processing}"])
        }
    }

    @Test func everyLineOfAnUploadNamesIt() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .status(503))]) { scene in
            let log = CapturedLog()
            let path = try scene.folder.write("a.bin", bytes: 1000)
            let options = AddOptions(batch: "monday")
            let upload = try await scene.queue.add(.file(path), to: "server", options: options)
            try await scene.processor(logger: log.logger()).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let lines = log.lines.filter { $0.contains("upload.id") }
            #expect(lines.count > 5)
            for line in lines {
                #expect(line.contains(#""upload.destination": server"#), "\(line)")
                #expect(line.contains(#""upload.batch": monday"#), "\(line)")
            }
        }
    }
}

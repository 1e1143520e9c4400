import DevelopmentServer
import Foundation
import GRDB
import InMemoryTracing
import Testing
import Tracing
import UploadStore

@testable import Uploads

/// One span for each claim, in the trace of whoever added the upload.
@Suite struct TracingTests {
    private static func spans(_ tracer: InMemoryTracer, of id: Upload.ID) -> [FinishedInMemorySpan] {
        tracer.finishedSpans.filter { $0.operationName == "upload" && $0.attributes.get("upload.id") == .int64(id) }
    }

    private static func text(_ span: FinishedInMemorySpan, _ name: String) -> String? {
        guard case .string(let text)? = span.attributes.get(name) else { return nil }
        return text
    }

    @Test func aClaimIsASpanInTheTraceOfTheAddition() async throws {
        try await Scene.run(faults: [Fault(.step(.create), .status(500))]) { scene in
            let tracer = InMemoryTracer()
            let path = try scene.folder.write("secret name.bin", bytes: 1000)
            let upload = try await withTracer(tracer) {
                try await withSpan("request") { _ in
                    try await scene.queue.add(.file(path), to: "server", options: .init(batch: "monday"))
                }
            }
            let request = try #require(tracer.finishedSpans.first { $0.operationName == "request" })
            let row = try await scene.row(upload.id)
            #expect(JSONObject.decode(try #require(row.traceContext))?.values.contains(request.traceID) == true)

            try await withTracer(tracer) { try await scene.drain() }
            let spans = Self.spans(tracer, of: upload.id)
            #expect(spans.count == 2)
            for span in spans {
                #expect(span.kind == .consumer)
                #expect(span.traceID == request.traceID && span.parentSpanID == request.spanID)
                #expect(Self.text(span, "upload.destination") == "server")
                #expect(Self.text(span, "upload.batch") == "monday")
                #expect(Self.text(span, "upload.phase") == "create")
                #expect(span.errors.isEmpty)
            }
            #expect(spans.map { Self.text($0, "upload.status") } == ["pending", "completed"])
            #expect(spans.map { Self.text($0, "error.type") } == ["server_error", nil])
            #expect(spans.map { $0.status?.code } == [.error, nil])
            #expect(spans[0].status?.message == "server_error")
            // Nothing else is traced: a span of a request would hold its URL.
            #expect(tracer.finishedSpans.count == 3 && tracer.activeSpans.isEmpty)
            for span in tracer.finishedSpans {
                #expect(!"\(span)".contains("secret name") && !"\(span.attributes)".contains("127.0.0.1"))
            }
        }
    }

    @Test func noSpanAndNoMetricHoldsASecret() async throws {
        let metrics = CapturedMetrics.shared
        try await Scene.run { scene in
            let tracer = InMemoryTracer()
            let (upload, grant) = try await scene.addGranted()
            scene.server.addFault(Fault(.step(.transfer), .status(500, body: "what is \(grant.uploadToken)?")))
            scene.server.addFault(Fault(.step(.finalize), .status(400, body: "no \(grant.uploadToken)")))
            try await withTracer(tracer) { try await scene.drain() }
            let spans = Self.spans(tracer, of: upload.id)
            #expect(spans.count == 2)
            let told = spans.map { "\($0) \($0.attributes) \($0.errors)" } + metrics.names
            #expect(metrics.names.contains { $0.contains("destination=wix") })
            // The beginning of a token is the same for all.
            let secret = grant.uploadToken.dropFirst(40).prefix(40)
            #expect(secret.count == 40 && !told.contains { $0.contains(secret) })
        }
    }

    @Test func withoutATraceTheRowHasNone() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            #expect(try await scene.row(upload.id).traceContext == nil)
            let tracer = InMemoryTracer()
            try await withTracer(tracer) { try await scene.drain() }
            let span = try #require(Self.spans(tracer, of: upload.id).first)
            #expect(span.parentSpanID == nil)
            #expect(Self.text(span, "upload.status") == "completed")
        }
    }

    @Test func aTraceThatIsTooLongIsNotKept() async throws {
        try await Scene.run { scene in
            let long = InMemoryTracer(
                idGenerator: .init(nextTraceID: { String(repeating: "x", count: 8192) }, nextSpanID: { "1" })
            )
            let upload = try await withTracer(long) { try await withSpan("request") { _ in try await scene.add() } }
            #expect(try await scene.row(upload.id).traceContext == nil)
        }
    }

    @Test func anAdditionInATransactionKeepsTheTrace() async throws {
        try await GuestQueueTests.run { program, scene in
            let tracer = InMemoryTracer()
            let path = try scene.folder.write("a.bin", bytes: 100)
            let upload = try await withTracer(tracer) {
                try await withSpan("request") { span in
                    let context = span.context
                    return try await program.pool.write { [queue = program.queue] db in
                        // The queue of the database is not the task: it is told the context, and the tracer.
                        try withTracer(tracer) {
                            try ServiceContext.withValue(context) { try queue.add(.file(path), to: "server", in: db) }
                        }
                    }
                }
            }
            #expect(try await scene.row(upload.id).traceContext?.contains("trace-1") == true)
        }
    }

    /// No header of a trace, whoever the server is.
    @Test func serversAreNotToldOfTheTrace() async throws {
        try await Scene.run { scene in
            let tracer = InMemoryTracer()
            let upload = try await withTracer(tracer) {
                try await withSpan("request") { _ in
                    let upload = try await scene.add()
                    try await scene.drain()
                    return upload
                }
            }
            #expect(Self.spans(tracer, of: upload.id).count == 1)
            #expect(tracer.performedContextInjections.count == 1, "into the row, and into no request")
            #expect(!scene.server.requests().isEmpty)
        }
    }

    @Test func aParkedUploadTellsItsCode() async throws {
        try await Scene.run { scene in
            let media = try Destination.wix("media", owner: .site("S"), apiKey: "env:KEY", api: scene.server.origin)
            try await scene.queue.save(media)
            let upload = try await scene.queue.add(.file(try scene.folder.write("a.jpg", bytes: 10)), to: "media")
            let tracer = InMemoryTracer()
            try await withTracer(tracer) { try await scene.drain() }
            let span = try #require(Self.spans(tracer, of: upload.id).first)
            #expect(Self.text(span, "upload.status") == "paused")
            #expect(Self.text(span, "error.type") == "credentials_missing")
            #expect(Self.text(span, "upload.phase") == "mint")
        }
    }
}

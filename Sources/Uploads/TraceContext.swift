internal import Instrumentation
internal import UploadStore

/// The trace that an upload was added in: its row keeps it as a JSON object of texts.
enum TraceContext {
    /// Bytes; the row takes no more.
    private static let longest = 8192

    /// What the program's instrument makes of the current context; nil where that is nothing, or too long.
    static func current() -> String? {
        guard let context = ServiceContext.current else { return nil }
        var carrier: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &carrier, using: Carrier())
        if carrier.isEmpty { return nil }
        let text = JSONObject.encode(carrier)
        return text.utf8.count <= longest ? text : nil
    }

    /// The context in which an upload is worked: the current one, within the trace that the upload was added in.
    static func context(of upload: UploadRow) -> ServiceContext {
        var context = ServiceContext.current ?? .topLevel
        if let carrier = upload.traceContext.flatMap(JSONObject.decode) {
            InstrumentationSystem.instrument.extract(carrier, into: &context, using: Carrier())
        }
        return context
    }

    private struct Carrier: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }

        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }
}

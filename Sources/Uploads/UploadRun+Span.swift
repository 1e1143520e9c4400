internal import Tracing
internal import UploadStore

/// What a trace tells of a claim.
extension UploadRun {
    /// Runs a claim in a span of the trace that its upload was added in.
    ///
    /// No URL, path, name of a source or message of an error stands in it.
    func traced(_ work: () async -> Result<Void, any Error>) async -> Result<Void, any Error> {
        let upload = claimed.upload
        return await withSpan("upload", context: TraceContext.context(of: upload), ofKind: .consumer) { span in
            span.attributes["upload.id"] = upload.id
            span.attributes["upload.phase"] = upload.phase.rawValue
            span.attributes["upload.destination"] = upload.destination
            if !upload.batch.isEmpty { span.attributes["upload.batch"] = upload.batch }
            span.attributes["upload.attempt"] = upload.attempt
            let result = await work()
            if let status = end.status { span.attributes["upload.status"] = status.rawValue }
            if let code = code(of: result) {
                span.attributes["error.type"] = code
                if end.status != .completed && end.status != .cancelled {
                    span.setStatus(.init(code: .error, message: code))
                }
            }
            return result
        }
    }

    private func code(of result: Result<Void, any Error>) -> String? {
        guard case .failure(let error) = result else { return end.code }
        return (error as? UploadStoreError)?.code.rawValue ?? "error"
    }
}

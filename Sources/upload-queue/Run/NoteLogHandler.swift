import Logging

/// Says what the worker warns of in the command's own words, above the bars where there are some.
struct NoteLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let reason = event.metadata?["error.message"].map { ": \($0)" } ?? ""
        Output.note("\(event.message)\(reason)")
    }
}

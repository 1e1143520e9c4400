import Uploads

/// What was added, written as it is: ids one a line, or one JSON array.
struct AddedList {
    private struct Added: Encodable {
        let id: Int64
        let sourcePath: String
        let isNew: Bool
    }

    let json: Bool
    private var isEmpty = true

    init(json: Bool) { self.json = json }

    /// Writes what is on disk by now.
    mutating func write(_ added: [UploadQueue.Added]) throws {
        guard json else { return try Output.write(added.map { "\($0.id)\n" }.joined()) }
        var text = ""
        for upload in added {
            let record = Added(id: upload.id, sourcePath: upload.source.absolutePath, isNew: upload.isNew)
            text += (isEmpty ? "[\n" : ",\n") + (try Output.text(record))
            isEmpty = false
        }
        try Output.write(text)
    }

    /// Ends the array.
    mutating func end() throws {
        if json { try Output.write(isEmpty ? "[]\n" : "\n]\n") }
    }
}

import ArgumentParser
import Uploads

/// Uploads that something is asked of.
struct UploadIDs: ParsableArguments {
    @Argument(help: "The uploads' ids.", completion: .uploads)
    var id: [Int64]

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    /// Asks each, then tells what became of them.
    ///
    /// - Parameter request: What is asked.
    /// - Throws: ``CommandError`` with a line for each that refused; the others did what was asked.
    func each(_ request: (UploadQueue, Upload.ID) async throws -> Void) async throws {
        let queue = try await database.open()
        var changed: [Upload] = []
        var refused = CommandError(.failed)
        for id in id {
            do {
                try await request(queue, id)
                if let upload = try await queue.upload(id) { changed.append(upload) }
            } catch let error as UploadQueueError where error.code == .notFound || error.code == .refused {
                refused.messages.append(error.message)
            }
        }
        if output.json {
            try Output.json(changed.map { UploadRecord($0) })
        } else {
            for upload in changed {
                let requested = upload.requested.map { ", \($0) requested" } ?? ""
                try Output.line("\(upload.id)  \(upload.status.rawValue)\(requested)")
            }
        }
        guard refused.messages.isEmpty else { throw refused }
    }
}

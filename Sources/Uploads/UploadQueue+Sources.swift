internal import UploadStore

/// A source that cannot be uploaded as it is now.
package struct SourceTrouble: Sendable, Equatable {
    package var uploadID: Upload.ID
    /// `source_missing`, `source_changed`, …, as its upload would fail.
    package var code: String
    package var message: String
}

extension UploadQueue {
    /// Looks whether the sources of uploads that still need them are there, and are what was added.
    ///
    /// - Parameter limit: At most so many of the oldest uploads are looked at, 1 or more.
    /// - Returns: How many were looked at, and which are in trouble.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    package func sourceTroubles(limit: Int) async throws -> (looked: Int, troubles: [SourceTrouble]) {
        let rows = try await UploadQueueError.wrapping {
            try await store.uploads(
                matching: UploadFilter(statuses: [.pending, .processing, .paused], limit: limit)
            )
        }
        let troubles = rows.compactMap { row -> SourceTrouble? in
            guard [.mint, .create, .transfer].contains(row.phase), row.requested != .cancel else { return nil }
            do {
                let identity = try SourceFile.identity(of: row.sourcePath)
                if row.identity?.isSame(as: identity) ?? true { return nil }
                let message = "\(row.sourcePath) changed after it was added"
                return SourceTrouble(uploadID: row.id, code: "source_changed", message: message)
            } catch let failure as SourceFile.Failure {
                return SourceTrouble(uploadID: row.id, code: failure.code, message: failure.message)
            } catch {
                return SourceTrouble(
                    uploadID: row.id,
                    code: "source_unreadable",
                    message: "\(row.sourcePath): \(error)"
                )
            }
        }
        return (rows.count, troubles)
    }
}

extension Destination {
    /// The environment variables that its requests take something from, by name.
    package var environmentNames: [String] {
        let values = Array(headers.values) + (configuration.map { Array($0.steps.secrets.values) } ?? [])
        let names = values.filter { $0.hasPrefix(Secret.environment) }.map { $0.dropFirst(Secret.environment.count) }
        return Set(names.map(String.init)).sorted()
    }
}

import Synchronization
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The request log: in memory, and one line a request in a file.
final class RequestLog: Sendable {
    /// Records kept in memory; older ones are in the file only.
    private static let memoryBound = 100_000

    private struct State {
        var records: [RequestRecord] = []
        var sequence = 0
        var file: FileDescriptor?
    }

    private let state = Mutex(State())

    /// The records, oldest first.
    var records: [RequestRecord] { state.withLock { $0.records } }

    /// The last place that is taken; 0 where there is none.
    var position: Int { state.withLock(\.sequence) }

    /// Reads what an earlier server logged and continues there; blocks.
    ///
    /// A last line without its end, which a `kill -9` can leave, is dropped.
    func open(_ path: FilePath) throws {
        let file = try FileDescriptor.open(
            path,
            .readWrite,
            options: [.create, .append, .closeOnExec],
            permissions: .ownerReadWrite
        )
        do {
            let content = try Data(contentsOf: URL(filePath: path.string))
            let complete = content.lastIndex(of: UInt8(ascii: "\n")).map { content.prefix(through: $0) } ?? Data()
            if complete.count < content.count { try file.resize(to: Int64(complete.count)) }
            let decoder = JSONDecoder()
            let records = try complete.split(separator: UInt8(ascii: "\n")).map { line in
                try decoder.decode(RequestRecord.self, from: Data(line))
            }
            state.withLock { state in
                state.records = Array(records.suffix(Self.memoryBound))
                state.sequence = records.last?.sequence ?? 0
                state.file = file
            }
        } catch {
            try? file.close()
            throw error
        }
    }

    /// Numbers a record and appends it, with one write; blocks.
    func append(_ record: RequestRecord) throws -> RequestRecord {
        try state.withLock { state in
            state.sequence += 1
            var numbered = record
            numbered.sequence = state.sequence
            if state.records.count >= Self.memoryBound { state.records.removeFirst(Self.memoryBound / 10) }
            state.records.append(numbered)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var line = try encoder.encode(numbered)
            line.append(UInt8(ascii: "\n"))
            try state.file?.writeAll(line)
            return numbered
        }
    }

    /// Closes the file; the records stay readable.
    func close() throws {
        try state.withLock { state in
            try state.file?.close()
            state.file = nil
        }
    }
}

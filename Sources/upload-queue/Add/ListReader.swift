import SystemPackage

/// The lines of a file, read as they are wanted.
final class ListReader {
    /// Bytes of a line at most; the longest path is shorter.
    private static let longest = 1 << 16

    private let name: String
    private let file: FileDescriptor
    private let ending: UInt8
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ name: String, ending: UInt8) throws {
        self.name = name
        self.ending = ending
        do {
            file = name == "-" ? .standardInput : try .open(FilePath(name), .readOnly, options: .closeOnExec)
        } catch let reason as Errno {
            throw CommandError(.noInput, "the list \(name) cannot be read: \(reason)")
        }
    }

    deinit { if name != "-" { try? file.close() } }

    func next() throws -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[start...].firstIndex(of: ending) {
                defer { start = end + 1 }
                return buffer[start..<end]
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? buffer[start...] : nil
            }
            buffer.removeFirst(start)
            start = 0
            guard buffer.count < Self.longest else {
                throw CommandError(
                    .badData,
                    "a line of \(name) is longer than \(Self.longest) bytes; is it a list of files?"
                )
            }
            try fill()
        }
    }

    private func fill() throws {
        do {
            let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(bytes))
            }
            isAtEnd = piece.isEmpty
            buffer += piece
        } catch let reason as Errno {
            throw CommandError(.noInput, "the list \(name) cannot be read: \(reason)")
        }
    }
}

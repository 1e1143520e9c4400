import SystemPackage

/// What comes on standard input, in pieces.
struct StandardInput: AsyncSequence {
    typealias Element = [UInt8]

    struct Iterator: AsyncIteratorProtocol {
        func next() async throws -> [UInt8]? {
            do {
                let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { bytes, count in
                    count = try FileDescriptor.standardInput.read(into: UnsafeMutableRawBufferPointer(bytes))
                }
                return piece.isEmpty ? nil : piece
            } catch let reason as Errno {
                throw CommandError(.noInput, "standard input cannot be read: \(reason)")
            }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator() }
}

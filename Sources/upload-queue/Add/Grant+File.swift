import Foundation
import SystemPackage
import Uploads

/// The host's answer that an upload is added with, as a user gives it.
extension Grant {
    /// The longest grant that is read.
    private static let longestGrant = 1 << 20

    /// Reads one from a file; `-` is standard input.
    static func read(from file: String) throws -> Grant {
        do {
            return try Grant(response: try text(of: file))
        } catch let error as UploadQueueError {
            throw CommandError(.badData, "\(file == "-" ? "standard input" : file): \(error.message)")
        }
    }

    private static func text(of name: String) throws -> String {
        do {
            let file: FileDescriptor =
                name == "-" ? .standardInput : try .open(FilePath(name), .readOnly, options: .closeOnExec)
            defer { if name != "-" { try? file.close() } }
            var text: [UInt8] = []
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
            defer { buffer.deallocate() }
            while text.count <= longestGrant {
                let count = try file.read(into: buffer)
                if count == 0 { break }
                text += buffer[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        } catch let error as Errno {
            throw CommandError(.noInput, "the grant cannot be read from \(name): \(error)")
        }
    }
}

import ArgumentParser
import DevelopmentServer
import Foundation
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The server in a process of its own, so that its CPU time is not a client's.
///
/// It writes its endpoint, and ends with its standard input, and so with the program that started it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Argument var directory: String

    func run() async throws {
        let (input, end) = AsyncStream.makeStream(of: Void.self)
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
            end.finish()
        }
        try await withDevelopmentServer(.init(directory: directory)) { server in
            try FileDescriptor.standardOutput.writeAll("\(server.endpoint)\n".utf8)
            for await _ in input {}
        }
    }
}

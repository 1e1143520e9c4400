import Foundation
import Testing

/// The shared library that kills the command at its Nth call that changes a file or sends to a socket.
enum KillShim {
    /// Builds the library with the C compiler that every Swift toolchain on Linux needs anyway.
    static func build(in folder: TemporaryFolder) throws -> String {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Kill/kill.c").path()
        let library = folder["kill.so"]
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "cc could not build Tests/CommandTests/Kill/kill.c")
        return library
    }

    static func environment(library: String, killAt call: Int) -> [String: String] {
        ["LD_PRELOAD": library, "UPLOAD_QUEUE_KILL_AT": "\(call)"]
    }
}

import Foundation
import Testing

/// The shared library that kills the command at its Nth call that changes a file or sends to a socket.
enum KillShim {
    /// Builds the library with the C compiler that every Swift toolchain on Linux needs anyway.
    static func build(in folder: TemporaryFolder) async throws -> String {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Kill/kill.c").path()
        let library = folder["kill.so"]
        let process = try ChildProcess(
            ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"],
            environment: ProcessInfo.processInfo.environment,
            folder: folder.path,
            files: ("/dev/null", folder["cc.out"], folder["cc.out"])
        )
        try #require(await process.wait().status == 0, "cc could not build Tests/CommandTests/Kill/kill.c")
        return library
    }

    /// `namesOnly` counts only the calls that give, take or sync names and files.
    static func environment(library: String, killAt call: Int, namesOnly: Bool = false) -> [String: String] {
        var environment = ["LD_PRELOAD": library, "UPLOAD_QUEUE_KILL_AT": "\(call)"]
        if namesOnly { environment["UPLOAD_QUEUE_KILL_NAMES"] = "1" }
        return environment
    }
}

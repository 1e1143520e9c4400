import Foundation
import Testing

/// A shared library that is preloaded into the command, to watch or to break what it does.
enum Shim {
    /// Builds it with the C compiler that every Swift toolchain on Linux needs anyway; the source is one of these tests'.
    static func build(_ source: String, in folder: TemporaryFolder) async throws -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let library = folder["\(UUID().uuidString).so"]
        let process = try ChildProcess(
            ["cc", "-shared", "-fPIC", "-o", library, tests.appending(path: source).path(), "-ldl", "-lpthread"],
            environment: ProcessInfo.processInfo.environment,
            folder: folder.path,
            files: ("/dev/null", folder["cc.out"], folder["cc.out"])
        )
        try #require(await process.wait().status == 0, "cc could not build Tests/CommandTests/\(source)")
        return library
    }
}

import Foundation
import Testing

/// A shared library of this folder's C files, for a program to start with.
enum PreloadedLibrary {
    /// Builds it with the C compiler that every Swift toolchain on Linux needs anyway, and gives its path.
    static func build(_ name: String, linking library: String, in folder: TemporaryFolder) async throws -> String {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Kill/\(name).c").path()
        let path = folder["\(name).so"]
        let compiler = try await ChildProcess.run(
            ["cc", "-shared", "-fPIC", "-o", path, source, "-l\(library)"],
            in: folder
        )
        try #require(compiler.status == 0, "cc could not build Tests/CommandTests/Kill/\(name).c: \(compiler.output)")
        return path
    }
}

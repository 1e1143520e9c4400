import Foundation
import Testing

/// Every Swift block of the documentation compiles against the modules that were built with this test.
///
/// A block stands for the body of a function. `<!-- given: queue, logger -->` before it names what the text around it has
/// introduced already.
@Suite struct SwiftBlockTests {
    private static let given = [
        "accessToken": "@escaping @Sendable () async throws -> String", "database": "DatabasePool",
        "lastID": "UploadEvent.ID", "logger": "Logger", "path": "String", "paths": "[String]", "queue": "UploadQueue",
        "response": "String",
        "upload": "Upload",
    ]

    @Test func everyBlockCompiles() async throws {
        let blocks = Page.blocks("swift")
        try #require(blocks.contains { $0.page == "README.md" } && blocks.count > 5)
        let folder = try TemporaryFolder()
        let file = folder["Blocks.swift"]
        try Data(try Self.program(blocks).utf8).write(to: URL(filePath: file))
        let products = URL(filePath: UploadQueueBinary.path).resolvingSymlinksInPath().deletingLastPathComponent()
        let compiler =
            ["swiftc", "-typecheck", "-swift-version", "6", "-suppress-warnings"]
            + ["-I", products.appending(path: "Modules").path] + Self.moduleMaps(products)
        let ending = try await ChildProcess.run(compiler + [file], in: folder)
        #expect(ending.status == 0, "\(ending.output)")
    }

    /// One program, so that the compiler starts once.
    private static func program(_ blocks: [Page.Block]) throws -> String {
        var imports: Set<String> = ["import Logging", "import Uploads"]
        var functions = ""
        for (index, block) in blocks.enumerated() {
            let lines = block.text.components(separatedBy: "\n")
            imports.formUnion(lines.filter { $0.hasPrefix("import ") })
            let body = lines.map { $0.hasPrefix("import ") ? "" : $0 }.joined(separator: "\n")
            let names = block.remark.hasPrefix("given: ") ? block.remark.dropFirst(7).split(separator: ", ") : []
            let parameters = try names.map { "\($0): \(try #require(given[String($0)], "\(block.testDescription)"))" }
            functions += """
                func block\(index)(\(parameters.joined(separator: ", "))) async throws {
                #sourceLocation(file: "\(block.page)", line: \(block.line))
                \(body)
                #sourceLocation()
                }

                """
        }
        return imports.sorted().joined(separator: "\n") + "\n" + functions
    }

    /// The C modules that the packages' modules import: those that SwiftPM made, and those that come with the sources.
    private static func moduleMaps(_ products: URL) -> [String] {
        let made = folders(in: products).map { $0.appending(path: "module.modulemap") }
        let checkouts = products.deletingLastPathComponent().deletingLastPathComponent().appending(path: "checkouts")
        let written = folders(in: checkouts).flatMap { folders(in: $0.appending(path: "Sources")) }
            .flatMap { [$0.appending(path: "include/module.modulemap"), $0.appending(path: "module.modulemap")] }
        return (made + written).map(\.path).filter(FileManager.default.fileExists(atPath:))
            .flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    }

    private static func folders(in folder: URL) -> [URL] {
        (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    }
}

import Testing

@testable import UploadStore

/// Which SQLite a queue is opened with.
@Suite struct EngineTests {
    @Test(
        arguments: [
            ("3.7.0", true), ("3.40.1", true), ("3.44.5", true), ("3.44.6", false), ("3.44.10", false),
            ("3.45.0", true),
            ("3.46.1", true), ("3.50.6", true), ("3.50.7", false), ("3.51.2", true), ("3.51.3", false),
            ("3.53.4", false), ("4.0.0", false),
        ]
    )
    func theVersionTellsOfTheResetBug(version: String, hasBug: Bool) {
        #expect(Engine(version: version, options: []).hasResetBug == hasBug)
    }

    @Test func itIsTheOneThatIsUsed() throws {
        let shell = Shell(path: ":memory:")
        #expect(Engine.linked.version == (try shell.run("SELECT sqlite_version()")))
        let options = try shell.run("PRAGMA compile_options").split(separator: "\n").map(String.init)
        #expect(Engine.linked.options == options)
        #expect(options.contains { $0.hasPrefix("THREADSAFE=") })
        #expect(Engine.linked.refusal == nil)
    }

    @Test(arguments: ["3.7.17", "3.36.0", "3.37.0", "3.40.1", "4.0.0"])
    func oneThatIsTooOldIsRefused(version: String) {
        let refusal = Engine(version: version, options: ["THREADSAFE=1"]).refusal
        let isOld = version.hasPrefix("3.7") || version.hasPrefix("3.36")
        #expect(refusal == (isOld ? "SQLite \(version) is too old; a queue needs 3.37 or later" : nil))
    }

    @Test(arguments: Engine.unsafeOptions)
    func oneThatWasBuiltUnsafelyIsRefused(option: String, effect: String) throws {
        let engine = Engine(version: "3.53.0", options: ["ENABLE_FTS5", option])
        #expect(try #require(engine.refusal).contains("\(option): it \(effect)"))
        #expect(Engine(version: "3.53.0", options: ["ENABLE_FTS5", "THREADSAFE=2"]).refusal == nil)
    }
}

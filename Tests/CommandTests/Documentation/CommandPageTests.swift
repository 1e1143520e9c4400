import ArgumentParser
import Foundation
import Testing

@testable import DevelopmentServer
@testable import UploadStore
@testable import Uploads
@testable import upload_queue

/// The page of the command has every subcommand, exit code and JSON key.
@Suite struct CommandPageTests {
    private static func section(_ heading: String) throws -> [String] {
        try Page.article("TheCommand").lines.section(heading)
    }

    private static func keys(_ object: Any?) throws -> Set<String> {
        Set(try #require(object as? [String: Any]).keys)
    }

    @Test func everySubcommandHasASection() throws {
        let headings = try Self.section("Subcommands").filter { $0.hasPrefix("### ") }
        let named = headings.flatMap { $0.dropFirst(4).components(separatedBy: ", ") }
        let commands = UploadQueueCommand.configuration.subcommands
        #expect(!commands.isEmpty)
        #expect(Set(commands.compactMap { $0.configuration.commandName }) == Set(named))
    }

    @Test func everyExitCodeIsThere() throws {
        let rows = try Self.section("Exit codes").cells.map { Array($0.prefix(2)) }
        let expected = CommandError.Status.allCases.map { ["\($0.rawValue)", $0.meaning] }
        #expect(rows.filter { Int32($0[0]) ?? 0 > 0 } == expected)
        #expect(rows.contains { $0[0] == "0" })
    }

    @Test func keysOfUploadsAreThere() async throws {
        let json = try Self.section("JSON")
        let commands = try QueueCommands()
        try commands.write("a")
        let added = try await commands.array("add", "a", "--to", "http://a.example/", "--json")
        #expect(try json.section("add").codeOfFirstCells == Self.keys(added.first))
        let shown = try await commands.object("show", "1", "--json")
        let history = try #require(shown["history"] as? [Any])
        let documented = try json.section("An upload").codeOfFirstCells
        #expect(documented == Set(shown.keys).union(try Self.keys(history.first)))
        let listed = try await commands.array("list", "--json")
        #expect(try Self.keys(listed.first).union(["history"]) == Set(shown.keys))

        try commands.write("a", "another text\n")
        let line = try await commands.run("run", "--drain", "--json").lines.first
        #expect(try json.section("run").codeOfFirstCells == Self.keys(QueueCommands.json(try #require(line))))
    }

    @Test func keysOfDestinationsAreThere() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let keys = try Self.keys(try await commands.object("destination", "show", "a", "--json"))
        #expect(try Self.section("destination list, destination show").codeOfFirstCells == keys)
    }

    @Test func keysOfABatchAndItsEventsAreThere() async throws {
        let json = try Self.section("JSON")
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("add", "a", "--to", "http://a.example/", "--batch", "monday")
        let section = try json.section("batch list, batch show, batch close")
        let listed = try await commands.array("batch", "list", "--json")
        #expect(try section.codeOfFirstCells == Self.keys(listed.first))
        let shown = try await commands.object("batch", "show", "monday", "--json")
        let closed = try await commands.object("batch", "close", "monday", "--json")
        #expect(Set(shown.keys) == section.codeOfFirstCells && Set(closed.keys) == section.codeOfFirstCells)
        let event = try await commands.run("events", "--json").lines.first
        #expect(try json.section("events").codeOfFirstCells == Self.keys(QueueCommands.json(try #require(event))))
    }

    @Test func keysOfScopesLimitsAndRemovalsAreThere() async throws {
        let json = try Self.section("JSON")
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let paused = try await commands.array("pause", "--queue", "--json")
        let resumed = try await commands.array("resume", "--queue", "--json")
        let scopes = try json.section("pause, resume").codeOfFirstCells
        #expect(try scopes == Self.keys(paused.first) && scopes == Self.keys(resumed.first))
        let limits = try await commands.object("limit", "--destination", "a", "--rate", "1MiB", "--json")
        #expect(try json.section("limit").codeOfFirstCells == Set(limits.keys))
        let pruned = try await commands.object("prune", "--json")
        #expect(try json.section("prune").codeOfFirstCells == Set(pruned.keys))
    }

    /// Every long option of `add` that decides about order and outcome is in its table.
    @Test func optionsOfAddAreThere() throws {
        let properties = Mirror(reflecting: AddTerms()).children.compactMap { $0.label?.dropFirst() }
        let options = properties.map { property in
            property.reduce("--") { $0 + ($1.isUppercase ? "-\($1.lowercased())" : "\($1)") }
        }
        try #require(options.contains("--not-before"))
        let table = try Self.section("Subcommands").section("add").codeOfFirstCells
        #expect(table == Set(options + ["--copy"]))
    }

    @Test func keysOfABackupAreThere() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let keys = try Self.keys(try await commands.object("backup", "copy.db", "--json"))
        #expect(try Self.section("JSON").section("backup").codeOfFirstCells == keys)
    }

    @Test func keysAndChecksOfTheDoctorAreThere() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let object = try await commands.object("doctor", "--json")
        let findings = try #require(object["findings"] as? [[String: Any]])
        let section = try Self.section("JSON").section("doctor")
        #expect(try section.codeOfFirstCells == Self.keys(findings.first))
        #expect(section.code.isSuperset(of: try Self.keys(object).union(Self.keys(object["sqlite"]))))
        let checks = Set(findings.compactMap { $0["check"] as? String }).union(["database"])
        #expect(try Self.section("Subcommands").section("doctor").codeOfFirstCells == checks)
    }

    @Test func keysOfPresetsAreThere() async throws {
        let keys = try Self.keys(try await QueueCommands().array("destination", "presets", "--json").first)
        #expect(try Self.section("JSON").section("destination presets").codeOfFirstCells == keys)
    }

    @Test func keysOfTheQueueAreThere() throws {
        let record = QueueRecord(
            database: "",
            isPaused: false,
            limits: .init(),
            counts: [],
            workers: [RunningWorker(id: 1, pid: 1, host: "", startedAt: "", uploads: 0, lastSeenAt: "")],
            waiting: [WaitingSummary(reason: .worker, detail: nil, uploads: 1, until: nil, oldestUpload: 1)],
            errors: [ErrorCount(code: "", uploads: 1, oldestUpload: 1, message: "")]
        )
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let object = try #require(JSONSerialization.jsonObject(with: encoder.encode(record)) as? [String: Any])
        let lists = object.values.compactMap { ($0 as? [Any])?.first }
        try #require(lists.count == 4)
        let nested = try lists.reduce(into: Set<String>()) { $0.formUnion(try Self.keys($1)) }
        let section = try Self.section("JSON").section("status")
        #expect(section.code.isSuperset(of: Set(object.keys).union(nested)))
        let waiting = try Self.keys((object["waiting"] as? [Any])?.first)
        #expect(section.codeOfFirstCells == Set(object.keys).union(waiting))
    }

    @Test func keysOfTheServerAreThere() throws {
        let record = RequestRecord(method: "", step: .other, path: "")
        let keys = Set(Mirror(reflecting: record).children.compactMap(\.label))
        try #require(keys.contains("offsetBefore"))
        #expect(try Self.section("JSON").section("serve").codeOfFirstCells == keys)
    }
}

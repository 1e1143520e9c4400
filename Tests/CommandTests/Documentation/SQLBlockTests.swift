import Foundation
import Testing

/// Every SQL block of the documentation does something to a queue, or is refused where it says so.
@Suite struct SQLBlockTests {
    private static let blocks = Page.blocks("sql")

    @Test func thereAreBlocksOfBothKinds() {
        #expect(Self.blocks.contains { $0.remark == "refused" })
        #expect(Self.blocks.contains { $0.remark.isEmpty })
    }

    @Test(arguments: blocks.filter { $0.remark.isEmpty })
    func statementsFindSomething(_ block: Page.Block) async throws {
        let statements = block.text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            .filter { !$0.isEmpty }
        let counting = statements.map { statement in
            statement.hasPrefix("SELECT") ? "SELECT count(*) FROM (\(statement));" : "\(statement); SELECT changes();"
        }
        let ending = try await SampleQueue().run(counting.joined(separator: "\n"))
        try #require(ending.status == 0, "\(ending.output)")
        let counts = ending.output.split(separator: "\n").map(String.init)
        #expect(counts.count == statements.count)
        #expect(!counts.contains("0"), "a row each: \(counts)")
    }

    @Test(arguments: blocks.filter { $0.remark == "refused" })
    func whatIsRefusedIsRefusedByTheSchema(_ block: Page.Block) async throws {
        let ending = try await SampleQueue().run(block.text)
        #expect(ending.status != 0)
        // SQLITE_CONSTRAINT: not a statement that is none.
        #expect(ending.output.contains("(19)"), "\(ending.output)")
    }
}

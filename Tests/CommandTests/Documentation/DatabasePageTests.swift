import Foundation
import Testing

/// The page of the database names what the schema has, table by table, and nothing else.
@Suite struct DatabasePageTests {
    @Test func everyColumnIsExplained() async throws {
        let page = try Page.article("TheDatabase").lines
        let ending = try await SampleQueue().run(
            """
            SELECT object.name || '|' || column.name FROM sqlite_schema AS object, pragma_table_info(object.name) AS column
            WHERE object.type IN ('table', 'view') AND object.name NOT LIKE 'sqlite_%'
            """
        )
        try #require(ending.status == 0, "\(ending.output)")
        var columns: [String: Set<String>] = [:]
        for line in ending.output.split(separator: "\n") {
            let parts = line.split(separator: "|").map(String.init)
            columns[parts[0], default: []].insert(parts[1])
        }
        try #require(columns.keys.contains("upload") && columns.keys.contains("upload_status"))
        for (name, columns) in columns {
            #expect(try page.section(name).codeOfFirstCells == columns, "\(name)")
        }
    }

    /// Whoever reads the history meets these words.
    @Test func theWordsOfTheHistoryAreThere() async throws {
        let words = [
            "acknowledged", "completing", "finalize sent", "request pause", "request cancel", "copied",
            "deadline passed",
            "source deleted", "source moved", "source kept", "batch finished",
        ]
        let section = try Page.article("TheDatabase").lines.section("upload_event").code
        #expect(section.isSuperset(of: words))
    }
}

import Foundation
import Testing

@testable import Tus
@testable import Uploads
@testable import upload_queue

/// The page of errors has every code that the sources can produce, and no other.
@Suite struct ErrorsPageTests {
    /// Never seen outside: the library says `invalid_metadata` instead.
    private static let hidden: Set<String> = [Problem.Code.metadataInvalid.rawValue]

    private static func page() throws -> [String] { try Page.article("Errors").lines }

    /// Codes are written where they are produced: in the enumerations, beside `code:`, and in SQL.
    private static func produced() throws -> Set<String> {
        var codes = Set(Problem.Code.allCases.map(\.rawValue))
        for target in ["Tus", "UploadStore", "Uploads"] {
            for file in Page.sources(of: target) {
                for line in try Page(file).lines where line.contains("ode") && !line.contains("///") {
                    if line.contains(#/\bcode(: | = )|\bCode\(/#) {
                        codes.formUnion(line.matches(of: #/"([a-z][a-z_]+)"/#).map { String($0.1) })
                    }
                    let stored = line.matches(of: #/last_error_code = (?:CASE [^']*)?'([a-z_]+)'/#)
                    codes.formUnion(stored.map { String($0.1) })
                }
            }
        }
        return codes.subtracting(hidden)
    }

    @Test func everyCodeIsExplained() throws {
        let produced = try Self.produced()
        // Found in each of the ways.
        #expect(produced.isSuperset(of: ["no_progress", "not_a_database", "source_changed", "timeout", "poison"]))
        let explained = try Self.page().codeOfFirstCells
        #expect(produced.subtracting(explained) == [], "not in Errors.md")
        #expect(explained.subtracting(produced) == [], "nothing produces them")
    }

    @Test func exitCodesAreThoseOfTheCommand() throws {
        let rows = try Self.page().section("Codes of a call").cells.filter { $0[0].hasPrefix("`") }
        try #require(rows.count > 10)
        for row in rows {
            let error = UploadQueueError(.init(row[0].replacing("`", with: "")), "")
            #expect(row[1] == "\(CommandError(error).status.rawValue)", "\(row[0])")
        }
    }
}

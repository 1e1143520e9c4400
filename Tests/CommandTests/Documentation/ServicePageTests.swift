import Foundation
import Testing

/// The page for services has every message that the library logs, and every metric.
@Suite struct ServicePageTests {
    private static func sources() throws -> [String] {
        try Page.sources(of: "Uploads").map { try String(contentsOf: $0, encoding: .utf8) }
    }

    @Test func everyMessageIsThereWithItsLevel() throws {
        var logged: Set<[String]> = []
        for source in try Self.sources() where source.contains("ogger.") {
            for match in source.matches(of: #/ogger\.(trace|debug|info|notice|warning|error)\(\s*"([^"]+)"/#) {
                logged.insert([String(match.1), String(match.2)])
            }
        }
        try #require(logged.count > 5)
        let rows = try Page.article("EmbeddingInAService").lines.section("Logging").cells
        #expect(Set(rows.dropFirst().map { Array($0.prefix(2)) }) == logged)
    }

    @Test func everyAttributeOfASpanIsThere() throws {
        let attributes = try Self.sources().flatMap { source in
            source.matches(of: #/span\.attributes\["([^"]+)"\]/#).map { String($0.1) }
        }
        try #require(attributes.count > 4)
        #expect(try Page.article("EmbeddingInAService").lines.section("Tracing").codeOfFirstCells == Set(attributes))
    }

    @Test func everyMetricIsThere() throws {
        let labels = try Self.sources().flatMap { source in
            source.matches(of: #/(?:Counter|Gauge|Timer|Recorder|Meter)\(label: "([^"]+)"/#).map { String($0.1) }
        }
        try #require(labels.count > 4)
        #expect(try Page.article("EmbeddingInAService").lines.section("Metrics").codeOfFirstCells == Set(labels))
    }
}

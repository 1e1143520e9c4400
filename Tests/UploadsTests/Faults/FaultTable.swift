import Foundation
import Testing

/// A table of the article FaultMatrix: what comes of each thing that can go wrong with one kind of request.
struct FaultTable: Sendable {
    /// What a row says of each of its faults.
    struct Row: Sendable, Hashable {
        /// What the queue does next: it sends a request, puts the upload off, or is done with it.
        var next: String
        /// How the upload stands when it met the fault once.
        var once: String
        /// How it stands when every such request meets it.
        var forEver: String
    }

    var rows: [WireFault: Row] = [:]
    /// The place of each fault in its row, of those that only patience finds and of the others.
    private(set) var places: [WireFault: Int] = [:]

    static let article = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/Uploads/Documentation.docc/FaultMatrix.md")

    /// The cells of the rows below a heading of the article.
    static func cells(_ heading: String) throws -> [[String]] {
        let lines = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasSuffix("# \(heading)") }, "\(heading)")
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
        return section.filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What stands in backticks.
    static func names(_ cell: String) -> [String] {
        cell.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    }

    init(rows: [WireFault: Row]) { self.rows = rows }

    /// Reads the table of a kind of request.
    init(_ heading: String) throws {
        for cells in try Self.cells(heading) {
            try #require(cells.count == 4, "\(cells)")
            var count = [true: 0, false: 0]
            for name in Self.names(cells[0]) {
                let fault = try #require(WireFault(name), "\(name)")
                try #require(rows[fault] == nil, "\(name) is there twice")
                places[fault] = count[fault.isEndless]
                count[fault.isEndless, default: 0] += 1
                rows[fault] = Row(next: cells[1], once: cells[2], forEver: cells[3])
            }
        }
    }

    /// The table as it stands in the article.
    var text: String {
        let groups = Dictionary(grouping: rows.keys) { rows[$0] }
        let lines = groups.compactMap { row, faults -> (String, String)? in
            guard let row else { return nil }
            let names = faults.sorted { $0.order < $1.order }
            let cell = names.map { "`\($0.name)`" }.joined(separator: " ")
            return (names[0].order, "| \(cell) | \(row.next) | \(row.once) | \(row.forEver) |")
        }
        return
            (["| Answer | Next | Once | For ever |", "|---|---|---|---|"]
            + lines.sorted { $0.0 < $1.0 }.map(\.1)).joined(separator: "\n")
    }
}

extension WireFault {
    /// Statuses first, then the rest as it is declared.
    fileprivate var order: String {
        switch self {
        case .status: name
        case .wire(let wire): "w\(100 + (Wire.allCases.firstIndex(of: wire) ?? 0))"
        }
    }
}

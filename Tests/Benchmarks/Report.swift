import Foundation

/// All figures, for people and for programs.
struct Report: Encodable {
    /// Counted turns of each client.
    var runs: Int
    /// The programs that it took, with their versions.
    var clients: [String: String]
    var workloads: [Comparison]

    /// A JSON document with its line end.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// Tables, and what has to be known to read them.
    var text: String {
        let tables = workloads.map { comparison in
            "\(comparison.workload.title), \(runs == 1 ? "1 run" : "medians of \(runs) runs")\n\n"
                + Self.table(comparison.rows) + "\n"
        }
        return tables.joined() + """
            A ratio is to upload-queue: over 1, the client took more.
            upload-queue is `add` and `run --drain`, each step on disk before the next one; it survives a kill -9. curl and
            tuspy record nothing here. curl is one process that creates all uploads, and one that sends all bytes;
            tuspy has a thread for each upload and sends 8 MiB a request.

            """
    }

    /// Medians and ratios in columns.
    static func table(_ rows: [Comparison.Row]) -> String {
        let figures: [(title: String, decimals: Int, unit: Double, value: KeyPath<Usage, Double>)] = [
            ("wall s", 2, 1, \.wallSeconds), ("CPU s", 2, 1, \.cpuSeconds),
            ("peak MiB", 1, 1_048_576, \.peakBytes), ("requests", 0, 1, \.requests),
        ]
        let lines = rows.map { row in
            [row.client]
                + figures.flatMap { figure in
                    [
                        String(format: "%.\(figure.decimals)f", row.median[keyPath: figure.value] / figure.unit),
                        String(format: "%.2f", row.ratio[keyPath: figure.value]),
                    ]
                }
        }
        return aligned([["client"] + figures.flatMap { [$0.title, "ratio"] }] + lines)
    }

    /// Lines of cells in columns; all but the first column stand to the right.
    static func aligned(_ lines: [[String]]) -> String {
        let widths = (lines.first ?? []).indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            zip(cells, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}

import Foundation

/// The figures of all queues, for people and for programs.
struct RowsReport: Encodable {
    struct Queue: Encodable {
        var title: String
        /// By what was measured.
        var figures: [String: Double]
    }

    /// Measurements of each call.
    var runs: Int
    var idleSeconds: Int
    private(set) var queues: [Queue] = []
    private var names: [String] = []

    private enum CodingKeys: String, CodingKey { case runs, idleSeconds, queues }

    init(runs: Int, idleSeconds: Int) {
        self.runs = runs
        self.idleSeconds = idleSeconds
    }

    mutating func add(_ figures: [(name: String, value: Double)], of title: String) {
        names = figures.map(\.name)
        queues.append(
            Queue(title: title, figures: Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.value) }))
        )
    }

    /// A JSON document with its line end.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// A line for each figure, a column for each queue, and what has to be known to read them.
    var text: String {
        let lines = names.map { name in
            [name] + queues.map { queue in queue.figures[name].map { String(format: "%.2f", $0) } ?? "" }
        }
        return Report.aligned([["ms, medians of \(runs)"] + queues.map(\.title)] + lines) + """

            Each queue has 1,000 uploads that are ready beside what its title says. `run` had nothing to do for
            \(idleSeconds) seconds.

            """
    }
}

import UploadStore

/// What the checks found.
struct DoctorReport: Encodable {
    private struct Line: Encodable {
        let check: String
        let level: Finding.Level
        let message: String
        @OrNull var advice: String?

        init(_ check: String, _ finding: Finding) {
            self.check = check
            level = finding.level
            message = finding.message
            advice = finding.advice
        }
    }

    /// The library that the queue is opened with.
    private struct Library: Encodable {
        let version: String
        let compileOptions: [String]
    }

    let database: String
    private let sqlite = Library(version: Engine.linked.version, compileOptions: Engine.linked.options)
    private var findings: [Line] = []

    init(database: String) { self.database = database }

    mutating func add(_ finding: Finding, of check: String) { findings.append(Line(check, finding)) }

    /// Whether something is wrong that was not fixed.
    var hasProblem: Bool { findings.contains { $0.level == .problem } }

    /// A row for each finding.
    var table: Table {
        var table = Table(["RESULT", "CHECK", .sentence("FINDING")])
        for line in findings {
            table.add([
                .init(line.level.rawValue, line.level.style), .init(line.check),
                .init([line.message, line.advice].compactMap(\.self).joined(separator: "; ")),
            ])
        }
        return table
    }
}

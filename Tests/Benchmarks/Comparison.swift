/// What each client took for one workload.
struct Comparison: Encodable {
    /// A client, or a part of what it does.
    struct Row: Encodable {
        var client: String
        /// One for each counted turn.
        var runs: [Usage]
        var median: Usage
        /// The medians as multiples of those of upload-queue.
        var ratio: Usage
    }

    let workload: Workload
    private(set) var rows: [Row] = []

    init(workload: Workload) { self.workload = workload }

    /// Adds a turn.
    ///
    /// - Parameters:
    ///   - steps: What its processes took.
    ///   - client: The client.
    mutating func add(_ steps: [Usage], of client: Client) {
        guard let first = steps.first, let last = steps.last else { return }
        add(steps.dropFirst().reduce(first, +), client.rawValue)
        // A worker that runs anyway is not started for each file.
        if client == .uploadQueue { add(last, "\(client.rawValue) run") }
        for index in rows.indices { rows[index].ratio = rows[index].median / rows[0].median }
    }

    private mutating func add(_ usage: Usage, _ name: String) {
        let index = rows.firstIndex { $0.client == name } ?? rows.count
        if index == rows.count {
            rows.append(Row(client: name, runs: [], median: usage, ratio: usage))
        }
        rows[index].runs.append(usage)
        rows[index].median = Usage.median(rows[index].runs)
    }
}

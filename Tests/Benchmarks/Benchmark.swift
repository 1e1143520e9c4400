import Foundation

/// Takes the measurements.
struct Benchmark {
    let tools: Tools
    /// Where everything is kept on the way.
    let folder: URL
    /// Counted turns of each client.
    let runs: Int

    /// Lets all clients upload the same files, in turns.
    ///
    /// - Throws: ``BenchmarkError``, or what went wrong with a file.
    func compare(_ workload: Workload) throws -> Comparison {
        Progress.note("\(workload.title): making the files")
        let sources = folder.appending(path: "sources")
        let files = try workload.makeSources(in: sources)
        defer { try? FileManager.default.removeItem(at: sources) }
        let digests = try Digests(of: files)
        var comparison = Comparison(workload: workload)
        for run in 0...runs {
            for client in Client.allCases {
                let name = run == 0 ? "not counted" : "\(run) of \(runs)"
                Progress.note("\(workload.title): \(client.rawValue), \(name)")
                let steps = try turn(client, workload, files, digests)
                if run > 0 { comparison.add(steps, of: client) }
            }
        }
        return comparison
    }

    private func turn(
        _ client: Client,
        _ workload: Workload,
        _ files: [URL],
        _ digests: Digests
    ) throws -> [Usage] {
        let folder = try TemporaryFolder(in: folder)
        defer { folder.remove() }
        let server = try ServerProcess(program: tools.itself, directory: folder.url.appending(path: "server"))
        let task = Client.Task(
            sources: files,
            concurrency: workload.concurrency,
            endpoint: server.endpoint,
            folder: folder.url
        )
        let result = Result { try client.upload(task, with: tools) }
        try server.stop()
        var steps = try result.get()
        let stored = try server.storedFiles()
        let missing = digests.missing(in: try Digests(of: stored))
        guard stored.count == files.count, missing == 0 else {
            throw BenchmarkError.failed(
                "\(client.rawValue) left \(stored.count) files at the server for \(files.count) sources, and \(missing) "
                    + "of these did not arrive as they are"
            )
        }
        // Only its last process sends bytes; what the others asked the server counts there as well.
        steps[steps.count - 1].requests = Double(try server.requests())
        return steps
    }
}

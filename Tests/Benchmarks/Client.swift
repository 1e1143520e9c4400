import Foundation

/// A program that uploads.
enum Client: String, CaseIterable, Encodable {
    case uploadQueue = "upload-queue"
    case curl
    case tuspy

    /// Some files to upload, and where to.
    struct Task {
        var sources: [URL]
        var concurrency: Int
        var endpoint: String
        /// Where the client may keep files.
        var folder: URL
    }

    /// Uploads the files.
    ///
    /// - Returns: What each of its processes took, one after the other.
    /// - Throws: ``BenchmarkError``.
    func upload(_ task: Task, with tools: Tools) throws -> [Usage] {
        switch self {
        case .uploadQueue: try Self.uploadQueue(task, tools.uploadQueue)
        case .curl: try Self.curl(task)
        case .tuspy: try [Self.tuspy(task, tools.python)]
        }
    }

    private static func uploadQueue(_ task: Task, _ program: String) throws -> [Usage] {
        let queue = ["--database", task.folder.appending(path: "queue.db").path]
        let add = [program, "add", "--to", task.endpoint] + queue + task.sources.map(\.path)
        let run = [program, "run", "--drain", "--concurrency", "\(task.concurrency)"] + queue
        return [
            try Usage.of(add, in: task.folder, step: "add").0,
            try Usage.of(run, in: task.folder, step: "run").0,
        ]
    }

    /// curl at its best: one process creates all uploads, a second one sends all bytes.
    ///
    /// curl for each file would mostly measure how processes start.
    private static func curl(_ task: Task) throws -> [Usage] {
        func curl(_ step: String, _ options: [String]) throws -> (Usage, output: String) {
            let file = task.folder.appending(path: "\(step).curl")
            let common = [#"header = "Tus-Resumable: 1.0.0""#, "fail", "silent", "show-error"]
            try (common + options).map { $0 + "\n" }.joined().write(to: file, atomically: false, encoding: .utf8)
            let parallel = ["--parallel", "--parallel-immediate", "--parallel-max", "\(task.concurrency)"]
            // -q: no configuration of the user's.
            return try Usage.of(
                ["curl", "-q"] + parallel + ["--config", file.path],
                in: task.folder,
                step: step
            )
        }
        // All are of one length, so any file goes to any upload.
        let length = try FileManager.default.attributesOfItem(atPath: task.sources[0].path)[.size] ?? 0
        let create = [
            #"request = "POST""#, #"header = "Upload-Length: \#(length)""#, #"header = "Content-Length: 0""#,
            #"write-out = "%header{location}\n""#,
        ]
        let (creating, locations) = try curl("create", create + task.sources.map { _ in #"url = "\#(task.endpoint)""# })
        let urls = locations.split(separator: "\n")
        guard urls.count == task.sources.count else {
            throw BenchmarkError.failed("curl created \(urls.count) of \(task.sources.count) uploads:\n\(locations)")
        }
        let send = [
            #"request = "PATCH""#, #"header = "Upload-Offset: 0""#,
            #"header = "Content-Type: application/offset+octet-stream""#,
            // Else it waits for "100 Continue", for a second.
            #"header = "Expect:""#,
        ]
        let pairs = zip(urls, task.sources).map { "url = \"\($0)\"\nupload-file = \"\($1.path)\"" }
        return [creating, try curl("send", send + pairs).0]
    }

    private static func tuspy(_ task: Task, _ python: String) throws -> Usage {
        let script = String(decoding: PackageResources.upload_with_tuspy_py, as: UTF8.self)
        let arguments = [python, "-c", script, task.endpoint, "\(task.concurrency)"] + task.sources.map(\.path)
        return try Usage.of(arguments, in: task.folder, step: "tuspy").0
    }
}

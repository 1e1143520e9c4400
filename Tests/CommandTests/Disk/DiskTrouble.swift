/// How a disk fails under the command, at one of its calls that make, write, sync or cut a file.
enum DiskTrouble: String, CaseIterable, Sendable {
    case fullOnce, fullForEver, brokenOnce, brokenForEver
    /// As a filesystem is remounted that met an error.
    case readOnly

    /// What the shared library of ``KillShim`` is told.
    ///
    /// - Parameters:
    ///   - library: The library.
    ///   - call: The first call that fails, from 1; 0 only counts.
    ///   - folder: Only calls about files in it count.
    ///   - count: The file that gets their number.
    ///   - stops: Whether a worker is asked to stop where the disk stays full: it would wait for room for two minutes.
    /// - Returns: Variables for the command's environment.
    func environment(
        library: String,
        at call: Int,
        in folder: String,
        count: String,
        stops: Bool = true
    ) -> [String: String] {
        var environment = [
            "LD_PRELOAD": library, "UPLOAD_QUEUE_KILL_COUNT": count,
            "UPLOAD_QUEUE_FAULT_FOLDER": folder, "UPLOAD_QUEUE_FAULT_AT": "\(call)",
        ]
        if self == .fullOnce || self == .fullForEver { environment["UPLOAD_QUEUE_FAULT_FULL"] = "1" }
        if self == .readOnly { environment["UPLOAD_QUEUE_FAULT_READ_ONLY"] = "1" }
        if [.fullForEver, .brokenForEver, .readOnly].contains(self) { environment["UPLOAD_QUEUE_FAULT_FOREVER"] = "1" }
        if self == .fullForEver, stops { environment["UPLOAD_QUEUE_FAULT_STOP"] = "1" }
        return environment
    }
}

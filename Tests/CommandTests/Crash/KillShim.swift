/// The shared library that kills the command at its Nth call that changes a file or sends to a socket.
enum KillShim {
    static func build(in folder: TemporaryFolder) async throws -> String {
        try await PreloadedLibrary.build("kill", linking: "dl", in: folder)
    }

    /// `namesOnly` counts only the calls that give, take or sync names and files.
    static func environment(library: String, killAt call: Int, namesOnly: Bool = false) -> [String: String] {
        var environment = ["LD_PRELOAD": library, "UPLOAD_QUEUE_KILL_AT": "\(call)"]
        if namesOnly { environment["UPLOAD_QUEUE_KILL_NAMES"] = "1" }
        return environment
    }
}

import Foundation
import Testing

extension QueueCommands {
    /// Runs a shell script in the queue's folder, in which `upload-queue` is the command under test, and file modes count.
    ///
    /// Root may read any file. So it gives that up, as a service does that runs as a user of its own.
    func shell(_ script: String) async throws -> (status: Int32, output: String) {
        let capabilities = "-dac_override,-dac_read_search"
        let lowered = geteuid() == 0 ? ["setpriv", "--bounding-set", capabilities, "--inh-caps", capabilities] : []
        return try await sh(lowered, script)
    }

    /// Runs a shell script in a mount namespace of its own, in which the folder `small` is a disk of a few MiB.
    func shellWithSmallDisk(mebibytes: Int, _ script: String) async throws -> (status: Int32, output: String) {
        try FileManager.default.createDirectory(atPath: folder["small"], withIntermediateDirectories: false)
        let mount = "mount -t tmpfs -o size=\(mebibytes)m,mode=700 tmpfs small || exit 125\n"
        return try await sh(["unshare", "--mount"] + (geteuid() == 0 ? [] : ["--map-root-user"]), mount + script)
    }

    /// Runs a shell script in a mount namespace of its own, in which a certificate's file is all that the machine trusts.
    func shell(trusting certificate: String, _ script: String) async throws -> (status: Int32, output: String) {
        let mount = """
            cp '\(certificate)' trusted.crt && mount -t tmpfs tmpfs /etc/ssl && mkdir /etc/ssl/certs \
                && cp trusted.crt /etc/ssl/certs/ca-certificates.crt || exit 125

            """
        return try await sh(["unshare", "--mount"] + (geteuid() == 0 ? [] : ["--map-root-user"]), mount + script)
    }

    /// Fails where the database is damaged.
    func expectWholeDatabase(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let check = try await SQLiteShell.run("PRAGMA integrity_check", on: database)
        #expect(check == ["ok"], sourceLocation: sourceLocation)
    }

    private func sh(_ prefix: [String], _ script: String) async throws -> (status: Int32, output: String) {
        let command = "upload-queue() { '\(UploadQueueBinary.path)' \"$@\"; }\n"
        let output = folder["\(UUID().uuidString).out"]
        let process = try ChildProcess(
            prefix + ["bash", "-c", command + script],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            folder: folder.path,
            files: ("/dev/null", output, output)
        )
        let (status, killed) = await process.wait()
        #expect(!killed)
        return (status, String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self))
    }
}

import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A worker in a process of its own: this executable's `run --drain`.
final class DemoWorker: Sendable {
    /// The child's process id.
    let pid: Int32
    private let process: Process
    private let ends: AsyncStream<Int32>

    /// Starts the worker.
    ///
    /// Its results are dropped, since the queue and the server tell them; its errors are shown.
    init(database: String, concurrency: Int) throws {
        let process = Process()
        // On Linux the executable may be started through the search path: the kernel knows it.
        let itself = FileManager.default.fileExists(atPath: "/proc/self/exe") ? "/proc/self/exe" : nil
        guard let executable = itself ?? Bundle.main.executablePath else {
            throw CommandError(.unavailable, "the path of this executable is not known")
        }
        process.executableURL = URL(filePath: executable).resolvingSymlinksInPath()
        process.arguments = ["run", "--drain", "--concurrency", "\(concurrency)", "--database", database]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            let status = process.terminationStatus
            end.yield(process.terminationReason == .uncaughtSignal ? -status : status)
            end.finish()
        }
        try process.run()
        self.process = process
        self.ends = ends
        pid = process.processIdentifier
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.isRunning }

    /// Kills it as a crash would: it gets no chance to say or save anything.
    func crash() {
        if process.isRunning { kill(pid, SIGKILL) }
    }

    /// Waits until it ended.
    ///
    /// When the task is cancelled, it is killed first.
    ///
    /// - Returns: Its exit code; of a signal, the negative number.
    func waitUntilEnded() async -> Int32 {
        await withTaskCancellationHandler {
            for await status in ends { return status }
            // The stream ends early in a cancelled task.
            process.waitUntilExit()
            return process.terminationStatus
        } onCancel: {
            crash()
        }
    }
}

import ArgumentParser
import Foundation
import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `upload-queue watch`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch the queue on the whole terminal, and pause, resume, retry or cancel uploads by a key.",
        discussion: """
            It shows workers, uploads by status, what is on its way and how fast, what waits for what, what is paused and \
            what failed, of all processes that work the queue. It works nothing itself, and to quit it stops nothing.

            Keys: up and down (or k and j) select an upload, p pauses or resumes it, r retries it, c cancels it after a y, \
            Enter (or i) tells its story, ? explains, q (or Ctrl-C) quits.
            """
    )

    @Flag(help: "Print the view once as text, and end; needs no terminal.")
    var once = false

    @OptionGroup var color: ColorOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        guard once || Self.hasTerminal else {
            throw CommandError(
                .usage,
                "watch needs a terminal for its keys and for what it shows",
                "use `upload-queue status`, `upload-queue list` or `upload-queue watch --once` without one"
            )
        }
        guard let queue = try await database.openExisting() else {
            throw CommandError(
                .noInput,
                "there is no queue at \(try database.path); `destination add`, `add` and `run` make one"
            )
        }
        let now = Date()
        let look = try await WatchLook.at(queue, now: now)
        if once {
            let state = WatchState(look, at: 0)
            let frame = WatchFrame(state, now: now, time: 0, on: .of(1, color: color.color), isLive: false)
            try Output.write(frame.lines.map { $0 + "\n" }.joined())
        } else {
            var session = try WatchSession(queue: queue, look: look, color: color.color)
            try await session.run()
        }
    }

    private static var hasTerminal: Bool {
        isatty(0) == 1 && isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }
}

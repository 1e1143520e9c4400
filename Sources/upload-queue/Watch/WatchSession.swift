import Foundation
import UploadStore
import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The live view on a terminal: keys, signals and changes of the queue come in, frames go out.
struct WatchSession {
    private enum Event: Sendable {
        case input(TerminalInput.Event)
        case pulse
        case looked(Result<Look, any Error>)
        case told(WatchState.Message)
    }

    /// What one look brought.
    private struct Look: Sendable {
        /// Stands for the database as it was before the look.
        var version: Int
        /// Nil where nothing changed.
        var whole: WatchLook?
        /// Nil where it was not their time.
        var workers: [RunningWorker]?
        /// Seconds that it took.
        var cost = 0.0
    }

    /// How often changes of the database are looked for.
    private static let pulse = Duration.milliseconds(250)
    /// Seconds between two looks at which workers live, which no change of the database tells.
    private static let interval = 1.0
    /// A look at a large queue takes long; it is repeated after so many times what it took.
    private static let rest = 10.0

    private let queue: UploadQueue
    private let color: ColorChoice
    private let screen: FullScreen
    private let start = ContinuousClock.now
    private let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation
    private var state: WatchState
    /// What stood for the database at the last look; nil: there has to be another one.
    private var version: Int?
    private var isLooking = false
    /// Whether there has to be another look after the one that is being taken.
    private var isWanted = false
    /// When there is a look at the earliest, and when workers are looked at in any case.
    private var due = (earliest: 0.0, workers: 0.0)
    /// The second in which the last frame was drawn.
    private var drawn = -1
    /// The last request; each waits for the one before.
    private var request: Task<Void, Never>?

    /// - Parameters:
    ///   - queue: The queue.
    ///   - look: The queue as it is.
    ///   - color: When colours are used.
    /// - Throws: `Errno` where standard input is no terminal.
    init(queue: UploadQueue, look: WatchLook, color: ColorChoice) throws {
        self.queue = queue
        self.color = color
        (events, sink) = AsyncStream.makeStream()
        screen = try FullScreen()
        state = WatchState(look, at: 0)
    }

    private var time: Double { (ContinuousClock.now - start) / .seconds(1) }
    private var display: Display { .of(1, color: color) }
    private var frame: WatchFrame { WatchFrame(state, now: Date(), time: time, on: display) }

    /// Shows the queue until a person or a signal ends it; the terminal is then as it was.
    ///
    /// - Throws: `Errno` when the terminal is gone.
    mutating func run() async throws {
        try await show()
        // What a key asked for is done before the command ends.
        await request?.value
    }

    private mutating func show() async throws {
        try TerminalInput.start { [sink] in sink.yield(.input($0)) }
        defer { screen.close() }
        try screen.open()
        let pulse = Task { [sink] in
            while !Task.isCancelled {
                sink.yield(.pulse)
                try? await Task.sleep(for: Self.pulse)
            }
        }
        defer { pulse.cancel() }
        try draw()
        for await event in events {
            guard try take(event) else { return }
        }
    }

    /// Returns whether the view goes on.
    private mutating func take(_ event: Event) throws -> Bool {
        switch event {
        case .input(.ended): return false
        case .input(.signal(let number)):
            guard try take(signal: number) else { return false }
        case .input(.keys(let keys)):
            for key in keys { guard try take(key) else { return false } }
        case .pulse:
            if time >= due.earliest { look() }
            // Between two seconds only what a look brings can differ.
            if Int(time) == drawn { return true }
        case .looked(let result):
            take(result)
        case .told(let message):
            state.message = message
            look(anyway: true)
        }
        try draw()
        return true
    }

    private func take(signal number: Int32) throws -> Bool {
        switch number {
        case SIGTSTP: try screen.suspend(group: false)
        case SIGCONT: try screen.open()
        case SIGWINCH: break
        default: return false
        }
        return true
    }

    private mutating func take(_ key: Key) throws -> Bool {
        switch state.take(key, lastLine: frame.lastLine) {
        case nil: break
        case .quit: return false
        case .suspend: try screen.suspend(group: true)
        case .redraw: screen.forget()
        case .look: look(anyway: true)
        case .ask(let request, let id):
            self.request = Task { [queue, sink, last = self.request] in
                await last?.value
                sink.yield(.told(await request.answer(for: id, in: queue)))
            }
        }
        return true
    }

    private mutating func take(_ result: Result<Look, any Error>) {
        isLooking = false
        switch result {
        case .failure(let error):
            state.trouble = "cannot look at the queue: " + CommandError(error).messages.joined(separator: " ")
        case .success(let look):
            state.trouble = nil
            version = look.version
            if look.workers != nil { due.workers = time + Self.interval }
            if let whole = look.whole {
                state.show(whole, at: time)
                due.earliest = time + look.cost * Self.rest
            } else if let workers = look.workers {
                state.show(workers)
            }
        }
        if isWanted { look(anyway: true) }
    }

    private mutating func draw() throws {
        drawn = Int(time)
        try screen.draw(frame.lines, columns: display.columns ?? 0)
    }

    /// Starts a look; one that is wanted anyway reads everything, also where nothing changed.
    private mutating func look(anyway: Bool = false) {
        isWanted = anyway && isLooking
        guard !isLooking else { return }
        isLooking = true
        let now = Date()
        let seen = anyway || state.look.isOutdated(at: now) ? nil : version
        let (kept, story, isWorkersTime) = (state.kept, state.story, time >= due.workers)
        Task { [queue, sink] in
            do {
                let start = ContinuousClock.now
                // Before reading, so that no change is missed.
                var look = Look(version: try await queue.store.dataVersion())
                if look.version != seen {
                    let whole = try await WatchLook.at(queue, kept: kept, story: story, now: now)
                    look.whole = whole
                    look.workers = whole.workers
                } else if isWorkersTime {
                    look.workers = try await queue.runningWorkers()
                }
                look.cost = (ContinuousClock.now - start) / .seconds(1)
                sink.yield(.looked(.success(look)))
            } catch {
                sink.yield(.looked(.failure(error)))
            }
        }
    }
}

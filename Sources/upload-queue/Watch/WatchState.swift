import Foundation
import Uploads

/// What the live view shows, and what a key means to it.
struct WatchState {
    enum View: Equatable {
        case queue
        /// An upload's story, from a line on.
        case story(Upload.ID, from: Int)
        case help
    }

    /// What a person can ask of an upload.
    enum Request: Sendable {
        case pause
        case resume
        case retry
        case cancel
    }

    /// What has to be done about a key outside of the view.
    enum Action: Equatable {
        case quit
        case suspend
        case redraw
        /// Look at the queue at once.
        case look
        case ask(Request, Upload.ID)
    }

    /// What is told about the last key.
    struct Message: Equatable {
        var text: String
        var isError = false
    }

    /// Rows that a page key goes.
    private static let page = 10

    private(set) var look: WatchLook
    private(set) var rates = WatchRates()
    private(set) var selected: Upload.ID?
    private(set) var view = View.queue
    /// The upload that is to be cancelled if a person says yes.
    private(set) var question: Upload.ID?
    var message: Message?
    /// Why the queue cannot be looked at, as long as it cannot.
    var trouble: String?

    init(_ look: WatchLook, at time: Double) {
        self.look = look
        selected = look.ids.first
        rates.note(look, at: time)
    }

    /// The upload whose story is open.
    var story: Upload.ID? {
        if case .story(let id, _) = view { return id }
        return nil
    }

    /// The selected upload, where it stays listed while it is pending so that a person sees whether it goes on.
    ///
    /// One that was retried does not stay, so that the next failure can be retried by the same key.
    var kept: Upload.ID? { selected.flatMap { look.upload($0) == nil ? nil : $0 } }

    /// Shows another look at a time in seconds; the selected upload stays selected, else the one in its place is.
    mutating func show(_ look: WatchLook, at time: Double) {
        let place = selected.flatMap { self.look.ids.firstIndex(of: $0) } ?? 0
        let ids = look.ids
        if let selected, !ids.contains(selected) { self.selected = nil }
        if selected == nil, !ids.isEmpty { selected = ids[min(place, ids.count - 1)] }
        if let story, look.story == nil, self.look.story != nil {
            view = .queue
            message = Message(text: "upload \(story) is gone", isError: true)
        }
        self.look = look
        rates.note(look, at: time)
    }

    /// Notes which workers live; nothing else changed.
    mutating func show(_ workers: [RunningWorker]) { look.workers = workers }

    /// Takes a key.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - lastLine: The first line of the story when it is scrolled to its end.
    /// - Returns: What is to be done, where anything is.
    mutating func take(_ key: Key, lastLine: Int = 0) -> Action? {
        message = nil
        switch key {
        case .interrupt: return .quit
        case .suspend: return .suspend
        case .redraw: return .redraw
        default: break
        }
        if let question { return answer(key, to: question) }
        if key == .character("q") { return .quit }
        switch view {
        case .help:
            view = .queue
            return nil
        case .story(let id, let line):
            return takeInStory(key, id, line, lastLine)
        case .queue:
            return takeInQueue(key)
        }
    }

    private mutating func answer(_ key: Key, to id: Upload.ID) -> Action? {
        question = nil
        if key == .character("y") || key == .character("Y") { return .ask(.cancel, id) }
        message = Message(text: "upload \(id) is left as it is")
        return nil
    }

    private mutating func takeInQueue(_ key: Key) -> Action? {
        switch key {
        case .up, .character("k"): select(by: -1)
        case .down, .character("j"): select(by: 1)
        case .pageUp: select(by: -Self.page)
        case .pageDown: select(by: Self.page)
        case .first, .character("g"): select(by: -look.ids.count)
        case .last, .character("G"): select(by: look.ids.count)
        case .character("?"): view = .help
        case .enter, .character("i"):
            guard let selected else { return tellNothingIsSelected() }
            view = .story(selected, from: 0)
            return .look
        default:
            guard let request = Self.request(key) else { return nil }
            guard let selected else { return tellNothingIsSelected() }
            return ask(request, of: selected)
        }
        return nil
    }

    private mutating func takeInStory(_ key: Key, _ id: Upload.ID, _ line: Int, _ lastLine: Int) -> Action? {
        func scroll(to line: Int) { view = .story(id, from: min(max(0, line), lastLine)) }
        switch key {
        case .up, .character("k"): scroll(to: line - 1)
        case .down, .character("j"): scroll(to: line + 1)
        case .pageUp: scroll(to: line - Self.page)
        case .pageDown, .character(" "): scroll(to: line + Self.page)
        case .first, .character("g"): scroll(to: 0)
        case .last, .character("G"): scroll(to: lastLine)
        case .enter, .escape, .character("i"):
            view = .queue
            look.story = nil
        case .character("?"): view = .help
        default: return Self.request(key).flatMap { ask($0, of: id) }
        }
        return nil
    }

    private static func request(_ key: Key) -> Request? {
        switch key {
        case .character("p"): .pause
        case .character("r"): .retry
        case .character("c"): .cancel
        default: nil
        }
    }

    private mutating func ask(_ request: Request, of id: Upload.ID) -> Action? {
        if request == .cancel {
            question = id
            return nil
        }
        let upload = look.upload(id)
        let isPaused = upload?.status == .paused || upload?.requested == "pause"
        return .ask(request == .pause && isPaused ? .resume : request, id)
    }

    private mutating func select(by rows: Int) {
        let ids = look.ids
        guard let place = selected.flatMap({ ids.firstIndex(of: $0) }) else { return }
        selected = ids[min(max(0, place + rows), ids.count - 1)]
    }

    private mutating func tellNothingIsSelected() -> Action? {
        message = Message(text: "no upload is there to select")
        return nil
    }
}

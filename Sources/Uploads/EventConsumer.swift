public import GRDB
internal import UploadStore

/// A program that reads the history of a queue, and how far it came: kept in the queue, so that it outlives the program.
///
/// A program that was down learns what happened meanwhile, each event at least once:
///
/// ```swift
/// let consumer = queue.consumer("billing")
/// for try await event in consumer.events() {
///     if event.event == "finished" { print("upload \(event.uploadID) is there") }
///     try await consumer.acknowledge(event)
/// }
/// ```
///
/// In a database of the program (``UploadQueue/open(in:)``) an effect and its acknowledgement can be one transaction
/// (``acknowledge(_:in:)``): then each event has its effect exactly once.
public struct EventConsumer: Sendable {
    /// The name, 1 to 255 characters.
    public let name: String

    let queue: UploadQueue

    /// The last event that was acknowledged; 0: none yet.
    ///
    /// - Returns: Its id.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func position() async throws -> UploadEvent.ID {
        try await UploadQueueError.wrapping { try await queue.store.cursor(of: name) }
    }

    /// Events that were not acknowledged yet, and then those that happen, without end.
    ///
    /// - Returns: A sequence; it throws ``UploadQueueError`` when the database cannot be read.
    public func events() -> UploadEvents { UploadEvents(queue: queue, start: .consumer(name)) }

    /// Notes that this event, and every one before it, was dealt with; returns once that is on disk.
    ///
    /// - Parameter event: The event.
    /// - Throws: ``UploadQueueError``.
    public func acknowledge(_ event: UploadEvent) async throws {
        try await UploadQueueError.wrapping { try await queue.store.acknowledge(event.id, by: name) }
    }

    /// Notes in a transaction of yours that this event, and every one before it, was dealt with.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - db: The transaction, of the database that the queue was opened in.
    /// - Throws: An error of the database.
    public func acknowledge(_ event: UploadEvent, in db: Database) throws {
        try UploadQueueError.wrapping { try Store.acknowledge(event.id, by: name, db) }
    }
}

/// What happens in a queue, one event after another, by any process.
public struct UploadEvents: AsyncSequence, Sendable {
    /// One line of the history.
    public typealias Element = UploadEvent

    enum Start: Sendable {
        case event(UploadEvent.ID)
        case consumer(String)
    }

    let queue: UploadQueue
    let start: Start

    /// Reads the history, and waits at its end.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let queue: UploadQueue
        let start: Start
        var last: UploadEvent.ID?
        var read: ArraySlice<UploadEvent> = []

        /// The next event.
        ///
        /// - Returns: The event; never nil.
        /// - Throws: ``UploadQueueError`` when the database cannot be read, or `CancellationError`.
        public mutating func next() async throws -> UploadEvent? {
            let watch = queue.store.watch
            while true {
                if let event = read.popFirst() {
                    last = event.id
                    return event
                }
                let mark = try await UploadQueueError.wrapping { try await watch.mark() }
                let position: UploadEvent.ID
                switch (last, start) {
                case (let last?, _): position = last
                case (nil, .event(let id)): position = id
                case (nil, .consumer(let name)): position = try await queue.consumer(name).position()
                }
                last = position
                read = try await queue.events(after: position, limit: 500)[...]
                if read.isEmpty { try await UploadQueueError.wrapping { try await watch.change(since: mark) } }
            }
        }
    }

    /// Starts a reading of its own.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue, start: start) }
}

extension UploadQueue {
    /// A reader of the history whose position is kept in the queue.
    ///
    /// - Parameter name: Its name, 1 to 255 characters; it is made with its first acknowledgement.
    /// - Returns: The consumer.
    public func consumer(_ name: String) -> EventConsumer { EventConsumer(name: name, queue: self) }

    /// Forgets a consumer, so that it no longer keeps ``prune(_:progress:)`` from removing what it had not read.
    ///
    /// - Parameter name: Its name.
    /// - Throws: ``UploadQueueError`` `not_found` where there is none of that name.
    public func removeConsumer(_ name: String) async throws {
        try await UploadQueueError.wrapping { try await store.removeConsumer(name) }
    }

    /// What happens after an event, by any process, without end.
    ///
    /// - Parameter last: Only later ones than this id; 0: from the beginning.
    /// - Returns: A sequence; it throws ``UploadQueueError`` when the database cannot be read.
    public func newEvents(after last: UploadEvent.ID) -> UploadEvents { UploadEvents(queue: self, start: .event(last)) }
}

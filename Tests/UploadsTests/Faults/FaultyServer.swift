#if os(Linux)
import DevelopmentServer
import Foundation
import Synchronization

/// Stands before a development server, for one upload, and spoils some of what that one answers.
///
/// A thread waits for connections, and each has another one; a connection carries one request.
final class FaultyServer: Sendable {
    /// What is spoiled.
    struct Spoil: Sendable {
        var step: RequestStep
        /// The first request of the step that is spoiled, from 1.
        var occurrence = 1
        var times = 1
        var fault: WireFault

        var range: Range<Int> { occurrence..<(occurrence + times) }
    }

    private struct State {
        var listener: Socket?
        var spoils: [Spoil]
        /// The requests that came, by step.
        var met: [RequestStep: Int] = [:]
        /// Requests of the upload that came: all but `OPTIONS`.
        var requests = 0
        /// The number of the first one that the fault was for.
        var spoiled: Int?
        /// Answers of the step after which nobody listens any more.
        var closesAfter: (step: RequestStep, occurrence: Int)?
    }

    /// What the development server knows its requests by.
    let name: String
    let port: UInt16
    private let upstream: UInt16
    /// Whether the URLs of its uploads say https, which it does not speak.
    private let securesUploads: Bool
    /// Holds the port while nobody listens.
    private let placeholder: Socket
    private let state: Mutex<State>

    /// The last of `spoils` is the fault, and the others lead to it.
    ///
    /// Where nobody listens, `closesAfter` is the answer after which nobody does, nil from the start. With `securesUploads`
    /// the URLs of its uploads say https, which it does not speak.
    init(
        _ name: String,
        before upstream: Int,
        _ spoils: [Spoil],
        closesAfter: (RequestStep, Int)? = nil,
        securesUploads: Bool = false
    ) throws {
        self.name = name
        self.securesUploads = securesUploads
        self.upstream = UInt16(upstream)
        placeholder = try Socket.bound()
        port = try placeholder.port
        state = Mutex(State(spoils: spoils, closesAfter: closesAfter.map { (step: $0.0, occurrence: $0.1) }))
        if isRefusing, closesAfter == nil {
            state.withLock { $0.spoiled = 1 }
        } else {
            try listen()
        }
    }

    deinit {
        stopListening()
        placeholder.close()
    }

    var origin: String { "http://127.0.0.1:\(port)" }

    /// The number of the upload's first request that was spoiled, from 1 and without `OPTIONS`.
    var spoiled: Int? { state.withLock(\.spoiled) }

    func count(_ step: RequestStep) -> Int { state.withLock { $0.met[step] ?? 0 } }

    /// From now on it does what it is asked for.
    func behave() throws {
        state.withLock {
            $0.spoils = []
            $0.closesAfter = nil
        }
        try listen()
    }

    /// Its client was put off, after so many requests: where the last one was to be refused, the next one is not.
    func putOff(after requests: Int) throws {
        let isOver = state.withLock { $0.spoils.last?.times == 1 && $0.spoiled.map { $0 <= requests } ?? false }
        guard isRefusing, isOver else { return }
        try behave()
    }

    private var isRefusing: Bool { state.withLock { $0.spoils.last?.fault == .wire(.refused) } }

    private func listen() throws {
        guard state.withLock({ $0.listener == nil }) else { return }
        let listener = try Socket.bound(to: port)
        try listener.listen()
        state.withLock { $0.listener = listener }
        Thread.detachNewThread { [weak self] in
            while let client = listener.accept() {
                Thread.detachNewThread { self?.serve(client) ?? client.close() }
            }
            listener.close()
        }
    }

    private func stopListening() {
        state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }?.stop()
    }

    private func serve(_ client: Socket) {
        var bytes: [UInt8] = []
        var request: WireRequest?
        while request == nil {
            guard let more = client.receive() else { return client.close() }
            bytes += more
            // The first byte of a handshake.
            if bytes[0] == 0x16 {
                state.withLock {
                    $0.requests += 1
                    $0.spoiled = $0.spoiled ?? $0.requests
                }
                client.send(Array("220 this is no TLS\r\n".utf8))
                return client.close()
            }
            request = WireRequest(bytes)
        }
        guard var request else { return }
        while request.body.count < request.length, let more = client.receive() { request.body += more }
        let (step, occurrence, fault) = note(request)
        let answer = fault?.isDone ?? true ? forward(request) : nil
        if state.withLock({ $0.closesAfter.map { $0 == (step, occurrence) } ?? false }) {
            // Before the client can send the request that is to be refused.
            state.withLock { $0.spoiled = $0.requests + 1 }
            stopListening()
        }
        client.answer(request, answer, fault)
    }

    /// Counts a request, and tells what is done to it.
    private func note(_ request: WireRequest) -> (RequestStep, Int, WireFault?) {
        let step = Self.step(request)
        return state.withLock { state in
            let occurrence = (state.met[step] ?? 0) + 1
            state.met[step] = occurrence
            if step != .options { state.requests += 1 }
            guard let index = state.spoils.firstIndex(where: { $0.step == step && $0.range ~= occurrence }) else {
                return (step, occurrence, nil)
            }
            let fault = state.spoils[index].fault
            // Whoever is to meet these does not come so far.
            if fault == .wire(.refused) || fault == .wire(.garbageTLS) { return (step, occurrence, nil) }
            if index == state.spoils.indices.last { state.spoiled = state.spoiled ?? state.requests }
            return (step, occurrence, fault)
        }
    }

    private func forward(_ request: WireRequest) -> WireAnswer? {
        guard let server = try? Socket.connected(to: upstream) else { return nil }
        defer { server.close() }
        server.send(request.bytes(named: name))
        var answer = WireAnswer(server.receiveAll())
        if securesUploads, let url = answer?["Location"] {
            answer?["Location"] = url.replacing("http:", with: "https:")
        }
        return answer
    }

    private static func step(_ request: WireRequest) -> RequestStep {
        switch request.method {
        case "OPTIONS": .options
        case "POST": request.target.hasPrefix("/site-media") ? .mint : .create
        case "HEAD": .offset
        case "PATCH": .transfer
        case "DELETE": .delete
        case "PUT": .finalize
        case "GET": .confirm
        default: .other
        }
    }
}
#endif

import DevelopmentServer
import Foundation
import Synchronization
import Testing

@testable import Uploads

/// Secrets that the program provides.
@Suite(.timeLimit(.minutes(5))) struct CredentialProviderTests {
    /// Gives `token-1`, `token-2`, …, and fails as often as it is told.
    private final class Tokens: Sendable {
        private struct State {
            var given = 0
            var failures: Int
        }

        private let state: Mutex<State>

        init(failures: Int = 0) { state = Mutex(State(failures: failures)) }

        var given: Int { state.withLock(\.given) }

        func next() throws -> String {
            try state.withLock { state in
                if state.failures > 0 {
                    state.failures -= 1
                    throw Unavailable()
                }
                state.given += 1
                return "token-\(state.given)"
            }
        }
    }

    private struct Unavailable: Error {}

    private static func save(_ scene: Scene) async throws {
        try await scene.queue.save(
            .tus("server", endpoint: scene.server.endpoint, headers: ["Authorization": "provider:archive"])
        )
    }

    @Test func oneIsAskedForOnceForAllUploads() async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            for number in 1...6 { try await scene.add("\(number).bin") }
            let tokens = Tokens()
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            let statuses = try await scene.queue.uploads().map(\.status)
            #expect(statuses == Array(repeating: .completed, count: 6))
            #expect(tokens.given == 1)
            #expect(scene.requests(.transfer).count == 6)
            let asked = scene.server.requests().filter { $0.step != .options }
            #expect(asked.allSatisfy { $0.authorization })
            for suffix in ["", "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: scene.queue.path + suffix))
                #expect(bytes.range(of: Data("token-1".utf8)) == nil)
            }
        }
    }

    @Test(arguments: [RequestStep.create, .offset, .transfer])
    func oneThatWasRefusedIsAskedForAnew(step: RequestStep) async throws {
        let before = step == .offset ? [Fault(.step(.transfer), .status(503))] : []
        try await Scene.run(faults: before + [Fault(.step(step), .status(401))]) { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens()
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(tokens.given == 2)
            #expect(scene.requests(.transfer).filter { $0.bytesStored > 0 }.count == 1)
        }
    }

    /// A grant that is refused says nothing of the secret with which it was asked for.
    @Test func whatWasRefusedWithoutItIsNotItsFault() async throws {
        let faults = [
            Fault(.init(path: "grants"), .status(200, body: #"{"t":"token"}"#), times: 2),
            Fault(.step(.create), .cutAfterProcessing), Fault(.step(.create, occurrence: 2), .status(401)),
        ]
        try await Scene.run(faults: faults) { scene in
            let json = #"""
                {"version":1,"endpoint":"\#(scene.server.endpoint)","secrets":{"key":"provider:archive"},
                "mint":{"request":{"method":"POST","url":"\#(scene.server.origin)/grants",
                "headers":{"Authorization":"{secret.key}"}},"token":"$.t"}}
                """#
            try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            let tokens = Tokens()
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.create).map(\.status) == [nil, 401, 201])
            #expect(tokens.given == 1)
        }
    }

    /// One refusal may be of a value that has expired; two are for a person.
    @Test func whatIsRefusedTwiceWaitsForAPerson() async throws {
        try await Scene.run(faults: [Fault(.step(.create), .status(401), times: 2)]) { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens()
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            let parked = try await scene.upload(upload.id)
            #expect(Ending(parked) == .paused("credentials") && parked.failure?.code == "credentials_refused")
            #expect(tokens.given == 2 && parked.failure?.message.contains("token-") == false)
            try await scene.queue.resume(upload.id)
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    /// Some hosts say 403 of a token that expired: the one that a person resumes with is another one.
    @Test func whatIsForbiddenIsAskedForAnew() async throws {
        try await Scene.run(faults: [Fault(.step(.create), .status(403))]) { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens()
            let processor = scene.processor(drain: false, credentials: ["archive": { try tokens.next() }])
            try await scene.whileWorking(processor) {
                for try await update in scene.queue.updates(of: upload.id) where update.status == .paused { break }
                try await scene.queue.resume(upload.id)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(tokens.given == 2)
        }
    }

    /// A provider that fails is asked again later: nothing is given up, and what it says of itself stays with it.
    @Test func aProviderThatFailsIsAskedLater() async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens(failures: 2)
            try await scene.processor(credentials: ["archive": { try tokens.next() }]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let story = try await scene.queue.events(of: upload.id)
            let failed = story.filter { $0.failure?.code == "credentials_unavailable" }
            #expect(failed.count == 2 && failed.allSatisfy { $0.event == "try later" })
            #expect(
                failed.first?.failure?.message.contains("the provider archive of destination server failed") == true
            )
        }
    }

    /// One that never returns holds nothing up: neither the queue nor its end.
    @Test func aProviderThatHangsIsAskedAnew() async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens()
            let processor = scene.processor(
                stallTimeout: .seconds(2),
                credentials: [
                    "archive": {
                        if try tokens.next() == "token-1" { await Self.never() }
                        return "token"
                    }
                ]
            )
            try await processor.run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let codes = try await scene.queue.events(of: upload.id).compactMap(\.failure?.code)
            #expect(codes.first == "credentials_unavailable")
        }
    }

    @Test func aProviderThatHangsDoesNotKeepTheQueueWorking() async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
            let processor = scene.processor(
                drain: false,
                credentials: [
                    "archive": {
                        continuation.yield()
                        await Self.never()
                        return "token"
                    }
                ]
            )
            try await scene.whileWorking(processor) { for await _ in asked { break } }
            #expect(try await scene.upload(upload.id).status == .pending)
            #expect(try await scene.story(upload.id).last == "released")
        }
    }

    /// Not even cancellation ends it.
    private static func never() async {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }

    /// A value that no header can carry is none, and is not kept.
    @Test(arguments: ["", "two\r\nlines"]) func whatNoHeaderCanCarryIsAskedForAnew(value: String) async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            let tokens = Tokens()
            let provider: CredentialProvider = { try tokens.next() == "token-1" ? value : "token" }
            try await scene.processor(credentials: ["archive": provider]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let codes = try await scene.queue.events(of: upload.id).compactMap(\.failure?.code)
            #expect(codes == ["credentials_unavailable"] && tokens.given == 2)
        }
    }

    @Test func aProgramWithoutTheProviderIsTold() async throws {
        try await Scene.run { scene in
            try await Self.save(scene)
            let upload = try await scene.add()
            try await scene.drain()
            let parked = try await scene.upload(upload.id)
            #expect(Ending(parked) == .paused("credentials") && parked.failure?.code == "credentials_missing")
            #expect(parked.failure?.message.contains("the provider archive, which this program does not have") == true)
        }
    }
}

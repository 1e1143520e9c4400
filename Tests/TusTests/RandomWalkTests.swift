import HTTPTypes
import Testing
import Tus

/// Random answers and crashes, and what must hold whatever a server does.
@Suite struct RandomWalkTests {
    /// SplitMix64: the same walk for the same seed, everywhere.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// One upload from its first claim to its end: the row as a store would keep it, and what was seen.
    struct Walk {
        /// One claim with a server that answers anything must end within this many actions.
        static let longestClaim = 5_000
        static let md5 = "d41d8cd98f00b204e9800998ecf8427e"

        var random: Generator
        let plan: UploadMachine.Plan
        var row: UploadMachine.Upload
        var finished = false
        var finalizeRequests = 0
        /// The end of the bytes that were sent, where this claim created the upload.
        var sent: Int64?
        var lastAnswer: (step: Step, status: Int)?
        var ends: Set<String> = []

        init(seed: UInt64) {
            random = Generator(state: seed)
            let finalizes = Bool.random(using: &random)
            let mints = Bool.random(using: &random)
            let confirms = mints && Bool.random(using: &random)
            plan = UploadMachine.Plan(
                headers: [.authorization: "Bearer very-secret-key"],
                requestRule: Bool.random(using: &random)
                    ? RequestRule(exact: Int64.random(in: 1...40, using: &random))
                    : RequestRule(maximum: Int64.random(in: 1...60, using: &random), tail: 2),
                mint: mints ? Sample.mint : nil,
                finalize: finalizes
                    ? Bool.random(using: &random) ? .wix(filename: "a.jpg") : Sample.keyedFinalize : nil,
                probe: mints && Bool.random(using: &random) ? Sample.question(.probe) : nil,
                confirms: confirms,
                confirm: confirms ? Sample.question(.confirm, maximumPolls: 5) : nil,
                grant: mints || (finalizes && Bool.random(using: &random)),
                secrets: ["api-secret-key"]
            )
            row = Sample.upload(mints ? .mint : .create, length: Int64.random(in: 0...60, using: &random))
            row.token = finalizes && !mints ? Sample.token : nil
        }

        mutating func claim() {
            row.isFreshGrant = false
            sent = nil
            var machine = UploadMachine(upload: row, plan: plan)
            var action = machine.start()
            for _ in 0..<Self.longestClaim {
                // A crash may come at any point: the row is all that is left.
                if Int.random(in: 0..<60, using: &random) == 0 { return }
                switch action {
                case .send(let request):
                    check(request)
                    action = answer(request, &machine)
                case .record(let transition):
                    check(transition)
                    apply(transition)
                    if Int.random(in: 0..<60, using: &random) == 0 { return }
                    action = machine.recorded()
                    // The machine goes on with what it believes the row to be; `attempt` is the engine's.
                    var believed = machine.upload
                    believed.attempt = row.attempt
                    #expect(believed == row)
                case .digest:
                    let own = Bool.random(using: &random) ? Self.md5 : "0123"
                    action = machine.digested(
                        Bool.random(using: &random)
                            ? .success(own) : .failure(Problem(code: "source_missing", message: ""))
                    )
                case .stop:
                    return
                }
            }
            Issue.record("a claim did not end: \(row)")
        }

        mutating func check(_ request: Request) {
            let isOwnOrigin = Origin(request.url) == Origin(row.endpoint)
            let isTus = ![Step.mint, .finalize, .probe, .confirm].contains(request.step)
            #expect(!isTus || request.fields.contains(.authorization) == isOwnOrigin)
            switch request.step {
            case .transfer:
                guard case .file(let range) = request.body else {
                    Issue.record("a PATCH without bytes")
                    return
                }
                #expect(row.phase == .transfer && range.lowerBound == row.offset && !range.isEmpty)
                #expect(range.upperBound <= row.length && (range.upperBound == row.length) == row.completing)
                #expect(request.fields[.uploadOffset] == String(range.lowerBound))
                #expect(request.fields[.contentLength] == String(range.count))
                if let sent {
                    #expect(range.lowerBound <= sent)
                    self.sent = max(sent, range.upperBound)
                }
            case .finalize:
                #expect(row.phase == .finalize && row.offset == row.length && 1...2 ~= row.finalizeSent)
                #expect(!request.fields.contains(.authorization) && !request.fields.contains(.tusResumable))
                // Following a redirect is the same finalize: that answer said that it was not done there.
                if !isRedirect(lastAnswer, of: .finalize) { finalizeRequests += 1 }
                #expect(finalizeRequests <= row.finalizeSent)
            case .mint, .probe, .confirm, .create, .offset, .delete, .capabilities:
                #expect(request.body == .none)
            }
            lastAnswer = nil
        }

        func isRedirect(_ answer: (step: Step, status: Int)?, of step: Step) -> Bool {
            answer.map { $0.step == step && [301, 302, 307, 308].contains($0.status) } ?? false
        }

        mutating func check(_ transition: Transition) {
            if let message = Action.record(transition).problem?.message {
                for secret in ["eyJhbGci", "secret-key"] { #expect(!message.contains(secret)) }
            }
            guard case .gone(_, let next) = transition else { return }
            let step = lastAnswer?.step
            #expect(next == (plan.mint == nil ? .create : .mint) && row.finalizeSent == 0)
            #expect(row.restarts < plan.maximumRestarts)
            if plan.mint != nil {
                #expect(step == .create ? !row.isFreshGrant : step == .offset || step == .transfer)
                // After two refusals: the server says that bytes are missing.
                if step == .offset, let status = lastAnswer?.status, 200...299 ~= status { return }
                #expect(!row.completing && [400, 401, 403, 404, 410, 429].contains(lastAnswer?.status))
                return
            }
            #expect(step == .offset || step == .transfer)
            #expect(lastAnswer?.status == 404 || lastAnswer?.status == 410)
            #expect(!row.completing || (plan.finalize == nil && !plan.grant))
        }

        mutating func apply(_ transition: Transition) {
            switch transition {
            case .created(let url, let completing, _, let expiresAt):
                #expect(row.phase == .create && row.uploadURL == nil)
                (row.phase, row.uploadURL, row.completing, row.attempt) = (.transfer, url, completing, 0)
                row.expiresAt = expiresAt
                sent = 0
            case .acknowledged(let offset, let completing, let expiresAt):
                #expect(row.phase == .transfer && 0..<row.length ~= offset)
                if offset < row.offset { row.restarts += 1 }
                #expect(row.restarts <= plan.maximumRestarts)
                (row.offset, row.completing, row.attempt) = (offset, completing, 0)
                #expect(!plan.grant || expiresAt == nil)
                row.expiresAt = expiresAt
            case .transferred(let next):
                let expected: Phase = plan.finalize != nil ? .finalize : plan.confirms ? .confirm : .done
                #expect(row.phase == .transfer && next == expected)
                (row.phase, row.offset, row.attempt) = (next, row.length, 0)
                finished = next == .done
            case .finalizeSent:
                row.finalizeSent += 1
                #expect(row.finalizeSent <= 2)
            case .finalizeDenied:
                #expect(plan.finalize?.holdsKey == true && lastAnswer?.status == 401)
                (row.finalizeSent, finalizeRequests, row.attempt) = (
                    row.finalizeSent - 1, finalizeRequests - 1, row.attempt + 1
                )
            case .minted(let grant):
                #expect(row.phase == .mint && row.finalizeSent == 0)
                (row.phase, row.endpoint, row.token) = (.create, grant.endpoint, grant.token)
                (row.isFreshGrant, row.attempt) = (true, 0)
            case .gone(_, let next):
                (row.phase, row.uploadURL, row.offset) = (next, nil, 0)
                if next == .mint { row.token = nil }
                (row.completing, row.attempt, row.expiresAt) = (false, 0, nil)
                row.restarts += 1
                sent = nil
            case .later:
                row.attempt += 1
            case .finalized(_, let next):
                #expect(next == (plan.confirms ? .confirm : .done))
                (row.phase, row.attempt) = (next, 0)
                finished = next == .done
            case .confirmed:
                #expect(row.phase == .confirm)
                finished = true
            case .failed, .deleted:
                finished = true
            case .parked:
                break
            }
            ends.insert(transition.summary.split(separator: " ").first.map(String.init) ?? "")
        }

        mutating func answer(_ request: Request, _ machine: inout UploadMachine) -> Action {
            if Int.random(in: 0..<20, using: &random) == 0 {
                lastAnswer = (request.step, 0)
                return machine.receive(RequestFailure(code: "connection_lost", message: "The connection was lost"))
            }
            let answer = randomAnswer(to: request)
            lastAnswer = (request.step, answer.status)
            return machine.receive(answer)
        }

        mutating func randomAnswer(to request: Request) -> Answer {
            let statuses = [
                199, 303, 400, 401, 402, 403, 404, 408, 409, 410, 412, 413, 415, 423, 428, 429, 460, 500, 501, 503, 507,
            ]
            var answer = Answer(status: 204)
            let odds = Int.random(in: 0..<20, using: &random)
            if odds < 4 { answer.status = statuses.randomElement(using: &random) ?? 500 }
            if odds < 2 { answer.status = [404, 409, 410, 413].randomElement(using: &random) ?? 404 }
            if odds == 4 { answer.status = [301, 302, 307, 308].randomElement(using: &random) ?? 307 }
            let most = Int.random(in: 0..<8, using: &random) > 0 ? sent : nil
            let offset = Int64.random(in: 0...(most ?? row.length + row.length / 8), using: &random)
            if Int.random(in: 0..<15, using: &random) > 0 { answer.fields[.uploadOffset] = String(offset) }
            if case .file(let range) = request.body, Bool.random(using: &random) {
                answer.fields[.uploadOffset] = String(Int64.random(in: range, using: &random) + 1)
            }
            let dates = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:38 1994", "soon", nil]
            answer.fields[.uploadExpires] = dates.randomElement(using: &random) ?? nil
            let locations = ["next", "/files/abc", "https://cdn.example.net/a", "http://tus.example.org/", ":", ""]
            answer.fields[.location] = locations.randomElement(using: &random) ?? ""
            let secret = row.token ?? "very-secret-key"
            let bodies = [
                #"{"file":{"id":"a"}}"#, #"{"file":{"id":"b"}}"#, "sorry, \(secret) failed, api-secret-key too", "",
                "pending", "md5:\(Self.md5)", "md5:",
            ]
            answer.body = Array((bodies.randomElement(using: &random) ?? "").utf8)
            // So that the few walks that come so far meet it too.
            if request.step == .finalize, Int.random(in: 0..<6, using: &random) == 0 { answer.status = 401 }
            return answer
        }
    }

    @Test(arguments: [UInt64(1), 20_000, 300_000, 4_000_000])
    func invariantsHold(firstSeed: UInt64) {
        var ends: Set<String> = []
        for seed in firstSeed..<(firstSeed + 1_000) {
            var walk = Walk(seed: seed)
            for _ in 0..<30 where !walk.finished { walk.claim() }
            ends.formUnion(walk.ends)
        }
        // The walk is worth something only when it has been everywhere.
        let everything = [
            "minted", "confirmed", "created", "acknowledged", "transferred", "finalizeSent", "finalized", "later",
            "pause", "gone", "failed",
            "parked", "denied",
        ]
        #expect(ends == Set(everything))
    }
}

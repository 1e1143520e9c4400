import HTTPTypes
import Testing

@testable import Tus

/// A server that answers a creation with the URL of an upload that it had before: the bytes of two files are not mixed.
@Suite struct SentBytesTests {
    private static let rule = RequestRule(exact: 40)
    private static let refused = Answer(status: 409)

    private func run(_ answers: [Answer], _ plan: UploadMachine.Plan = .init(requestRule: rule)) -> [String] {
        var machine = UploadMachine(upload: Sample.upload(), plan: plan)
        return machine.run([.created(at: "abc")] + answers)
    }

    @Test(arguments: [409, 423], [Int64(1), 30, 41, 100])
    func bytesThatNobodySentAreNotAddedTo(status: Int, offset: Int64) {
        for plan in [UploadMachine.Plan(requestRule: Self.rule), .init(requestRule: Self.rule, grant: true)] {
            let actions = run([Answer(status: status), .offset(offset)], plan)
            #expect(actions == ["POST", "created", "PATCH 0-40", "HEAD", "failed foreign_bytes", "stop"])
        }
    }

    @Test func whatIsTooMuchLaterIsNobodysEither() {
        let actions = run([.offset(40), Self.refused, .offset(90)])
        #expect(actions.suffix(3) == ["HEAD", "failed foreign_bytes", "stop"])
        let redirect = Answer(status: 307, fields: [.location: "/files/there"])
        #expect(run([redirect, Self.refused, .offset(30)]).contains("failed foreign_bytes"))
    }

    private static let arrived: [([Answer], Int64)] = [
        ([Answer(status: 204)], 40), ([Answer(status: 204), .offset(0), refused], 30),
        ([Answer(status: 460), refused], 17), ([refused], 40), ([refused, .offset(40), refused], 40),
    ]

    /// Without an answer or with another one it may have arrived, and all of it where a proxy sent it twice.
    @Test(arguments: arrived)
    func whatMayHaveArrivedIsOurs(answers: [Answer], offset: Int64) {
        let actions = run(answers + [.offset(offset)])
        #expect(!actions.contains("failed foreign_bytes"), "\(actions)")
    }

    @Test func noAnswerMayHaveBeenOneOfSuccess() {
        var machine = UploadMachine(upload: Sample.upload(), plan: .init(requestRule: Self.rule))
        _ = machine.start()
        _ = machine.receive(.created(at: "abc"))
        _ = machine.recorded()
        #expect(machine.receive(RequestFailure(code: "timeout", message: "")).summary == "later timeout")
        #expect(machine.sent?.end == 40)
    }

    /// What an earlier claim sent is known to nobody.
    @Test func afterACrashTheServersOffsetCounts() {
        var machine = UploadMachine(upload: Sample.upload(.transfer), plan: .init(requestRule: Self.rule))
        #expect(machine.run([.offset(70)]) == ["HEAD", "acknowledged 70 completing", "PATCH 70-100"])
    }

    /// The host may have created it as well, for the grant of this claim.
    @Test func anUploadOfAFreshGrantIsEmpty() {
        let mint = HostAPI.Mint(request: Sample.mint.request, createsUpload: true) { _ in
            HostAPI.Minted(endpoint: Sample.uploadURL, token: Sample.token, uploadURL: Sample.uploadURL)
        }
        let plan = UploadMachine.Plan(mint: mint, grant: true)
        var machine = UploadMachine(upload: Sample.upload(.mint), plan: plan)
        _ = machine.start()
        _ = machine.receive(Answer(status: 200))
        #expect(machine.recorded().summary == "HEAD")
        // As the engine does it: with a plan of what is known now.
        var planned = UploadMachine(upload: machine.upload, plan: plan)
        #expect(planned.run([.offset(10)]) == ["HEAD", "failed foreign_bytes", "stop"])
        #expect(machine.receive(.offset(10)).summary == "failed foreign_bytes")
    }
}

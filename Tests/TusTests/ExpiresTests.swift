import HTTPTypes
import Testing
import Tus

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `Upload-Expires` (tus 1.0, Expiration): told to people, and nothing else.
@Suite struct ExpiresTests {
    private static let date = Date(timeIntervalSince1970: 784_111_777)
    private static let text = "Sun, 06 Nov 1994 08:49:37 GMT"
    private let halves = UploadMachine.Plan(requestRule: RequestRule(exact: 50))

    private func answer(_ offset: Int64, _ expires: String?) -> Answer {
        var answer = Answer.offset(offset)
        answer.fields[.uploadExpires] = expires
        return answer
    }

    @Test(arguments: [
        (text, date), ("Sunday, 06-Nov-94 08:49:37 GMT", date), ("Sun Nov  6 08:49:37 1994", date),
        ("Thu, 01 Jan 2999 00:00:00 GMT", Date(timeIntervalSince1970: 32_472_144_000)),
        ("", nil), ("soon", nil), ("784111777", nil), ("Tue, 01 Jan 3000 00:00:00 GMT", nil),
        ("Sun, 06 Nov 0994 08:49:37 GMT", nil), ("Wed, 31 Dec 1969 23:59:59 GMT", nil),
    ])
    func aCreationTellsIt(text: String, date: Date?) {
        var machine = UploadMachine(upload: Sample.upload(), plan: halves)
        _ = machine.start()
        var created = Answer.created(at: "/files/abc")
        created.fields[.uploadExpires] = text
        let action = machine.receive(created)
        #expect(action == .record(.created(uploadURL: Sample.uploadURL, completing: false, expiresAt: date)))
    }

    @Test func everyAnswerMayTellAnother() {
        var machine = UploadMachine(upload: Sample.upload(.transfer), plan: halves)
        _ = machine.start()
        let later = "Sun, 06 Nov 1994 08:49:38 GMT"
        #expect(
            machine.receive(answer(0, Self.text))
                == .record(.acknowledged(offset: 0, completing: false, expiresAt: Self.date))
        )
        #expect(machine.recorded().summary == "PATCH 0-50")
        #expect(
            machine.receive(answer(50, later))
                == .record(.acknowledged(offset: 50, completing: true, expiresAt: Self.date + 1))
        )
        #expect(machine.recorded().summary == "PATCH 50-100")
        #expect(machine.upload.expiresAt == Self.date + 1)
    }

    @Test func whatIsKnownStaysWhereAnAnswerSaysNothing() {
        var upload = Sample.upload(.transfer)
        upload.expiresAt = Self.date
        var machine = UploadMachine(upload: upload, plan: halves)
        #expect(machine.run([answer(0, nil)]) == ["HEAD", "PATCH 0-50"])
        let acknowledged = machine.receive(answer(50, "soon"))
        #expect(acknowledged == .record(.acknowledged(offset: 50, completing: true, expiresAt: Self.date)))
    }

    @Test func whatIsKnownIsNotRecordedAgain() {
        var upload = Sample.upload(.transfer)
        upload.expiresAt = Self.date
        var machine = UploadMachine(upload: upload, plan: halves)
        #expect(machine.run([answer(0, Self.text)]) == ["HEAD", "PATCH 0-50"])
    }

    @Test func ofAGrantItSaysNothing() {
        var plan = halves
        plan.grant = true
        var machine = UploadMachine(upload: Sample.upload(.transfer), plan: plan)
        #expect(machine.run([answer(0, Self.text)]) == ["HEAD", "PATCH 0-50"])
        let acknowledged = machine.receive(answer(50, Self.text))
        #expect(acknowledged == .record(.acknowledged(offset: 50, completing: true)))
    }

    @Test func itEndsWithTheUpload() {
        var upload = Sample.upload(.transfer)
        upload.expiresAt = Self.date
        var machine = UploadMachine(upload: upload, plan: halves)
        #expect(machine.run([Answer(status: 404)]) == ["HEAD", "gone", "POST"])
        #expect(machine.upload.expiresAt == nil)
    }
}

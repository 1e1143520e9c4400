import HTTPTypes
import Testing
import Tus

/// `UploadMachine+Delete`: what a cancelled upload leaves on the server.
@Suite struct DeleteTests {
    @Test func deletesWhatTheServerHas() throws {
        var machine = UploadMachine(upload: Sample.cancelled(), plan: .init())
        let request = try #require(machine.start().request)
        #expect(request.step == .delete && request.method == .delete && request.url == Sample.uploadURL)
        #expect(request.fields == [.tusResumable: "1.0.0"] && request.body == .none)
        #expect(machine.receive(Answer(status: 204)) == .record(.deleted(nil)))
        #expect(machine.recorded() == .stop)
    }

    @Test func nothingOnTheServerNeedsNoRequest() {
        var upload = Sample.upload()
        upload.cancelling = true
        var machine = UploadMachine(upload: upload, plan: .init())
        #expect(machine.run([]) == ["deleted", "stop"])
    }

    @Test func serverWithoutTerminationIsNotAsked() {
        let without = Capabilities(versions: ["1.0.0"], extensions: ["creation"])
        var machine = UploadMachine(upload: Sample.cancelled(), plan: .init(capabilities: without))
        #expect(machine.run([]) == ["deleted not_deleted", "stop"])
        for extensions in [["creation", "termination"], []] {
            let capabilities = Capabilities(versions: ["1.0.0"], extensions: Set(extensions))
            var machine = UploadMachine(upload: Sample.cancelled(), plan: .init(capabilities: capabilities))
            #expect(machine.start().summary == "DELETE")
        }
    }

    @Test func cancellingGoesBeforeThePhase() {
        var upload = Sample.upload(.finalize, finalizeSent: 2)
        upload.cancelling = true
        var machine = UploadMachine(upload: upload, plan: .init(finalize: .wix(filename: "a")))
        #expect(machine.start().summary == "DELETE")
    }
}

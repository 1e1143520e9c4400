import DevelopmentServer
import Testing

@testable import Uploads

/// What only one of the hosts does.
extension PresetRunTests {
    /// What was added for a host that mints goes to the one that its destination is now.
    @Test func aDestinationCanChangeItsHost() async throws {
        let vimeo = try #require(Self.hosts.first { $0.preset == .vimeo })
        let cloudflare = try #require(Self.hosts.first { $0.preset == .cloudflareStream })
        try await Self.run(vimeo, faults: [Fault(.step(.mint), .status(400))]) { scene in
            let failed = try await Self.add(scene, "a.mp4")
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(failed.id)) == .failed("refused"))
            let waiting = try await Self.add(scene, "b.mp4")
            var values = cloudflare.values
            values["api"] = scene.server.origin + cloudflare.place.path
            let configuration = try cloudflare.preset.configuration(values: values)
            try await scene.queue.save(.configured("host", by: configuration))
            try await scene.queue.retry(failed.id, from: .start)
            try await Self.drain(scene)
            for id in [failed.id, waiting.id] { #expect(try await scene.upload(id).status == .completed) }
            #expect(scene.requests(.mint).count == 1 && scene.requests(.create).count == 2)
        }
    }

    /// Two files of one name: the second one's last byte is in doubt, and the object is the first one's.
    @Test func anObjectOfTheSameNameIsNotTakenForTheFile() async throws {
        let host = try #require(Self.hosts.first { $0.preset == .supabaseStorage })
        let faults = [
            Fault(.step(.transfer), .status(402)), Fault(.step(.offset, occurrence: 2), .status(410)),
        ]
        try await Self.run(host, faults: faults) { scene in
            let first = try await Self.add(scene, bytes: 100)
            try await Self.drain(scene)
            let path = try scene.folder.write("other.mp4", bytes: 100, seed: 2)
            let second = try await scene.queue.add(.file(path), to: "host", filename: "leaf 1.mp4")
            try await Self.drain(scene)
            #expect(try await scene.upload(second.id).status == .completed)
            try await scene.queue.resume(first.id)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(first.id)) == .failed("refused"), "the object is the second one's")
        }
    }

    /// Bunny's signature expires: one that was refused is made anew, and the upload goes on where it was.
    @Test func bunnyIsSignedForAnew() async throws {
        let host = try #require(Self.hosts.first { $0.preset == .bunnyStream })
        for (times, ending) in [(1, Ending.completed), (2, .paused("credentials"))] {
            let faults = [
                Fault(.step(.transfer), .cut(afterBytes: 1000)),
                Fault(.step(.transfer), .status(401), times: times),
            ]
            try await Self.run(host, faults: faults) { scene in
                let upload = try await Self.add(scene)
                try await Self.drain(scene)
                #expect(Ending(try await scene.upload(upload.id)) == ending)
                #expect(scene.requests(.mint).count == 1 && scene.requests(.create).count == 1)
            }
        }
    }

    /// Supabase was seen to answer 400 where a policy is missing (supabase/supabase issue 47137).
    @Test func supabaseRefusalsOfAPolicyAreOnesOfAPermission() async throws {
        let host = try #require(Self.hosts.first { $0.preset == .supabaseStorage })
        let body =
            #"{"statusCode":"403","error":"Unauthorized","message":"new row violates row-level security policy"}"#
        for (body, ending) in [(body, Ending.paused("permission")), ("{}", .failed("refused"))] {
            try await Self.run(host, faults: [Fault(.step(.create), .status(400, body: body))]) { scene in
                let upload = try await Self.add(scene, bytes: 100)
                try await Self.drain(scene)
                #expect(Ending(try await scene.upload(upload.id)) == ending)
            }
        }
    }

    /// An object of that name is there already: refused, and nothing is overwritten.
    @Test func supabaseOverwritesNothing() async throws {
        let host = try #require(Self.hosts.first { $0.preset == .supabaseStorage })
        try await Self.run(host) { scene in
            _ = try await Self.add(scene, bytes: 100)
            try await Self.drain(scene)
            let path = try scene.folder.write("other.mp4", bytes: 200)
            let second = try await scene.queue.add(.file(path), to: "host", filename: "leaf 1.mp4")
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(second.id)) == .failed("refused"))
            #expect(scene.requests(.transfer).count == 1)
        }
    }
}

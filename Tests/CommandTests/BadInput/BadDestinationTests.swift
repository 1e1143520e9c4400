import Foundation
import Testing

/// Destinations, headers and metadata that are refused before anything is written.
@Suite struct BadDestinationTests {
    @Test(
        arguments: [
            "tus.example.org", "/files", "ftp://a.example/", "file:///etc/passwd", "http://", "http:///files",
            "http://a b/", "http://[::1/", "http://a.example:0/", "http://a.example:65536/", "http://a.example:x/",
            "http://a.example/\r\nX-Evil: 1", "http://a.example/\u{1}", "",
        ]
    )
    func whatIsNoURLIsRefused(_ url: String) async throws {
        try await refuse(["--tus", url], 64, url.isEmpty ? "URL" : "is not an http or https URL")
    }

    @Test func aURLWithSecretsOrAFragmentIsRefused() async throws {
        try await refuse(["--tus", "http://me:hunter2@a.example/"], 64, "user name or password", secret: "hunter2")
        try await refuse(["--tus", "http://a.example/#here"], 64, "fragment")
    }

    @Test(
        arguments: [
            ("X-A: hunter2\r\nX-Evil: 1", "the value of the header X-A is not a legal one"),
            ("X-A: hunter2\u{7}", "the value of the header X-A is not a legal one"),
            ("X\r\nA: hunter2", "the name of a header is not a legal one"),
            ("X A: hunter2", "the name of a header is not a legal one"),
            ("hunter2", "'Name: value'"),
            (": hunter2", "'Name: value'"),
            ("Authorization: hunter2", "give env:NAME"),
            ("cookie: hunter2", "give env:NAME"),
            ("Authorization: env:", "no environment variable"),
            ("Authorization: env:A=hunter2", "no environment variable"),
            ("X-Name: provider:", "no provider after provider:"),
            ("Authorization: provider:a hunter2", "no provider after provider:"),
            ("Host: hunter2", "the header Host is the queue's own"),
            ("content-length: 5", "the header content-length is the queue's own"),
            ("Transfer-Encoding: chunked", "is the queue's own"),
            ("Tus-Resumable: 0.2", "is the queue's own"),
            ("Upload-Offset: 7", "is the queue's own"),
            ("UPLOAD-METADATA: a", "is the queue's own"),
        ]
    )
    func whatIsNoHeaderIsRefusedWithoutItsValue(_ header: String, _ words: String) async throws {
        try await refuse(["--tus", "http://a.example/", "--header", header], 64, words, secret: "hunter2")
    }

    @Test(
        arguments: [
            ("sp ace=v", "sp ace"), ("com,ma=v", "com,ma"), ("ümlaut=v", "ümlaut"), ("a\r\nb=v", #"a\u{d}\nb"#),
            ("long=" + String(repeating: "x", count: 25_000), "32768"),
        ]
    )
    func whatIsNoMetadataIsRefused(_ metadata: String, _ words: String) async throws {
        try await refuse(["--tus", "http://a.example/", "--metadata", metadata], 65, words)
        let commands = try QueueCommands()
        try commands.write("a")
        let ending = try await commands.run("add", "a", "--to", "http://a.example/", "--metadata", metadata)
        #expect(ending.status == 65)
        #expect(ending.errors.contains(words))
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func valuesWithLineEndsReachTheServerAsTheyAre() async throws {
        let commands = try QueueCommands()
        let value = "one\r\ntwo, thrée = 3"
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/", "--metadata", "k=\(value)")
        let object = try await commands.object("destination", "show", "a", "--json")
        #expect(object["metadata"] as? [String: String] == ["k": value])
    }

    @Test func addRefusesABadURLOrNameBeforeItMakesAQueue() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        for (arguments, status) in [
            (["--to", "http://a b/"], 64), (["--to", "http://a.example/", "--filename", ""], 65),
            (["--to", "http://a.example/", "--content-type", "a/b\r\nX: 1"], 65),
        ] as [([String], Int32)] {
            let ending = try await commands.add(["a"] + arguments)
            #expect(ending.status == status, "\(ending.errors)")
            #expect(!FileManager.default.fileExists(atPath: commands.database))
        }
    }

    @Test func anIDThatIsNoneIsWrongUsageAndAnUnknownOneIsNotFound() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        for id in ["x", "1.5", "", "99999999999999999999"] {
            #expect(try await commands.run("show", id).status == 64)
            #expect(try await commands.run("cancel", id).status == 64)
        }
        for id in ["0", "7", "9223372036854775807"] {
            let ending = try await commands.run("show", id)
            #expect(ending.status == 66)
            #expect(ending.errors.contains("there is no upload \(id)"))
        }
    }

    private func refuse(_ arguments: [String], _ status: Int32, _ words: String, secret: String? = nil) async throws {
        let commands = try QueueCommands()
        let ending = try await Command.run(
            ["destination", "add", "a", "--database", commands.database] + arguments,
            in: commands.folder
        )
        #expect(ending.status == status, "\(ending.errors)")
        #expect(ending.errors.hasPrefix("upload-queue: "))
        #expect(ending.errors.contains(words), "\(ending.errors)")
        if let secret { #expect(!ending.errors.contains(secret), "\(ending.errors)") }
        #expect(ending.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: commands.database), "a queue was made for nothing")
    }
}

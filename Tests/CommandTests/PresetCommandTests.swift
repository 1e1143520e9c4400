import DevelopmentServer
import Foundation
import Testing

/// The hosts that come with the command.
@Suite(.timeLimit(.minutes(5))) struct PresetCommandTests {
    @Test func aPresetAndItsValuesAreAllItNeeds() async throws {
        let commands = try QueueCommands()
        try commands.write("leaf.mp4")
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            try await commands.output(
                "destination",
                "add",
                "videos",
                "--preset",
                "cloudflare-stream",
                "--set",
                "account=abc",
                "--set",
                "api=\(server.origin)/cloudflare/client/v4",
                "--secret",
                "token=env:STREAM",
                "--wait-until-ready"
            )
            let kept = try await commands.object("destination", "show", "videos", "--json")
            let configuration = try #require(kept["configuration"] as? [String: Any])
            #expect(configuration["secrets"] as? [String: String] == ["token": "env:STREAM"])
            try await commands.output("add", "leaf.mp4", "--to", "videos")
            let run = try await commands.output("run", "--drain", environment: ["STREAM": "rehearsal"])
            #expect(run.hasPrefix("1  completed"))
            let shown = try await commands.object("show", "1", "--json")
            let id = try #require((shown["captured"] as? [String: String])?["videoID"])
            #expect(try await commands.output("show", "1").contains("host's videoID  \(id)\n"))
            #expect(server.requests().last?.path.hasSuffix("/stream/\(id)") == true)
            #expect(server.requests().last?.step == .confirm)
        }
    }

    @Test func theyAreListedWithWhatTheyNeed() async throws {
        let commands = try QueueCommands()
        let array = try await commands.array("destination", "presets", "--json")
        #expect(array.count == 5)
        let supabase = try #require(array.first { $0["name"] as? String == "supabase-storage" })
        let values = try #require(supabase["values"] as? [String: Any])
        #expect(values["url"] is NSNull && values["cacheControl"] as? String == "3600")
        #expect(supabase["secrets"] as? [String: String] == ["key": "env:SUPABASE_KEY"])
        let lines = try await commands.output("destination", "presets").split(separator: "\n")
        let names = array.compactMap { $0["name"] as? String }
        #expect(lines.dropFirst().map { $0.prefix { $0 != " " } } == names.map { Substring($0) })
        #expect(lines.contains { $0.hasPrefix("supabase-storage") && $0.contains("bucket url") })
        #expect(!FileManager.default.fileExists(atPath: commands.database), "no queue is made for it")
    }

    /// What is printed can be changed and saved; what is still `null` is told.
    @Test func oneThatIsPrintedCanBeSaved() async throws {
        let commands = try QueueCommands()
        let printed = try await commands.output("destination", "presets", "bunny-stream")
        try commands.write("host.json", printed)
        let refused = try await commands.run("destination", "add", "a", "--file", "host.json")
        #expect(refused.status == 64)
        #expect(refused.errors.contains("$.values.library: it has no value yet"), "\(refused.errors)")
        try commands.write("host.json", printed.replacing("\"library\": null", with: "\"library\": 9"))
        try await commands.output("destination", "add", "a", "--file", "host.json")
    }

    @Test(arguments: [
        (["--preset", "dropbox"], "There is no preset dropbox; there are bunny-stream"),
        (["--preset", "vimeo", "--set", "folder=x"], "vimeo has no folder among its values; there are api"),
        (["--preset", "bunny-stream"], "$.values.library: it has no value yet"),
        (["--preset", "vimeo", "--secret", "token=hunter2"], "A secret is NAME=env:VARIABLE"),
        (["--preset", "vimeo", "--secret", "key=env:KEY"], "vimeo has no key among its secrets; there are token"),
        (["--preset", "vimeo", "--set", "api=a", "--set", "api=b"], "api is given twice"),
        (["--preset", "vimeo", "--set", "api"], "'api' is not KEY=VALUE"),
        (["--preset", "vimeo", "--tus", "http://a.example/"], "Give one of --tus URL, --wix, --preset NAME"),
        (["--preset", "vimeo", "--header", "A: b"], "are for --tus"),
        (["--tus", "http://a.example/", "--set", "a=b"], "--set and --secret are for --preset"),
        (["--tus", "http://a.example/", "--wait-until-ready"], "--wait-until-ready is for"),
        (["--wix", "--wait-until-ready"], "--wait-until-ready is for"),
    ])
    func wrongUsageIsToldAndNothingIsMade(_ arguments: [String], _ message: String) async throws {
        let commands = try QueueCommands()
        let words = ["destination", "add", "a", "--database", commands.database] + arguments
        let ending = try await Command.run(words, in: commands.folder)
        #expect(ending.status == 64, "\(ending.errors)")
        #expect(ending.errors.contains(message) && !ending.errors.contains("hunter2"), "\(ending.errors)")
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }
}

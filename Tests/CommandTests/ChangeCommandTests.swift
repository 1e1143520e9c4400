import Testing

/// `pause`, `resume`, `cancel` and `retry`.
@Suite struct ChangeCommandTests {
    @Test func eachTellsWhatBecameOfTheUploads() async throws {
        let commands = try QueueCommands()
        for name in ["a", "b"] { try commands.write(name) }
        try await commands.output("add", "a", "b", "--to", "http://a.example/")
        #expect(try await commands.output("pause", "1", "2") == "1  paused\n2  paused\n")
        #expect(try await commands.output("resume", "2") == "2  pending\n")
        #expect(try await commands.output("cancel", "1") == "1  cancelled\n")
        #expect(try await commands.output("retry", "1") == "1  pending\n")
        let changed = try await commands.array("cancel", "1", "2", "--json")
        #expect(changed.map { $0["status"] as? String } == ["cancelled", "cancelled"])
        #expect(changed.map { $0["id"] as? Int } == [1, 2])
    }

    @Test func whatIsRefusedDoesNotStopTheOthers() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("add", "a", "--to", "http://a.example/")
        let ending = try await commands.run("pause", "7", "1", "8")
        #expect(ending.status == 1)
        #expect(ending.output == "1  paused\n")
        #expect(ending.errors == "upload-queue: there is no upload 7\nupload-queue: there is no upload 8\n")
        let again = try await commands.run("pause", "1")
        #expect(again.status == 1)
        #expect(again.errors == "upload-queue: upload 1 is paused; it cannot pause\n")
        #expect(try await commands.run("retry", "1").status == 1)
        #expect(try await commands.run("cancel").status == 64)
    }
}

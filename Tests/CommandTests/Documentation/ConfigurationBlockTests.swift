import Foundation
import Testing
import Uploads

/// The configurations of the book can be saved, and their pages name every key.
@Suite struct ConfigurationBlockTests {
    private static let blocks = Page.blocks("json").filter { $0.remark == "configuration" }

    @Test(arguments: blocks) func isSavedAndShownAsItWasWritten(_ block: Page.Block) async throws {
        let commands = try QueueCommands()
        try commands.write("destination.json", block.text)
        try await commands.output("destination", "add", "host", "--file", "destination.json")
        let shown = try await commands.object("destination", "show", "host", "--json")
        let written = try #require(QueueCommands.json(block.text) as? NSDictionary)
        #expect(shown["configuration"] as? NSDictionary == written)
        guard let endpoint = shown["endpoint"] as? String else {
            #expect(written["mint"] != nil, "else nothing tells where uploads are created")
            return
        }
        #expect(endpoint.hasPrefix("https://") && !endpoint.contains("{"))
    }

    @Test func thereAreSome() {
        #expect(Self.blocks.count >= 2)
    }

    /// What a mistake lists as known is what the page explains.
    @Test(arguments: [
        ("", "$"), (#""mint":{"x":1,"request":{"url":"https://a/"},"endpoint":"$.a","token":"$.b"}"#, "$.mint"),
        (#""chunk":{"x":1}"#, "$.chunk"), (#""limits":{"x":1}"#, "$.limits"), (#""create":{"x":1}"#, "$.create"),
        (#""derived":{"d":{"x":1}}"#, "$.derived.d"),
        (#""mint":{"request":{"url":"https://a/","x":1}}"#, "$.mint.request"),
        (#""finalize":{"request":{"url":"https://a/"},"file":"$.f","x":1}"#, "$.finalize"),
        (#""file":{"request":{"url":"https://a/"},"x":1}"#, "$.file"),
        (#""errors":[{"steps":["mint"],"status":400,"then":"fail","x":1}]"#, "$.errors[0]"),
    ])
    func everyKeyIsExplained(members: String, place: String) throws {
        let json = members.isEmpty ? #"{"version":1,"x":1}"# : "{\"version\":1,\(members)}"
        let error = #expect(throws: UploadQueueError.self) { try DestinationConfiguration(json: json) }
        let message = try #require(error?.message)
        #expect(message.contains("wrong at \(place).x: this key is not known"))
        let known = try #require(message.components(separatedBy: "known are: ").last).components(separatedBy: ", ")
        let page = try Page.article("YourOwnDestination").lines.section("The document").code
        #expect(page.isSuperset(of: known), "\(Set(known).subtracting(page))")
    }
}

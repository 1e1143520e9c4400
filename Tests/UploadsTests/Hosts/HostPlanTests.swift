import Foundation
import HTTPTypes
import Testing
import Tus

@testable import Uploads

/// What the answer to a mint brings.
@Suite struct HostPlanTests {
    private static func mint(_ members: String) throws -> HostSteps.Mint {
        let json = #"{"version":1,"mint":{"request":{"url":"https://api.example.org/"},\#(members)}}"#
        return try #require(try DestinationConfiguration(json: json).steps.mint)
    }

    private static func minted(_ members: String, _ body: String, fields: HTTPFields = [:]) throws -> HostAPI.Minted? {
        let url = try #require(URL(string: "https://api.example.org/v1/mint"))
        let answer = Answer(status: 200, fields: fields, body: Array(body.utf8))
        return HostPlan.minted(try mint(members), answer, to: url, nil)
    }

    private static let created = #""uploadURL":"$.link","values":{"id":"$.id"}"#

    @Test func anUploadThatExistsIsItsOwnGrant() throws {
        let minted = try #require(try Self.minted(Self.created, #"{"link":"/tus/1?s=x","id":7}"#))
        #expect(minted.uploadURL?.absoluteString == "https://api.example.org/tus/1?s=x")
        #expect(minted.token == minted.uploadURL?.absoluteString && minted.captured == ["id": "7"])
    }

    @Test func aHeaderCanBeThePlace() throws {
        let name = try #require(HTTPField.Name("Location"))
        let minted = try Self.minted(#""uploadURL":"header:Location""#, "", fields: [name: "https://u.example.org/1"])
        #expect(minted?.uploadURL?.absoluteString == "https://u.example.org/1")
    }

    /// What an answer had does not lead a request elsewhere.
    @Test(arguments: [("/videos/1", true), ("@other.example/1", false), (".other.example/1", false), (":81/1", false)])
    func anAnswerIsNoWayToAnotherOrigin(uri: String, isTaken: Bool) throws {
        let json =
            #"{"version":1,"mint":{"request":{"url":"https://api.example.org/"},"token":"$.t","values":{"uri":"$.u"}},"#
            + #""endpoint":"https://a.example.org/","file":{"request":{"url":"https://api.example.org{host.uri}"}}}"#
        let request = try #require(try DestinationConfiguration(json: json).steps.question?.request)
        let url = try? request.request(.confirm, ["host.uri": uri]).url.absoluteString
        #expect(url == (isTaken ? "https://api.example.org/videos/1" : nil))
    }

    /// What came over https does not go over http, and nothing is made up for what is missing.
    @Test(arguments: [
        (created, #"{"link":"http://api.example.org/tus/1","id":7}"#), (created, #"{"link":"https://a.example/1"}"#),
        (created, #"{"id":7}"#), (created, #"{"link":["https://a.example/1"],"id":7}"#), (created, "<html>"),
        (created, #"{"link":"ftp://a.example/1","id":7}"#),
        (#""endpoint":"$.url","token":"$.token""#, #"{"url":"https://a.example/"}"#),
        (#""endpoint":"$.url","token":"$.token""#, #"{"url":"https://a.example/","token":"two words"}"#),
        (#""endpoint":"$.url","token":"$.token""#, #"{"token":"t"}"#),
    ])
    func whatIsNoGrantIsNone(members: String, body: String) throws {
        #expect(try Self.minted(members, body) == nil)
    }
}

import Foundation
import Testing

@testable import Uploads

@Suite struct WixFileTests {
    /// The sample of the host's documentation.
    private static let sample = """
        {
          "file": {
            "id": "2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg",
            "displayName": "file.jpg",
            "url": "https://static.wixstatic.com/media/2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg",
            "parentFolderId": "media-root",
            "hash": "cf96f0567ed967f02bc9580ab8db86be",
            "sizeInBytes": "15359",
            "private": false,
            "mediaType": "IMAGE",
            "media": {
              "image": {
                "image": {
                  "id": "2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg",
                  "url": "https://static.wixstatic.com/media/2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg",
                  "height": 226,
                  "width": 370,
                  "filename": "file.jpg",
                  "sizeInBytes": "15359"
                },
                "faces": []
              }
            },
            "operationStatus": "READY",
            "thumbnailUrl": "https://static.wixstatic.com/media/2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg",
            "labels": [],
            "createdDate": "2022-09-11T15:13:24.000Z",
            "updatedDate": "2022-09-11T15:13:24.000Z"
          }
        }
        """

    private static func file(_ fields: String) throws -> WixFile {
        try WixFile(response: #"{"file": {\#(fields)}}"#)
    }

    @Test func readsTheDocumentedSample() throws {
        let file = try WixFile(response: Self.sample)
        let url = "https://static.wixstatic.com/media/2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg"
        #expect(file.id == "2acbb8_86485e224dd84143ba2f228777217bb7~mv2.jpeg")
        #expect(file.displayName == "file.jpg")
        #expect(file.url == url)
        #expect(file.parentFolderID == "media-root")
        #expect(file.hash == "cf96f0567ed967f02bc9580ab8db86be")
        #expect(file.sizeInBytes == 15359)
        #expect(file.isPrivate == false)
        #expect(file.mediaType == .image)
        #expect(file.operationStatus == .ready)
        #expect(file.thumbnailURL == url)
        #expect(file.labels == [])
        #expect(file.createdDate == "2022-09-11T15:13:24.000Z")
        #expect(file.updatedDate == "2022-09-11T15:13:24.000Z")
        #expect(file.sourceURL == nil && file.siteID == nil && file.state == nil && file.internalTags == nil)
        #expect(file.other.isEmpty)
        guard case .object(let media) = file.media, case .object(let image) = media["image"],
            case .object(let inner) = image["image"]
        else {
            Issue.record("media is \(String(describing: file.media))")
            return
        }
        #expect(image["faces"] == .array([]))
        #expect(inner["height"] == .integer(226) && inner["width"] == .integer(370))
    }

    @Test func readsWhatTheSampleLacks() throws {
        let file = try Self.file(
            #""sourceUrl": "a", "siteId": "b", "state": "OK", "internalTags": ["c", "d"], "private": true, "labels": ["e"]"#
        )
        #expect(file.sourceURL == "a" && file.siteID == "b" && file.state == "OK" && file.internalTags == ["c", "d"])
        #expect(file.isPrivate == true && file.labels == ["e"])
        #expect(file.other.isEmpty)
    }

    @Test func unknownFieldsAndValuesSurvive() throws {
        let file = try Self.file(
            #""mediaType": "HOLOGRAM", "operationStatus": "THINKING", "new": {"a": [1, 1.5, null, true, "x"]}"#
        )
        #expect(file.mediaType == WixFile.MediaType(rawValue: "HOLOGRAM"))
        #expect(file.operationStatus?.rawValue == "THINKING")
        #expect(
            file.other == [
                "new": .object(["a": .array([.integer(1), .number(1.5), .null, .bool(true), .string("x")])])
            ]
        )
    }

    @Test func valuesOfAnUnexpectedTypeAreKeptBeside() throws {
        let file = try Self.file(
            #""id": 7, "private": "no", "labels": [1], "sizeInBytes": "many", "mediaType": null, "hash": []"#
        )
        #expect(file.id == nil && file.isPrivate == nil && file.labels == nil && file.sizeInBytes == nil)
        #expect(file.mediaType == nil && file.hash == nil)
        #expect(Set(file.other.keys) == ["id", "private", "labels", "sizeInBytes", "mediaType", "hash"])
        #expect(file.other["id"] == .integer(7))
    }

    @Test func aSizeIsATextANumberOrNotKnown() throws {
        #expect(try Self.file(#""sizeInBytes": "-1""#).sizeInBytes == nil)
        #expect(try Self.file(#""sizeInBytes": "-1""#).other.isEmpty)
        #expect(try Self.file(#""sizeInBytes": 12"#).sizeInBytes == 12)
        #expect(try Self.file(#""sizeInBytes": "9223372036854775807""#).sizeInBytes == .max)
        #expect(try Self.file(#""sizeInBytes": 1e300"#).sizeInBytes == nil)
    }

    @Test(arguments: ["", "null", "[]", "{}", #"{"file": 1}"#, #"{"file": []}"#, #"{"file": null}"#, "{\"file\": {}"])
    func anythingElseIsNoDescriptor(_ text: String) {
        #expect(throws: UploadQueueError.self) { try WixFile(response: text) }
    }

    @Test func anEmptyDescriptorIsOne() throws {
        #expect(try Self.file("").other.isEmpty)
    }

    @Test func jsonValuesSurviveARoundTrip() throws {
        let text = #"{"a":[null,true,-7,1.5,"x",{"b":{}}],"big":9223372036854775807}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
        guard case .object(let fields) = value else {
            Issue.record("\(value) is no object")
            return
        }
        #expect(fields["big"] == .integer(.max))
        #expect(
            fields["a"]
                == .array([.null, .bool(true), .integer(-7), .number(1.5), .string("x"), .object(["b": .object([:])])])
        )
    }
}

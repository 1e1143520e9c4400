import Foundation
import Testing

@testable import Uploads

@Suite struct UploadQueueSourcesTests {
    @Test func sourcesThatAreGoneOrChangedAreFound() async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.tus("a", endpoint: "http://127.0.0.1:9/"))
        let names = ["whole", "gone", "changed", "folder", "cancelled"]
        for name in names { try await queue.add(.file(try folder.write(name, bytes: 10)), to: "a") }
        for name in names.dropFirst() { try FileManager.default.removeItem(atPath: folder[name]) }
        try folder.write("changed", bytes: 11)
        try FileManager.default.createDirectory(atPath: folder["folder"], withIntermediateDirectories: false)
        try await queue.cancel(5)
        try await queue.pause(2)

        let (looked, troubles) = try await queue.sourceTroubles(limit: 100)
        #expect(looked == 4)
        #expect(troubles.map(\.uploadID) == [2, 3, 4])
        #expect(troubles.map(\.code) == ["source_missing", "source_changed", "source_not_a_file"])
        #expect(troubles.allSatisfy { $0.message.contains(folder[names[Int($0.uploadID) - 1]]) })
        #expect(try await queue.sourceTroubles(limit: 2).looked == 2)
    }

    @Test func theVariablesOfADestinationAreThoseOfItsHeadersAndSecrets() throws {
        let headers = ["Authorization": "env:B", "X-A": "env:A", "X-B": "env:B", "X-C": "env", "X-D": "provider:D"]
        #expect(Destination.tus("a", endpoint: "http://a/", headers: headers).environmentNames == ["A", "B"])
        #expect(try Destination.wix(owner: .site("s"), apiKey: "env:KEY").environmentNames == ["KEY"])
        #expect(Destination.wix().environmentNames == [])
    }
}

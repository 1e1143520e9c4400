import DevelopmentServer
import Foundation
import Testing

/// The uploads at the server that were created by some of its requests, by what they hold.
struct ServerContents {
    private let records: [RequestRecord]
    private let transfers: [String: [RequestRecord]]
    /// Ids by the digest of the bytes.
    private var stored: [String: [String]] = [:]

    /// Looks into the server's folder; of uploads that other requests created nothing is said.
    init(_ folder: String, _ records: [RequestRecord]) throws {
        self.records = records
        transfers = Dictionary(grouping: records.filter { $0.step == .transfer }) { $0.upload ?? "" }
        let created = Set(records.filter { $0.step == .create && $0.status == 201 }.compactMap(\.upload))
        for id in created where FileManager.default.fileExists(atPath: "\(folder)/\(id).bin") {
            stored[try Audit.digest("\(folder)/\(id).bin"), default: []].append(id)
        }
    }

    /// A file is there whole in so many uploads, each of which got each byte once.
    mutating func expect(_ source: String, times: Int = 1, _ comment: Comment) throws {
        let ids = stored.removeValue(forKey: try Audit.digest(source)) ?? []
        #expect(ids.count == times, "\(comment): \(source) is there \(ids.count) times")
        let length = try FileManager.default.attributesOfItem(atPath: source)[.size] as? Int64 ?? -1
        for id in ids {
            let patches = transfers[id] ?? []
            #expect(patches.map(\.bytesStored).reduce(0, +) == length, "\(comment): \(source)")
            #expect(
                // A connection that the server cut may have had more on the way.
                patches.map { $0.cut && $0.fault != nil ? $0.bytesStored : $0.bytesReceived }.reduce(0, +) == length,
                "\(comment): bytes of \(source) were sent twice"
            )
        }
    }

    /// All the others got nothing, since their creation was not recorded; so many grants were finalized, once each.
    func expectNothingElse(finalized: Int, _ comment: Comment) {
        for id in stored.values.joined() {
            #expect(!(transfers[id] ?? []).contains { $0.bytesReceived > 0 }, "\(comment): \(id) got bytes")
        }
        let grants = records.filter(\.finalized).compactMap(\.grant)
        #expect(grants.count == finalized && Set(grants).count == finalized, "\(comment): \(grants)")
    }
}

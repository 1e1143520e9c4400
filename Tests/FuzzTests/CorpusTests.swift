import Foundation
import Testing

/// Every input that was ever of interest, and a bounded number of mutations of it.
///
/// `UPLOAD_QUEUE_SCALE=full` makes fifty times as many; `UPLOAD_QUEUE_SEED` makes others.
@Suite struct CorpusTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let mutations = environment["UPLOAD_QUEUE_SCALE"] == "full" ? 10_000 : 200
    private static let seed = environment["UPLOAD_QUEUE_SEED"].flatMap { UInt64($0) } ?? 1
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    private static func corpus(of name: String) throws -> [(name: String, bytes: [UInt8])] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: name).path)
        return try names.sorted().map { file in
            (file, Array(try Data(contentsOf: folder.appending(path: "\(name)/\(file)"))))
        }
    }

    @Test func everyEntryHasItsInputs() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(folders.sorted() == FuzzEntry.all.map(\.name).sorted())
    }

    @Test(arguments: FuzzEntry.all)
    func theRulesHold(entry: FuzzEntry) throws {
        let corpus = try Self.corpus(of: entry.name)
        try #require(!corpus.isEmpty)
        var mutations = Mutations(of: corpus.map(\.bytes), seed: Self.seed)
        var inputs = 0
        for file in corpus {
            inputs += 1
            #expect(throws: Never.self, "\(file.name)") { try entry.run(file.bytes) }
            for _ in 0..<Self.mutations {
                let input = mutations.next(from: file.bytes)
                inputs += 1
                do {
                    try entry.run(input)
                } catch {
                    Issue.record("seed \(Self.seed), from \(file.name): \(error)\n\(Data(input).base64EncodedString())")
                    break
                }
            }
        }
        print("proof: fuzz inputs: \(inputs) (\(entry.name): \(corpus.count) files and mutations, seed \(Self.seed))")
    }

    /// Without this, mutations that change nothing would pass too.
    @Test func mutationsAreOtherInputs() {
        let input = Array("204\nUpload-Offset: 5\n\n{}".utf8)
        var (mutations, again) = (Mutations(of: [input], seed: 3), Mutations(of: [input], seed: 3))
        let made = (0..<500).map { _ in mutations.next(from: input) }
        #expect(made == (0..<500).map { _ in again.next(from: input) })
        #expect(Set(made).count > 400 && made.contains { $0.count > input.count } && made.contains { $0.isEmpty })
    }
}

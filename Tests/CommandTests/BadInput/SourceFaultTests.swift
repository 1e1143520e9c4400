#if os(Linux)
import DevelopmentServer
import Foundation
import Synchronization
import Testing
import Uploads

/// The file of an upload changes at each point on the way: what comes of it is what the article FaultMatrix says.
@Suite(.timeLimit(.minutes(10))) struct SourceFaultTests {
    enum Change: String, CaseIterable {
        case truncated
        case appended
        case replaced
        case touched
        case removed
        case unreadable
        case directory
        case pipe

        func make(at path: String) {
            let made: Int32 =
                switch self {
                case .truncated: truncate(path, 10)
                case .appended: append(path)
                // The same bytes in another file.
                case .replaced: copy(path) | rename(path + ".new", path)
                case .touched: utimes(path, nil)
                case .removed: unlink(path)
                case .unreadable: chmod(path, 0)
                case .directory: unlink(path) | mkdir(path, 0o700)
                case .pipe: unlink(path) | mkfifo(path, 0o600)
                }
            #expect(made == 0, "\(self)")
        }

        private func append(_ path: String) -> Int32 {
            guard let file = FileHandle(forWritingAtPath: path) else { return -1 }
            file.seekToEndOfFile()
            file.write(Data("more".utf8))
            return 0
        }

        private func copy(_ path: String) -> Int32 {
            let bytes = FileManager.default.contents(atPath: path)
            return FileManager.default.createFile(atPath: path + ".new", contents: bytes) ? 0 : -1
        }
    }

    /// In the order of the columns.
    enum Moment: String, CaseIterable, Sendable {
        case beforeClaim
        case beforeCreate
        case duringTransfer
        case beforeFinalize
        case afterFinalize
        case withMD5
    }

    private static let bytes = 700_000

    /// Uploads are worked one after the other: the one whose grant was asked for last is the one at work.
    private struct AtWork {
        var number = -1
        var isChanged = false
    }

    @Test(arguments: Moment.allCases) func aFileThatChanges(_ moment: Moment) async throws {
        let column = try #require(Moment.allCases.firstIndex(of: moment)) + 1
        let table = try Page.article("FaultMatrix").lines.section("What happens to the file").cells
        let expected = table.filter { $0[0].hasPrefix("`") }.map { "\($0[0].replacing("`", with: "")): \($0[column])" }
        #expect(expected.count == Change.allCases.count)
        let commands = try QueueCommands()
        let paths = Change.allCases.map { commands.folder["\($0.rawValue).jpg"] }
        let atWork = Mutex(AtWork())
        let change: @Sendable () -> Void = {
            let number = atWork.withLock { atWork in
                defer { atWork.isChanged = true }
                return atWork.isChanged ? nil : atWork.number
            }
            if let number { Change.allCases[number].make(at: paths[number]) }
        }
        let onRequest: @Sendable (RequestRecord) -> Void = { record in
            if record.step == .mint { atWork.withLock { $0 = AtWork(number: $0.number + 1) } }
            switch (moment, record.step) {
            case (.beforeCreate, .mint), (.duringTransfer, .transfer), (.afterFinalize, .finalize),
                (.withMD5, .finalize):
                change()
            case (.beforeFinalize, .transfer) where record.offsetAfter == Int64(Self.bytes):
                change()
            default:
                break
            }
        }
        let configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        try await withDevelopmentServer(configuration, onRequest: onRequest) { server in
            let contents = try await Self.add(paths, to: server, commands, verifiesMD5: moment == .withMD5)
            if moment == .beforeClaim { for (change, path) in zip(Change.allCases, paths) { change.make(at: path) } }
            _ = try await commands.shell("WIX_API_KEY=key upload-queue run --drain --concurrency 1")
            let rows = try await SQLiteShell.run(
                "SELECT status, last_error_code FROM upload ORDER BY id",
                on: commands.database
            )
            let found = zip(Change.allCases, rows).map { change, row in
                let parts = row.split(separator: "|").map(String.init)
                return "\(change.rawValue): \(parts[0])" + (parts.count > 1 ? " `\(parts[1])`" : "")
            }
            #expect(found == expected)
            try Self.checkServer(server, commands, contents, completed: found.count { $0.contains(": completed") })
            print("proof: source faults: \(found.count) (\(moment.rawValue))")
        }
        try await commands.expectWholeDatabase()
    }

    /// Adds a file of each path, with a destination that takes three requests for each.
    private static func add(
        _ paths: [String],
        to server: RunningServer,
        _ commands: QueueCommands,
        verifiesMD5: Bool
    ) async throws -> [Data] {
        let queue = try await UploadQueue.open(commands.database)
        var destination = try Destination.wix(
            "media",
            owner: .site("S"),
            apiKey: "env:WIX_API_KEY",
            options: .init(waitsUntilReady: true, verifiesMD5: verifiesMD5),
            api: server.origin
        )
        let json = try #require(destination.configuration?.json)
        destination.configuration = try DestinationConfiguration(json: json.replacing("8388608", with: "262144"))
        try await queue.save(destination)
        var contents: [Data] = []
        for (number, path) in paths.enumerated() {
            let content = Data(repeating: UInt8(number + 1), count: bytes)
            try content.write(to: URL(filePath: path))
            _ = try await queue.add(.file(path), to: "media")
            contents.append(content)
        }
        return contents
    }

    /// The server has nothing but bytes of the files as they were added, and finalized only whole ones.
    private static func checkServer(
        _ server: RunningServer,
        _ commands: QueueCommands,
        _ contents: [Data],
        completed: Int
    ) throws {
        let requests = server.requests()
        #expect(requests.filter(\.finalized).count == completed)
        for (id, requests) in Dictionary(grouping: requests.filter { $0.step == .transfer }, by: \.upload) {
            let stored = try Data(contentsOf: URL(filePath: commands.folder["server/\(try #require(id)).bin"]))
            #expect(requests.map(\.bytesStored).reduce(0, +) == Int64(stored.count))
            #expect(contents.contains { $0.prefix(stored.count) == stored })
        }
        for request in requests where request.finalized {
            let id = try #require(request.upload)
            #expect(contents.contains(try Data(contentsOf: URL(filePath: commands.folder["server/\(id).bin"]))))
        }
    }
}
#endif

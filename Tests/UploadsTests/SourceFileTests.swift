import DevelopmentServer
import Foundation
import HTTPTypes
import Testing
import Tus
import UploadStore

@testable import Uploads

@Suite struct SourceFileTests {
    // MARK: - At add

    @Test func whatIsNoReadableFileIsNotAdded() async throws {
        try await Scene.run { scene in
            let folder = scene.folder
            try #require(mkfifo(folder["fifo"], 0o600) == 0)
            try FileManager.default.createSymbolicLink(
                atPath: folder["dangling"],
                withDestinationPath: folder["nothing"]
            )
            try FileManager.default.createSymbolicLink(atPath: folder["loop"], withDestinationPath: folder["loop"])
            try folder.write("file", bytes: 1)
            let refused = [
                folder["missing"], folder.path, folder["fifo"], folder["dangling"], folder["loop"],
                folder["file/below"],
                "/dev/null", "", "a\0b", "/" + String(repeating: "x", count: 5000),
                folder["name-" + String(repeating: "x", count: 300)],
            ]
            for path in refused {
                let error = await #expect(throws: UploadQueueError.self, "\(path.prefix(80))") {
                    try await scene.queue.add(.file(path), to: "server")
                }
                #expect(error?.code == .invalidSource, "\(path.prefix(80))")
            }
            // One that cannot be read adds none.
            await #expect(throws: UploadQueueError.self) {
                try await scene.queue.add([.file(folder["file"]), .file(folder["missing"])], to: "server")
            }
            #expect(try await scene.queue.uploads().isEmpty)
        }
    }

    @Test func linksAndRelativePathsLeadToTheFile() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file.bin", bytes: 500)
            try FileManager.default.createSymbolicLink(atPath: scene.folder["link.bin"], withDestinationPath: path)
            let here = FileManager.default.currentDirectoryPath
            let up = String(repeating: "../", count: here.split(separator: "/").count)
            let paths = [scene.folder["link.bin"], up + path.dropFirst(), "\(scene.folder.path)/./x/..//file.bin"]
            try FileManager.default.createDirectory(atPath: scene.folder["x"], withIntermediateDirectories: false)
            for path in paths {
                let upload = try await scene.queue.add(.file(path), to: "server")
                #expect(upload.sourcePath.hasPrefix("/"))
                try await scene.drain()
                let done = try await scene.upload(upload.id)
                #expect(done.status == .completed, "\(path)")
                #expect(try scene.stored(done) == TestFolder.bytes(500))
            }
        }
    }

    /// `..` after a link to a folder leads to that folder's parent: what the kernel says, not what the text says.
    @Test func dotsAfterALinkMeanWhatTheKernelSays() async throws {
        try await Scene.run { scene in
            let folder = scene.folder
            try FileManager.default.createDirectory(atPath: folder["a/b"], withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: folder["a/b"])
            try folder.write("a/file.bin", bytes: 100, seed: 1)
            try folder.write("file.bin", bytes: 100, seed: 2)
            let upload = try await scene.queue.add(.file(folder["link/../file.bin"]), to: "server")
            try await scene.drain()
            #expect(try scene.stored(try await scene.upload(upload.id)) == TestFolder.bytes(100, seed: 1))
        }
    }

    // MARK: - After it was added

    enum Change: CaseIterable, Sendable {
        case longer, shorter, sameLength, touched, replaced, removed, becameFolder

        var code: String {
            switch self {
            case .removed: "source_missing"
            case .becameFolder: "source_not_a_file"
            default: "source_changed"
            }
        }

        func make(at path: String) throws {
            let files = FileManager.default
            switch self {
            case .longer: try TestFolder.bytes(1001, seed: 2).write(to: URL(filePath: path))
            case .shorter: try #require(truncate(path, 10) == 0)
            case .sameLength: try TestFolder.bytes(1000, seed: 2).write(to: URL(filePath: path))
            case .touched:
                try files.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
            case .replaced:
                try TestFolder.bytes(1000).write(to: URL(filePath: path + ".new"))
                try #require(rename(path + ".new", path) == 0)
            case .removed: try files.removeItem(atPath: path)
            case .becameFolder:
                try files.removeItem(atPath: path)
                try files.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        }
    }

    @Test(arguments: Change.allCases) func aChangeBeforeTheFirstClaimIsFound(_ change: Change) async throws {
        try await Scene.run { scene in
            let upload = try await scene.add(bytes: 1000)
            try change.make(at: upload.sourcePath)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .failed(change.code))
            #expect(scene.requests(.create).isEmpty)
        }
    }

    /// The file changes while the first PATCH is answered: no byte of the second version is sent.
    @Test(arguments: Change.allCases) func aChangeBetweenTwoRequestsIsFound(_ change: Change) async throws {
        let file = WatchedFile()
        try await Scene.run(chunkSize: 400, onRequest: file.atTransfer(change.make)) { scene in
            let upload = try await scene.add(bytes: 1000)
            file.set(upload.sourcePath)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .failed(change.code))
            #expect(scene.requests(.transfer).map(\.bytesStored) == [400])
        }
    }

    /// With the last byte's answer the server has a file that no longer is the source.
    @Test(arguments: Change.allCases) func aChangeBeforeFinalizeIsFound(_ change: Change) async throws {
        let file = WatchedFile()
        try await Scene.run(onRequest: file.atTransfer(change.make)) { scene in
            let (upload, _) = try await scene.addGranted(bytes: 1000)
            file.set(upload.sourcePath)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .failed(change.code))
            #expect(scene.requests(.finalize).isEmpty)
        }
    }

    @Test func retryTakesTheFileAsItIsNow() async throws {
        let file = WatchedFile()
        try await Scene.run(chunkSize: 400, onRequest: file.atTransfer(Change.longer.make)) { scene in
            let upload = try await scene.add(bytes: 1000)
            file.set(upload.sourcePath)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).failure?.code == "source_changed")
            file.forget()
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(done.length == 1001)
            #expect(try scene.stored(done) == TestFolder.bytes(1001, seed: 2))
            #expect(scene.requests(.create).count == 2)
        }
    }

    /// A file that was removed after its last byte was there does not stand in the way of finalize.
    @Test func finalizeNeedsNoFileAnyMore() async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), .status(428))]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            #expect(try await scene.upload(upload.id).phase == .finalize)
            try FileManager.default.removeItem(atPath: upload.sourcePath)
            try await scene.queue.resume(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    /// The server stops reading in the middle of a request; the file is cut short behind what it has.
    @Test func truncatedDuringATransferIsFound() async throws {
        let fault = Fault(.step(.transfer), .stall(afterBytes: 1 << 20), times: 1000)
        try await Scene.run(faults: [fault]) { scene in
            let upload = try await scene.add(bytes: 32 << 20)
            try await scene.whileWorking(scene.processor(drain: false, stallTimeout: .seconds(1))) {
                try await scene.wait(for: upload.id) { $0.phase == .transfer }
                try #require(truncate(upload.sourcePath, 1000) == 0)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(Ending(try await scene.upload(upload.id)) == .failed("source_changed"))
        }
    }

    /// Past its end a file gives nothing: the request must end rather than spin.
    @Test func aRequestBeyondTheEndOfItsFileEnds() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("short.bin", bytes: 500_000)
            // Nothing here stalls: what must end the request is the file, long before this bound.
            let transport = Transport(connections: 1, stall: .seconds(120))
            let collection = try #require(URL(string: scene.server.endpoint))
            let creation = Request(
                step: .create,
                method: .post,
                url: collection,
                fields: [.tusResumable: "1.0.0", .uploadLength: "900000"],
                body: .bytes([])
            )
            let location = try #require(try await transport.send(creation, file: nil).fields[.location])
            let url = try #require(URL(string: location, relativeTo: collection)?.absoluteURL)
            // An upload that exists: the server reads the body before it answers.
            let request = Request(
                step: .transfer,
                method: .patch,
                url: url,
                fields: [
                    .tusResumable: "1.0.0", .uploadOffset: "0", .contentType: "application/offset+octet-stream",
                ],
                body: .file(0..<900_000)
            )
            let file = try SourceFile(path: path)
            await #expect(throws: RequestFailure.self) { try await transport.send(request, file: file) }
            try await transport.shutdown()
        }
    }
}

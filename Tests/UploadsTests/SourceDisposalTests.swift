import Foundation
import Testing
import UploadStore

@testable import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A source goes only if it is the very file that was uploaded, and what cannot go stays under its own name.
@Suite struct SourceDisposalTests {
    /// What happened to a file between the end of its upload and the end of the source.
    struct Case: Sendable, CustomTestStringConvertible {
        var script: String
        /// Words of the reason; nil: it goes.
        var kept: String?
        var testDescription: String { script }

        init(_ script: String, _ kept: String? = nil) {
            self.script = script
            self.kept = kept
        }
    }

    static let changes = [
        Case("true"),
        Case("echo > unrelated"),
        Case("cp -p in/file other && mv other in/file", "not the file any more"),
        Case("touch in/file", "not the file any more"),
        Case("echo more >> in/file", "not the file any more"),
        Case("truncate -s 10 in/file", "not the file any more"),
        Case("chmod 640 in/file", "not the file any more"),
        Case("ln in/file other", "not the file any more"),
        Case("mv in/file real && ln -s ../real in/file", "is a link or no regular file"),
        Case("rm in/file && mkdir in/file", "is a link or no regular file"),
        Case("rm in/file && mkfifo in/file", "is a link or no regular file"),
        Case("mv in elsewhere && mkdir in && cp -p elsewhere/file in/file", "not the file any more"),
        Case("echo mine > in/.upload-queue-1-$(stat -c %i in/file)", "has a name of the queue's"),
    ]

    /// Runs a body with an upload that is completed, and whose source is still to go.
    private func completed(
        _ assignment: String,
        _ body: (Scene, Upload) async throws -> Void
    ) async throws {
        try await Scene.run { scene in
            for name in ["in", "out"] { #expect(mkdir(scene.folder[name], 0o700) == 0) }
            let upload = try await scene.add("in/file")
            try await scene.drain()
            try await scene.sql("UPDATE upload SET \(assignment)")
            try await body(scene, upload)
        }
    }

    private func shell(_ script: String, in scene: Scene) async throws {
        _ = try await ChildProcess.output(["bash", "-ec", "cd '\(scene.folder.path)'; \(script)"])
    }

    private func listing(_ scene: Scene) async throws -> [String] {
        try await ChildProcess.output([
            "bash", "-c",
            "cd '\(scene.folder.path)'; find in out other real elsewhere -printf '%p %y %i\\n' 2> /dev/null | sort",
        ])
    }

    private func kept(_ id: Upload.ID, _ scene: Scene) async throws -> [String] {
        try await scene.sql(
            "SELECT source_settled, last_error_code, last_error FROM upload WHERE id = \(id)"
        )
    }

    @Test(arguments: changes) func onlyTheVeryFileIsDeleted(_ change: Case) async throws {
        try await completed("after_completion = 'delete'") { scene, upload in
            try await shell(change.script, in: scene)
            let before = try await listing(scene)
            try await scene.drain()
            let after = try await listing(scene)
            let row = try await kept(upload.id, scene).joined()
            if let words = change.kept {
                #expect(after == before)
                #expect(row.hasPrefix("1|source_kept|\(scene.folder["in/file"])") && row.contains(words), "\(row)")
                #expect(try await scene.story(upload.id).last == "source kept")
            } else {
                #expect(after == before.filter { !$0.hasPrefix("in/file") })
                #expect(row == "1||")
                #expect(try await scene.story(upload.id).last == "source deleted")
            }
            try await scene.drain()
            #expect(try await scene.story(upload.id).count { $0.hasPrefix("source") } == 1)
        }
    }

    @Test(
        arguments: changes + [
            Case("echo > out/file", "there is a"), Case("mkdir out/file", "there is a"),
            Case("ln -s nowhere out/file", "there is a"), Case("rmdir out", "cannot be made"),
            Case("rmdir out; echo > out", "cannot be made"), Case("rm in/file", "was gone before"),
            Case("rm -r in", "was gone before"),
        ]
    )
    func onlyTheVeryFileIsMovedAndNothingIsReplaced(_ change: Case) async throws {
        try await completed("after_completion = 'move', move_to = '/'") { scene, upload in
            try await scene.sql("UPDATE upload SET move_to = '\(scene.folder["out"])'")
            try await shell(change.script, in: scene)
            let before = try await listing(scene)
            try await scene.drain()
            let after = try await listing(scene)
            let row = try await kept(upload.id, scene).joined()
            if let words = change.kept {
                #expect(after == before)
                #expect(row.hasPrefix("1|source_kept|\(scene.folder["in/file"])") && row.contains(words), "\(row)")
            } else {
                #expect(after == before.map { $0.replacing("in/file", with: "out/file") }.sorted())
                #expect(row == "1||")
                #expect(try await scene.story(upload.id).last == "source moved")
            }
        }
    }

    @Test func aFileThatIsGoneAlreadyIsDeleted() async throws {
        try await completed("after_completion = 'delete'") { scene, upload in
            try await shell("rm -r in", in: scene)
            try await scene.drain()
            #expect(try await kept(upload.id, scene) == ["1||"])
        }
    }

    @Test func aLinkThatWasAddedStays() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("real", bytes: 10)
            #expect(symlink(path, scene.folder["link"]) == 0)
            let options = AddOptions(afterCompletion: .delete)
            let upload = try await scene.queue.add(.file(scene.folder["link"]), to: "server", options: options)
            try await scene.drain()
            #expect(try await scene.story(upload.id).last == "source kept")
            #expect(FileManager.default.fileExists(atPath: scene.folder["link"]))
        }
    }

    @Test func aNoteKeepsTheFile() async throws {
        try await completed("after_completion = 'delete', last_error_code = 'unconfirmed', last_error = 'why'") {
            scene,
            upload in
            try await scene.drain()
            #expect(FileManager.default.fileExists(atPath: upload.sourcePath))
            #expect(try await kept(upload.id, scene).joined().contains("completed with a note (unconfirmed): why"))
        }
    }

    /// While another worker is at a file, it is left alone, and nothing is noted.
    @Test func aFileInHandIsLeftAlone() async throws {
        try await completed("after_completion = 'delete'") { scene, upload in
            let other = try SourceFile(path: upload.sourcePath)
            #expect(other.lock())
            try await scene.drain()
            #expect(FileManager.default.fileExists(atPath: upload.sourcePath))
            #expect(try await kept(upload.id, scene) == ["0||"])
            let error = await #expect(throws: UploadQueueError.self) { try await scene.queue.remove([upload.id]) }
            #expect(error?.code == .refused)
            withExtendedLifetime(other) {}
        }
    }

    /// What a crash left under the queue's own name is taken up; or given back where it changed since.
    @Test(arguments: [true, false]) func aNameThatWasTakenBeforeACrashIsTakenUp(_ changes: Bool) async throws {
        try await completed("after_completion = 'delete'") { scene, upload in
            let own = "in/.upload-queue-1-$(stat -c %i in/file)"
            try await shell("own=\(own); mv in/file $own; \(changes ? "echo more >> $own" : "true")", in: scene)
            try await scene.drain()
            let names = try FileManager.default.contentsOfDirectory(atPath: scene.folder["in"])
            #expect(names == (changes ? ["file"] : []))
            #expect(try await scene.story(upload.id).last == (changes ? "source kept" : "source deleted"))
        }
    }

    /// A worker died with a file that had come between its last look and the new name.
    @Test func anotherFileThatWasTakenBeforeACrashIsGivenBack() async throws {
        try await completed("after_completion = 'delete'") { scene, upload in
            let own = "in/.upload-queue-1-$(stat -c %i in/file)"
            try await shell("own=\(own); echo another > other; mv in/file kept; mv other $own", in: scene)
            try await scene.drain()
            #expect(try FileManager.default.contentsOfDirectory(atPath: scene.folder["in"]) == ["file"])
            #expect(try String(contentsOfFile: upload.sourcePath, encoding: .utf8) == "another\n")
            #expect(try await scene.story(upload.id).last == "source kept")
        }
    }

    /// The same file on its way to another destination: the upload that completes last sees to it.
    @Test(arguments: [true, false]) func anotherUploadOfTheFileIsWaitedFor(_ completes: Bool) async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file", bytes: 10)
            let first = try await scene.queue.add(.file(path), to: "server", options: .init(afterCompletion: .delete))
            let second = try await scene.queue.add(.file(path), to: "server", options: .init(batch: "later"))
            try await scene.queue.pause(.batch("later"))
            try await scene.drain()
            #expect(try await scene.upload(first.id).status == .completed)
            #expect(FileManager.default.fileExists(atPath: path))
            if completes {
                try await scene.queue.resume(.batch("later"))
            } else {
                try await scene.queue.cancel(second.id)
            }
            try await scene.drain()
            #expect(try await scene.upload(second.id).status == (completes ? .completed : .cancelled))
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await scene.story(first.id).last == "source deleted")
        }
    }
}

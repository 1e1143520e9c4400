import DevelopmentServer
import Foundation
import Testing
import Uploads

/// What the sqlite3 shell adds and asks for.
@Suite struct ShellTests {
    @Test func aRunningProcessorPicksUpAnInsert() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("it's.bin", bytes: 5000)
            try await scene.whileWorking(scene.processor(drain: false)) {
                let id = try await scene.sql(
                    """
                    INSERT INTO upload(source_path, destination) VALUES('\(path.replacing("'", with: "''"))', 'server');
                    SELECT last_insert_rowid();
                    """
                )
                let upload = try #require(id.first.flatMap { Int64($0) })
                try await scene.queue.waitUntilFinished(upload)
                let done = try await scene.upload(upload)
                #expect(done.status == .completed)
                #expect(done.length == 5000)
                #expect(try scene.stored(done) == TestFolder.bytes(5000))
            }
        }
    }

    @Test func insertsOfWhatIsNoFileFailByThemselves() async throws {
        try await Scene.run { scene in
            let good = try scene.folder.write("good.bin", bytes: 100)
            try await scene.sql(
                """
                INSERT INTO upload(source_path, destination) VALUES
                    ('\(scene.folder["missing"])', 'server'), ('\(scene.folder.path)', 'server'), ('\(good)', 'server');
                """
            )
            try await scene.drain()
            let uploads = try await scene.queue.uploads()
            #expect(
                uploads.map { Ending($0) } == [.failed("source_missing"), .failed("source_not_a_file"), .completed]
            )
            #expect(uploads[0].failure?.message.contains(scene.folder["missing"]) == true)
            // Put back, it can be retried.
            try scene.folder.write("missing", bytes: 10)
            try await scene.queue.retry(uploads[0].id)
            try await scene.drain()
            #expect(try await scene.upload(uploads[0].id).status == .completed)
        }
    }

    @Test func columnsOfAnInsertAreHonoured() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("good.bin", bytes: 100)
            try await scene.sql(
                """
                INSERT INTO upload(source_path, destination, filename, content_type, metadata)
                VALUES('\(path)', 'server', 'name.txt', 'text/x-own', '{"a": "b", "n": 7, "t": true}');
                """
            )
            try await scene.drain()
            let upload = try await scene.upload(1)
            #expect(upload.status == .completed)
            let metadata = try scene.storedMetadata(upload)
            let expected = [
                ("a", "b"), ("filename", "name.txt"), ("filetype", "text/x-own"), ("n", "7"), ("t", "true"),
            ]
            #expect(metadata == expected.map { "\($0) \(Data($1.utf8).base64EncodedString())" }.joined(separator: ","))
        }
    }

    /// Metadata that cannot be sent is not left out in silence.
    @Test func metadataThatIsNoTextFails() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("good.bin", bytes: 100)
            for metadata in [#"{"a": {"b": 1}}"#, #"{"a": null}"#, #"{"a": [1]}"#] {
                try await scene.sql(
                    "INSERT INTO upload(source_path, destination, metadata) VALUES('\(path)', 'server', '\(metadata)');"
                )
            }
            try await scene.drain()
            for upload in try await scene.queue.uploads() {
                #expect(Ending(upload) == .failed("invalid_metadata"))
            }
            #expect(scene.requests(.create).isEmpty)
        }
    }

    @Test func pauseAndResumeByHand() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.sql("UPDATE upload SET status = 'paused' WHERE id = \(upload.id)")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .paused)
            try await scene.sql("UPDATE upload SET status = 'pending' WHERE id = \(upload.id)")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}

import DevelopmentServer
import Foundation
import Testing
import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A worker that is stopped lives: nobody takes its uploads, and people are told.
@Suite(.serialized) struct HungWorkerTests {
    @Test func aStoppedWorkerKeepsItsUploadsAndIsShown() async throws {
        let folder = try TemporaryFolder()
        let database = folder["queue.db"]
        let source = try folder.write("a.bin", bytes: 1000, seed: 1)
        var configuration = DevelopmentServer.Configuration(directory: folder["server"])
        configuration.faults = [Fault(.step(.transfer), .delay(.seconds(2)))]
        try await withDevelopmentServer(configuration) { server in
            let add = ["add", "--database", database, "--to", server.endpoint, source]
            #expect(try await Command.run(add, in: folder).status == 0)
            let queue = try await UploadQueue.open(database)
            let run = try Command(["run", "--drain", "--database", database], in: folder)
            for try await upload in queue.updates(of: 1) where upload.phase == .transfer { break }
            run.signal(SIGSTOP)
            // It cannot show that it goes on; that it was silent for long is told by the time of its lock.
            let worker = try #require(try await queue.runningWorkers().first)
            var times = [timeval(tv_sec: time(nil) - 300, tv_usec: 0), timeval(tv_sec: time(nil) - 300, tv_usec: 0)]
            try #require(utimes("\(database).worker-\(worker.id)", &times) == 0)

            let status = try await Command.run(["status", "--database", database], in: folder)
            #expect(status.output.contains("worker \(worker.id) hangs: it was seen last 5 min ago"), "\(status.output)")
            #expect(status.output.contains("kill -CONT \(worker.pid)"))
            let json = try await Command.run(["status", "--json", "--database", database], in: folder)
            #expect(json.output.contains("seen_at"))
            let doctor = try await Command.run(["doctor", "--database", database], in: folder)
            #expect(doctor.output.contains("warning  workers"), "\(doctor.output)")
            #expect(doctor.output.contains("worker \(worker.id) hangs"), "\(doctor.output)")
            #expect(try await queue.takeOverDead(at: Date()).isEmpty)
            #expect(try await queue.upload(1)?.status == .processing)

            run.signal(SIGCONT)
            #expect(try await run.wait().status == 0)
            #expect(try await queue.upload(1)?.status == .completed)
            #expect(try await queue.events(of: 1).map(\.event).contains("takeover") == false)
            #expect(try await queue.runningWorkers().isEmpty)
        }
    }

    /// It shows that it goes on also where it has nothing to do.
    @Test func anIdleWorkerIsSeenAgainAndAgain() async throws {
        let folder = try TemporaryFolder()
        let database = folder["queue.db"]
        let queue = try await UploadQueue.open(database)
        let run = try Command(["run", "--database", database], in: folder)
        while try await queue.runningWorkers().isEmpty { await Task.yield() }
        let worker = try #require(try await queue.runningWorkers().first)
        var times = [timeval(tv_sec: 1_000_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000_000, tv_usec: 0)]
        // The file can be told of before its worker took the time of it for the first time.
        try #require(utimes("\(database).worker-\(worker.id)", &times) == 0)
        while try await queue.runningWorkers().first?.lastSeenAt.hasPrefix("2001") == true { await Task.yield() }
        #expect(try await queue.runningWorkers().first?.id == worker.id)
        run.signal(SIGTERM)
        _ = try await run.wait()
    }
}

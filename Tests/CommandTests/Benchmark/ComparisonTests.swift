import Foundation
import Testing

@testable import upload_queue_benchmark

/// What the benchmark makes of its measurements.
@Suite struct ComparisonTests {
    private static let workload = Workload(files: 2_000, fileBytes: 64 << 10)

    private static func usage(_ wall: Double, cpu: Double = 1, mebibytes: Double = 1) -> Usage {
        Usage(wallSeconds: wall, cpuSeconds: cpu, peakBytes: mebibytes * 1_048_576, requests: 4_000)
    }

    @Test func theMedianIsInTheMiddle() {
        #expect([3.0, 1, 100].median == 3)
        #expect([4.0, 1, 100, 2].median == 3)
        #expect([7.0].median == 7)
    }

    @Test func stepsAddUpButTheirMemoryDoesNot() {
        var comparison = Comparison(workload: Self.workload)
        comparison.add([Self.usage(1, cpu: 2, mebibytes: 9), Self.usage(3, mebibytes: 5)], of: .curl)
        #expect(
            comparison.rows[0].runs == [
                Usage(wallSeconds: 4, cpuSeconds: 3, peakBytes: 9_437_184, requests: 8_000)
            ]
        )
    }

    @Test func ratiosAreToUploadQueue() {
        var comparison = Comparison(workload: Self.workload)
        for wall in [1.0, 5, 3] {
            comparison.add([Self.usage(1), Self.usage(wall)], of: .uploadQueue)
            comparison.add([Self.usage(wall * 2, mebibytes: 3)], of: .tuspy)
        }
        #expect(comparison.rows.map(\.client) == ["upload-queue", "upload-queue run", "tuspy"])
        #expect(comparison.rows.map(\.median.wallSeconds) == [4, 3, 6])
        #expect(comparison.rows.map(\.ratio.wallSeconds) == [1, 0.75, 1.5])
        #expect(comparison.rows[2].ratio.peakBytes == 3)
    }

    @Test func theTableIsAligned() {
        var comparison = Comparison(workload: Self.workload)
        comparison.add([Self.usage(10, cpu: 0.5)], of: .uploadQueue)
        comparison.add([Self.usage(5, mebibytes: 1_064)], of: .tuspy)
        #expect(
            Report.table(comparison.rows) == """
                client            wall s  ratio  CPU s  ratio  peak MiB    ratio  requests  ratio
                upload-queue       10.00   1.00   0.50   1.00       1.0     1.00      4000   1.00
                upload-queue run   10.00   1.00   0.50   1.00       1.0     1.00      4000   1.00
                tuspy               5.00   0.50   1.00   2.00    1064.0  1064.00      4000   1.00

                """
        )
    }

    @Test func aFileThatArrivedChangedIsMissing() throws {
        let folder = try TemporaryFolder()
        let sources = try ["a", "b"].map { URL(filePath: try folder.write($0, bytes: 100, seed: $0 == "a" ? 1 : 2)) }
        let digests = try Digests(of: sources)
        #expect(try digests.missing(in: Digests(of: sources.reversed())) == 0)
        #expect(try digests.missing(in: Digests(of: [sources[0], sources[0]])) == 1)
    }

    @Test func aMissingClientIsAnErrorThatSaysHowToInstallIt() throws {
        let error = #expect(throws: BenchmarkError.self) { try Tools(tuspy: "/nowhere/tuspy") }
        #expect(error?.status == 69)
        #expect(error?.message.contains(".ci/tuspy /nowhere/tuspy") == true, "\(error?.message ?? "")")
    }
}

import Foundation
import Testing
import Uploads

@testable import UploadStore
@testable import upload_queue

@Suite struct RunProgressTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let mebi: Int64 = 1 << 20

    private static func active(_ id: Int64, _ phase: Upload.Phase = .transfer) -> RunProgress.Active {
        var rate = TransferRate()
        rate.add(0, at: 0)
        rate.add(8 * mebi, at: 2)
        let path = "/scans/2026/sheet-\(id).tif"
        let transfer = Transfer(
            id: id,
            sourcePath: path,
            phase: phase,
            length: 16 * mebi,
            offset: 4 * mebi,
            sent: 4 * mebi
        )
        return .init(transfer: transfer, rate: rate)
    }

    private static func progress() -> RunProgress {
        var progress = RunProgress()
        progress.active = [active(7), active(8, .finalize)]
        progress.ended = .init(completed: 3, failed: 0, bytes: 48 * mebi)
        progress.uploads = 6
        progress.bytesThere = 72 * mebi
        progress.bytes = 96 * mebi
        return progress
    }

    @Test func barsTellBytesRateTimeAndName() {
        let lines = Self.progress().lines(at: Self.now, on: Display(columns: 120))
        #expect(
            lines == [
                "     7  ━━━━━━━━━━━━━━━───────────────  50 %     8.0 MiB of 16.0 MiB     4.0 MiB/s  0:02 left  sheet-7.tif",
                "     8  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 100 %  finalizing  sheet-8.tif",
                "   all  ━━━━━━━━━━━━━━━━━━━━━━────────  75 %  3 of 6 uploads    72.0 MiB of 96.0 MiB",
            ]
        )
    }

    @Test func asciiTerminalsGetASCII() {
        let lines = Self.progress().lines(at: Self.now, on: Display(columns: 80, hasUnicode: false))
        #expect(lines[0].hasPrefix("     7  #####-----  50 %     8.0 MiB of 16.0 MiB     4.0 MiB/s"))
        #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
    }

    @Test(arguments: 1...160) func noLineIsWiderThanTheTerminal(_ columns: Int) {
        var progress = Self.progress()
        progress.waiting = [
            .init(reason: .retry, detail: "server_busy", uploads: 2, until: "2027-01-15T08:00:30.000Z", oldestUpload: 4)
        ]
        progress.ended.failed = 1
        // Title, bar and percent are always shown.
        let least = 6 + 2 + 6 + 6
        for line in progress.lines(at: Self.now, on: Display(columns: columns)) {
            #expect(line.columns <= max(columns, least))
        }
    }

    @Test func waitsAndFailuresAreTold() {
        var progress = Self.progress()
        progress.waiting = [
            .init(reason: .worker, uploads: 90, oldestUpload: 1),
            .init(
                reason: .retry,
                detail: "server_busy",
                uploads: 2,
                until: "2027-01-15T08:00:30.000Z",
                oldestUpload: 4
            ),
            .init(reason: .quota, detail: "archive", uploads: 1, oldestUpload: 5),
        ]
        progress.ended.failed = 1
        let lines = progress.lines(at: Self.now, on: Display(columns: 100))
        #expect(
            lines.suffix(3) == [
                "      2 wait for another try after server_busy; the first goes on in 30 s",
                "      1 waits for space at archive, then `upload-queue resume`",
                "      1 failed: `upload-queue status` tells why",
            ]
        )
        #expect(lines.count == 6)
    }

    @Test func shortTerminalsShowFewerBarsAndHowManyMore() {
        var progress = Self.progress()
        progress.active = (1...30).map { Self.active($0) }
        let lines = progress.lines(at: Self.now, on: Display(columns: 100, lines: 12))
        #expect(lines.count == 6)
        #expect(lines[4] == "      26 more in hand")
        #expect(progress.lines(at: Self.now, on: Display(columns: 100, lines: 200)).count == 18)
    }

    @Test func namesCannotSteerTheTerminal() {
        var progress = Self.progress()
        progress.active[0].transfer.sourcePath = "/scans/evil\u{1B}[2J.tif"
        let lines = progress.lines(at: Self.now, on: Display(columns: 160))
        #expect(lines[0].hasSuffix(#"evil\u{1b}[2J.tif"#))
    }

    @Test(arguments: [(0, "0:00"), (6.2, "0:07"), (760, "12:40"), (11_100, "3:05:00"), (1e9, "days")])
    func timeLeftIsAClock(_ seconds: Double, _ text: String) {
        #expect(RunProgress.clock(seconds) == text)
    }
}

@Suite struct TransferRateTests {
    @Test func rateIsOfTheLastSeconds() throws {
        var rate = TransferRate()
        #expect(rate.perSecond == nil)
        for second in 0...20 { rate.add(Int64(second) * 100, at: Double(second)) }
        for second in 21...40 { rate.add(2000, at: Double(second)) }
        #expect(rate.perSecond == 0)
        #expect(rate.secondsLeft(for: 10) == nil)
        rate.add(2800, at: 41)
        #expect(rate.perSecond == 100)
        #expect(rate.secondsLeft(for: 250) == 2.5)
    }

    @Test func lessThanASecondTellsNothing() {
        var rate = TransferRate()
        rate.add(0, at: 0)
        rate.add(1_000_000, at: 0.9)
        #expect(rate.perSecond == nil)
    }
}

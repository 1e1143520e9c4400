import Foundation
import Testing
import UploadStore

@testable import Uploads
@testable import upload_queue

@Suite struct WatchFrameTests {
    /// The time of day of the samples, in the time zone of this machine.
    private static let clock = Moment(WatchSample.now).timeOfDay

    /// A look at more than can be listed.
    private static var thousands: WatchLook {
        var look = WatchSample.look()
        look.active = (1000..<1500).map { WatchSample.upload($0) }
        look.paused = (3000..<3100).map { WatchSample.upload($0, .paused) }
        look.failures = (5000..<5100).reversed().map { WatchSample.failure($0) }
        for (status, uploads) in [(Upload.Status.processing, 3000), (.paused, 100), (.failed, 12345)] {
            guard let index = look.counts.firstIndex(where: { $0.status == status }) else { continue }
            look.counts[index].uploads = uploads
        }
        return look
    }

    /// A look at texts that are wide, that combine, that steer, and that are long.
    private static var strange: WatchLook {
        var look = WatchSample.look()
        look.database = "/データ/キュー/queue.db"
        look.active[0].sourcePath = "/scans/植物標本室の標本番号一二三四五六七八九十.tif"
        look.active[1].sourcePath = "/scans/e\u{301}\u{302}\u{303}vil\u{1B}[2J\r\n\u{202E}.tif"
        look.active[2].sourcePath = "/scans/\u{301}👩‍👩‍👧🇨🇭❤\u{FE0F}" + String(repeating: "長", count: 500)
        look.paused[0].sourcePath = look.active[0].sourcePath
        look.failures[0].message = "日本語のエラー\u{7}" + String(repeating: "é", count: 300)
        look.failures[1].code = String(repeating: "コード", count: 40)
        look.waiting[1].detail = "\u{1B}]0;title\u{7}"
        return look
    }

    @Test func usualTerminal() {
        var state = WatchSample.state()
        _ = state.take(.first)
        #expect(
            WatchSample.lines(state, columns: 80, lines: 25) == [
                "queue /var/lib/uploads/queue.db                                        \(Self.clock)",
                "workers  2: pid 4711 with 2, pid 4712 with 1",
                "speed    4.0 MiB/s  60 uploads/min  8:06 left",
                "uploads  120 pending 1.9 GiB  3 processing 24.0 MiB of 48.0 MiB",
                "         2 paused 4.0 MiB of 32.0 MiB  880 completed 13.8 GiB",
                "         2 failed 32.0 MiB",
                "",
                "ACTIVE 3",
                ">     12  ━━──────  25 %     4.0 MiB of 16.0 MiB     1.0 MiB/s  sheet-12.tif",
                "      13  ━━──────  25 %  pause requested     4.0 MiB of 16.0 MiB  sheet-13.tif",
                "      14  ━━━━━━━━ 100 %  finalizing  sheet-14.tif",
                "",
                "WAITING FOR",
                "     118  a worker with room",
                "       2  another try after server_busy; the first goes on in 30 s",
                "",
                "PAUSED 2",
                "       7   25.0 %  by a person     sheet-7.tif",
                "       8   25.0 %  quota_exceeded  sheet-8.tif",
                "",
                "FAILED 2, newest first",
                "       9    3 min ago  source_changed  /scans/a.tif changed after it was added",
                "       3    3 min ago  source_changed  /scans/a.tif changed after it was added",
                "",
                "q quit  ? help  ↑↓ select  p pause/resume  r retry  c cancel  Enter story",
            ]
        )
    }

    @Test func aWorkerThatHangsIsNamed() {
        var look = WatchSample.look()
        look.workers[1].isHung = true
        let lines = WatchSample.lines(WatchSample.state(look), columns: 80, lines: 25)
        #expect(lines[1] == "workers  2: pid 4711 with 2, pid 4712 with 1 (hangs)")
    }

    @Test func smallTerminalShowsLessOfEverything() {
        #expect(
            WatchSample.lines(WatchSample.state(), columns: 40, lines: 10) == [
                "queue …r/lib/uploads/queue.db  \(Self.clock)",
                "workers  2: pid 4711 with 2, pid 4712 …",
                "uploads  120 pending  3 processing",
                "ACTIVE 3, 1-1 shown",
                "      12  ━─────  25 %  sheet-12.tif",
                "PAUSED 2, 1-1 shown",
                ">      7   25.0 %  by a person     …tif",
                "FAILED 2, newest first, 1-1 shown",
                "       9  source_changed  /scans/a.tif…",
                "q quit  ? help  ↑↓ select  r retry",
            ]
        )
    }

    @Test func largeTerminalHasRoomForAll() {
        let lines = WatchSample.lines(WatchSample.state(), columns: 200, lines: 60)
        #expect(
            lines[3]
                == "uploads  120 pending 1.9 GiB  3 processing 24.0 MiB of 48.0 MiB  2 paused 4.0 MiB of 32.0 MiB  "
                + "880 completed 13.8 GiB  2 failed 32.0 MiB"
        )
        #expect(
            lines[6]
                == "      12  ━━━━━━━───────────────────────  25 %     4.0 MiB of 16.0 MiB     1.0 MiB/s  0:12 left  "
                + "sheet-12.tif"
        )
        #expect(lines.count == 60)
        #expect(lines[21...57].allSatisfy { $0.isEmpty })
    }

    @Test(arguments: [WatchSample.look(), strange, thousands, WatchLook(database: "/q")].enumerated().map(\.offset))
    func everySizeIsFilledAndNoLineIsWider(_ sample: Int) {
        let look = [WatchSample.look(), Self.strange, Self.thousands, WatchLook(database: "/q")][sample]
        for columns in [1, 2, 23, 24, 31, 59, 60, 80, 121] {
            for lines in [1, 4, 5, 6, 9, 12, 24, 60] {
                for keys in [[], [.last], [.character("?")], [.character("c")]] as [[Key]] {
                    var state = WatchSample.state(look)
                    for key in keys { _ = state.take(key) }
                    let frame = WatchSample.lines(state, columns: columns, lines: lines, hasColor: lines % 2 == 0)
                    #expect(frame.count == lines)
                    for line in frame {
                        #expect(line.withoutStyles.columns <= max(1, columns - 1), "\(columns)x\(lines): \(line)")
                        #expect(
                            !line.withoutStyles.unicodeScalars.contains { $0.properties.generalCategory == .control }
                        )
                    }
                }
            }
        }
    }

    @Test(arguments: [(80, 24), (40, 10), (200, 60)]) func theSelectedRowIsAlwaysThere(_ columns: Int, _ lines: Int) {
        var state = WatchSample.state(Self.thousands)
        _ = state.take(.first)
        while true {
            let marked = WatchSample.lines(state, columns: columns, lines: lines).filter { $0.hasPrefix("> ") }
            #expect(marked.count == 1)
            #expect(marked.first?.hasPrefix(">   \(state.selected ?? 0)  ") == true)
            if state.selected == state.look.ids.last { break }
            _ = state.take(.pageDown)
        }
    }

    @Test func longListsSayWhatIsShown() {
        var state = WatchSample.state(Self.thousands)
        for _ in 1...100 { _ = state.take(.pageUp) }
        _ = state.take(.down)
        let lines = WatchSample.lines(state, columns: 80, lines: 24)
        #expect(lines.contains("ACTIVE 3000, 1-4 shown"))
        #expect(lines.contains("FAILED 12345, newest first, 1-3 shown"))
        _ = state.take(.last)
        #expect(
            WatchSample.lines(state, columns: 80, lines: 24).contains { $0.hasSuffix("newest first, 97-100 shown") }
        )
    }

    @Test func anEmptyQueueSaysWhatToDo() {
        let lines = WatchSample.lines(WatchState(WatchLook(database: "/q"), at: 0), columns: 80, lines: 24)
        #expect(lines[1] == "workers  none; `upload-queue run` starts one")
        #expect(lines[2] == "speed    nothing moved yet")
        #expect(lines[3] == "uploads  none")
        #expect(lines[5] == "the queue is empty; `upload-queue add` adds to it")
        var look = WatchLook(database: "/q")
        look.counts = [.init(status: .completed, uploads: 3, bytesThere: 0, bytes: 0)]
        #expect(WatchSample.lines(WatchState(look, at: 0), columns: 80, lines: 24)[5] == "nothing is left to do")
    }

    @Test func terminalsWithoutColoursOrCharactersGetNone() {
        let state = WatchSample.state()
        let plain = WatchSample.lines(state, columns: 80, lines: 24, hasUnicode: false)
        #expect(plain.allSatisfy { $0.utf8.allSatisfy { 0x20..<0x7F ~= $0 } })
        let colored = WatchSample.lines(state, columns: 80, lines: 24, hasColor: true)
        #expect(colored.contains { $0.contains("\u{1B}[31m") })
        #expect(colored.map(\.withoutStyles) == WatchSample.lines(state, columns: 80, lines: 24))
    }

    @Test(arguments: [(24, 22), (11, 10)]) func messagesHaveALineOrTakeThatOfTheKeys(_ lines: Int, _ row: Int) {
        var state = WatchSample.state()
        state.message = .init(text: "upload 12: paused")
        #expect(WatchSample.lines(state, columns: 80, lines: lines)[row] == "upload 12: paused")
        state.message = nil
        state.trouble = "cannot look"
        #expect(WatchSample.lines(state, columns: 80, lines: lines)[row] == "cannot look")
        _ = state.take(.character("c"))
        let last = WatchSample.lines(state, columns: 80, lines: lines).last
        #expect(last == "cancel upload 7? y cancels it, any other key does not")
    }

    @Test func theStoryIsTheOneOfShow() {
        var state = WatchSample.state()
        _ = state.take(.first)
        _ = state.take(.enter)
        #expect(WatchSample.lines(state, columns: 80, lines: 40).contains("reading"))
        var look = WatchSample.look()
        let upload = look.active[0]
        look.story = (UploadStory(upload: upload, now: WatchSample.now, hasWorkers: true), [])
        state.show(look, at: 6)
        let lines = WatchSample.lines(state, columns: 100, lines: 40)
        #expect(lines.contains("upload 12  processing"))
        #expect(lines.contains("now        A worker has it in hand: the server has 4.0 MiB of 16.0 MiB (25.0 %)."))
        #expect(lines.contains("file           /scans/2027/sheet-12.tif"))
        #expect(lines.contains { $0.hasPrefix("added          ") && $0.hasSuffix("(60 min ago)") })
        #expect(!lines.contains { $0.hasPrefix("ACTIVE") })
    }

    @Test func theStoryScrollsToItsEnd() {
        var state = WatchSample.state()
        _ = state.take(.first)
        _ = state.take(.enter)
        var look = WatchSample.look()
        look.active[0].sourcePath = "/" + String(repeating: "0123456789", count: 40)
        look.active[0].response = "the end"
        look.story = (UploadStory(upload: look.active[0], now: WatchSample.now, hasWorkers: true), [])
        state.show(look, at: 6)
        let display = Display(columns: 40, lines: 12)
        let frame = { WatchFrame(state, now: WatchSample.now, time: 6, on: display) }
        #expect(frame().lastLine > 10)
        #expect(!frame().lines.contains { $0.hasSuffix("the end") })
        _ = state.take(.last, lastLine: frame().lastLine)
        // The empty line that ends the facts, and the foot.
        #expect(frame().lines[8].hasSuffix("the end"))
        #expect(frame().lines.allSatisfy { $0.columns < 40 })
    }

    @Test func textForAPipeIsWholeAndHasNoKeys() {
        let frame = WatchFrame(
            WatchState(Self.thousands, at: 0),
            now: WatchSample.now,
            time: 0,
            on: Display(),
            isLive: false
        )
        #expect(frame.lines.count { $0.hasSuffix(".tif") } == 600)
        #expect(!frame.lines.contains { $0.hasPrefix(">") || $0.hasPrefix("q quit") || $0.hasPrefix("speed") })
    }

    @Test(
        arguments: [
            ([3, 3, 3], 9, [3, 3, 3]), ([9, 9, 9], 15, [4, 7, 4]), ([9, 9, 9], 10, [4, 4, 2]),
            ([3, 9, 9], 30, [3, 9, 9]),
            ([9, 9, 9], 5, [2, 3, 0]), ([9, 9, 9], 3, [0, 3, 0]), ([9, 9, 9], 1, [0, 0, 0]),
            ([2, 2, 2], 3, [0, 2, 0]),
        ]
    )
    func linesAreSharedOut(_ wishes: [Int], _ room: Int, _ heights: [Int]) {
        #expect(WatchFrame.heights(wishes, order: [1, 0, 2], room: room) == heights)
    }
}

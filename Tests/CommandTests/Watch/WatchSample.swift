import Foundation
import Testing

@testable import UploadStore
@testable import Uploads
@testable import upload_queue

/// Looks at queues that need no database.
enum WatchSample {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static let mebi: Int64 = 1 << 20

    static func upload(
        _ id: Upload.ID,
        _ status: Upload.Status = .processing,
        _ change: (inout Upload) -> Void = { _ in }
    ) -> Upload {
        var upload = Upload(
            id: id,
            status: status,
            phase: .transfer,
            sourcePath: "/scans/2027/sheet-\(id).tif",
            destination: "archive",
            offset: 4 * mebi,
            length: 16 * mebi,
            attempt: 0,
            createdAt: "2027-01-15T07:00:00.000Z"
        )
        change(&upload)
        return upload
    }

    static func failure(_ id: Upload.ID, _ message: String = "/scans/a.tif changed after it was added") -> RecentFailure
    {
        RecentFailure(id: id, at: "2027-01-15T07:57:00.000Z", code: "source_changed", message: message)
    }

    /// A queue with something of everything.
    static func look() -> WatchLook {
        WatchLook(
            database: "/var/lib/uploads/queue.db",
            counts: [
                .init(status: .pending, uploads: 120, bytesThere: 0, bytes: 1920 * mebi),
                .init(status: .processing, uploads: 3, bytesThere: 24 * mebi, bytes: 48 * mebi),
                .init(status: .paused, uploads: 2, bytesThere: 4 * mebi, bytes: 32 * mebi),
                .init(status: .completed, uploads: 880, bytesThere: 14080 * mebi, bytes: 14080 * mebi),
                .init(status: .failed, uploads: 2, bytesThere: 0, bytes: 32 * mebi),
            ],
            workers: [
                .init(
                    id: 1,
                    pid: 4711,
                    host: "scanner",
                    startedAt: "2027-01-15T07:00:00.000Z",
                    uploads: 2,
                    lastSeenAt: "2027-01-15T07:59:58.000Z"
                ),
                .init(
                    id: 2,
                    pid: 4712,
                    host: "scanner",
                    startedAt: "2027-01-15T07:00:00.000Z",
                    uploads: 1,
                    lastSeenAt: "2027-01-15T07:59:58.000Z"
                ),
            ],
            active: [
                upload(12), upload(13) { $0.requested = "pause" }, upload(14) { $0.phase = .finalize },
            ],
            waiting: [
                .init(reason: .worker, uploads: 118, oldestUpload: 15),
                .init(
                    reason: .retry,
                    detail: "server_busy",
                    uploads: 2,
                    until: "2027-01-15T08:00:30.000Z",
                    oldestUpload: 20
                ),
            ],
            paused: [
                upload(7, .paused),
                upload(8, .paused) {
                    $0.pauseReason = "quota"
                    $0.failure = .init(code: "quota_exceeded", message: "full")
                },
            ],
            failures: [failure(9), failure(3)]
        )
    }

    /// A state that looked twice, so that there are rates: 4 MiB each second came to be there, and an upload ended.
    static func state(_ look: WatchLook = look()) -> WatchState {
        var earlier = look
        earlier.active = []
        var state = WatchState(earlier, at: 0)
        for second in 1...5 {
            var step = look
            for index in step.active.indices { step.active[index].offset = Int64(second - 1) * mebi }
            for index in step.counts.indices where step.counts[index].status == .completed {
                step.counts[index].uploads += second
                step.counts[index].bytesThere += Int64(second) * 4 * mebi
            }
            state.show(second == 5 ? look : step, at: Double(second))
        }
        return state
    }

    /// A frame's lines.
    static func lines(
        _ state: WatchState,
        columns: Int,
        lines: Int,
        hasColor: Bool = false,
        hasUnicode: Bool = true
    ) -> [String] {
        let display = Display(columns: columns, lines: lines, hasColor: hasColor, hasUnicode: hasUnicode)
        return WatchFrame(state, now: now, time: 5, on: display).lines
    }
}

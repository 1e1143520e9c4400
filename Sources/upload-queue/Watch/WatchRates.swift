import Uploads

/// How fast the queue moves, told from one look to the next.
struct WatchRates {
    /// Bytes that servers came to have.
    private(set) var bytes = AnswerRate()
    /// Uploads that completed; they may be far apart.
    private(set) var uploads = AnswerRate(window: 60)
    private var each: [Upload.ID: AnswerRate] = [:]
    private var moved: Int64 = 0
    private var completed: Int64 = 0
    private var last: (bytesThere: Int64, completed: Int)?

    /// Notes a look at a time in seconds, not earlier than the one before.
    mutating func note(_ look: WatchLook, at time: Double) {
        let there = look.counts.reduce(0) { $0 + $1.bytesThere }
        let done = look.count(.completed)?.uploads ?? 0
        // An upload that starts over takes nothing from what was moved.
        moved += max(0, there - (last?.bytesThere ?? there))
        completed += Int64(max(0, done - (last?.completed ?? done)))
        bytes.add(moved, at: time)
        uploads.add(completed, at: time)
        let known = each
        let isFirst = last == nil
        each = [:]
        for upload in look.active {
            var rate = known[upload.id] ?? AnswerRate(startsNow: !isFirst)
            rate.add(upload.offset, at: time)
            each[upload.id] = rate
        }
        last = (there, done)
    }

    /// The rate of an upload in hand.
    func rate(of id: Upload.ID) -> AnswerRate { each[id] ?? AnswerRate() }
}

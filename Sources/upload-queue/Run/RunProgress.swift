import UploadStore
import Uploads

/// How a run stands at one moment.
struct RunProgress {
    /// One upload in hand.
    struct Active {
        var transfer: Transfer
        var rate: TransferRate
    }

    /// Uploads in hand, oldest first.
    var active: [Active] = []
    /// What came to an end since the run began, by any worker.
    var ended = RunReporter.Ended()
    /// Uploads that completed since the run began or are still to be completed.
    var uploads = 0
    /// Bytes of theirs that were sent.
    var bytesThere: Int64 = 0
    /// Bytes of theirs in all.
    var bytes: Int64 = 0
    var rate = TransferRate()
    /// What the others wait for.
    var waiting: [WaitingSummary] = []
}

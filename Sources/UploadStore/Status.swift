/// The queue's view of an upload, as the column `status` spells it.
package enum Status: String, Sendable, CaseIterable {
    case pending
    case processing
    case paused
    case completed
    case failed
    case cancelled
}

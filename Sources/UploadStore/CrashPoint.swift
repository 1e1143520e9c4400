internal import Foundation

/// A moment with a name, at which a test ends the process as `kill -9` does.
///
/// Only debug builds have them. `UPLOAD_QUEUE_CRASH_AT` names the moment: `before the commit of created`,
/// `after the answer to finalize`.
package enum CrashPoint {
    #if DEBUG
    private static let wanted = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_CRASH_AT"]
    #endif

    /// Ends the process where this is the moment that was asked for.
    package static func reach(_ moment: @autoclosure () -> String) {
        #if DEBUG
        if let wanted, wanted == moment() { kill(getpid(), SIGKILL) }
        #endif
    }
}

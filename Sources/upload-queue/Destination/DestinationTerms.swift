import ArgumentParser
import Uploads

/// What all workers together may do for a destination, and how often they try.
struct DestinationTerms: ParsableArguments {
    @Option(help: ArgumentHelp("Uploads in hand at the same time, by all workers together.", valueName: "count"))
    var concurrency: Int?

    @Option(help: ArgumentHelp("Bytes sent a second, by all workers together; at least 1KiB.", valueName: "bytes"))
    var rate: ByteCount?

    @Option(
        help: ArgumentHelp("Tries without progress after which an upload fails; by default 300.", valueName: "count")
    )
    var maxAttempts: Int?

    @Option(help: ArgumentHelp("Seconds of the longest back-off; by default 300.", valueName: "seconds"))
    var longestDelay: Int?

    func validate() throws {
        guard concurrency.map({ $0 > 0 }) ?? true, maxAttempts.map({ $0 > 0 }) ?? true,
            longestDelay.map({ $0 > 0 }) ?? true
        else { throw ValidationError("--concurrency, --max-attempts and --longest-delay are 1 or more.") }
        guard rate.map({ $0.bytes >= 1024 }) ?? true else { throw ValidationError("--rate is 1KiB or more.") }
    }

    func apply(to destination: inout Destination) {
        destination.limits = .init(concurrency: concurrency, bytesPerSecond: rate?.bytes)
        destination.maximumAttempts = maxAttempts
        destination.longestDelay = longestDelay
    }
}

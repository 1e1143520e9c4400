/// Why there are no figures.
struct BenchmarkError: Error {
    /// The exit code.
    var status: Int32
    /// What happened and what to do.
    var message: String

    /// A client failed, or did not do its work.
    static func failed(_ message: String) -> BenchmarkError { BenchmarkError(status: 1, message: message) }

    /// Something that has to be installed or built first; the code is that of sysexits.h.
    static func missing(_ message: String) -> BenchmarkError { BenchmarkError(status: 69, message: message) }
}

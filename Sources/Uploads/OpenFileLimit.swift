internal import NIOCore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How many files a process must be allowed to have open for a worker in it.
///
/// Where an event loop gets no descriptor, it ends the whole process: that must be told before.
enum OpenFileLimit {
    /// Three descriptors for each event loop, of which there is one for each core; the database; and room for the sources
    /// and connections of a few uploads.
    private static let needed = 64 + 3 * System.coreCount

    static func check() throws {
        let allowed = sysconf(Int32(_SC_OPEN_MAX))
        // -1: no limit.
        guard allowed < 0 || allowed >= needed else {
            throw UploadQueueError(
                .cannotOpen,
                "this process may have \(allowed) files open at a time, and a worker needs \(needed); raise that (ulimit -n)"
            )
        }
    }
}

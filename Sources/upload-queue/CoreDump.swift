#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The file that the kernel writes of a program's memory when that crashes.
enum CoreDump {
    /// Lets this process write none: tokens, keys of the environment and bytes of files are in its memory.
    static func forbid() {
        var limit = rlimit()
        #if canImport(Glibc)
        let core = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        #else
        let core = RLIMIT_CORE
        #endif
        guard getrlimit(core, &limit) == 0 else { return }
        // prlimit(1) can allow it again, for whoever looks for a bug.
        limit.rlim_cur = 0
        _ = setrlimit(core, &limit)
    }
}

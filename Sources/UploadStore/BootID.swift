#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
#if canImport(Darwin)
internal import Darwin
#endif

/// The identity of this boot of the machine.
package enum BootID {
    /// Stable until the next boot; empty where the system tells none.
    package static let current: String = {
        #if os(Linux)
        let data = try? Data(contentsOf: URL(filePath: "/proc/sys/kernel/random/boot_id"))
        return String(decoding: data ?? Data(), as: UTF8.self).filter { $0 != "\n" }
        #else
        var boot = timeval()
        var size = MemoryLayout<timeval>.size
        guard sysctlbyname("kern.boottime", &boot, &size, nil, 0) == 0 else { return "" }
        return "\(boot.tv_sec).\(boot.tv_usec)"
        #endif
    }()
}

import Synchronization

/// The faults in force, and how often each was met and used.
final class FaultPlan: Sendable {
    private struct Entry {
        let fault: Fault
        var met = 0
        var used = 0
    }

    private let entries: Mutex<[Entry]>

    init(_ faults: [Fault]) {
        entries = Mutex(faults.map { Entry(fault: $0) })
    }

    func add(_ fault: Fault) {
        entries.withLock { $0.append(Entry(fault: fault)) }
    }

    func removeAll() {
        entries.withLock { $0.removeAll() }
    }

    /// The fault for a request: the first one that fits and is not used up.
    func take(method: String, step: RequestStep, path: String) -> Fault? {
        entries.withLock { entries in
            var chosen: Fault?
            for index in entries.indices
            where entries[index].fault.match.covers(method: method, step: step, path: path) {
                entries[index].met += 1
                let entry = entries[index]
                guard chosen == nil, entry.met >= entry.fault.match.occurrence, entry.used < entry.fault.times else {
                    continue
                }
                entries[index].used += 1
                chosen = entry.fault
            }
            return chosen
        }
    }
}

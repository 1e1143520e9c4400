import CoreMetrics
import Synchronization

/// The metrics that this process makes, by label and dimensions.
final class CapturedMetrics: MetricsFactory {
    /// The one of this process: a factory is set once.
    static let shared: CapturedMetrics = {
        let metrics = CapturedMetrics()
        MetricsSystem.bootstrap(metrics)
        return metrics
    }()

    private struct Series {
        var made = 0
        var values: [Int64] = []
    }

    private let series = Mutex<[String: Series]>([:])

    /// What was reported under a name like `label{destination=a,status=b}`.
    func values(_ name: String) -> [Int64] { series.withLock { $0[name]?.values ?? [] } }

    /// How often it was made.
    func made(_ name: String) -> Int { series.withLock { $0[name]?.made ?? 0 } }

    var names: Set<String> { series.withLock { Set($0.keys) } }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler, FloatingPointCounterHandler {
        let name: String
        let metrics: CapturedMetrics

        init(_ name: String, _ metrics: CapturedMetrics) {
            self.name = name
            self.metrics = metrics
        }

        private func note(_ value: Int64) { metrics.series.withLock { $0[name]?.values.append(value) } }

        func increment(by amount: Int64) { note(amount) }
        func increment(by amount: Double) { note(Int64(amount)) }
        func reset() {}
        func record(_ value: Int64) { note(value) }
        func record(_ value: Double) { note(Int64(value)) }
        func recordNanoseconds(_ duration: Int64) { note(duration) }
    }

    private func make(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = "\(label){\(dimensions.map { "\($0)=\($1)" }.sorted().joined(separator: ","))}"
        series.withLock { $0[name, default: Series()].made += 1 }
        return Handler(name, self)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { make(label, dimensions) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        make(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { make(label, dimensions) }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

internal import Foundation
internal import HTTPTypes
internal import Synchronization
internal import Tus

/// What each endpoint announced, asked once for each run of a processor.
final class CapabilityCache: Sendable {
    private let transport: Transport
    private let known = Mutex<[URL: Task<Capabilities?, Never>]>([:])

    init(transport: Transport) {
        self.transport = transport
    }

    /// The capabilities of an endpoint; nil where it did not tell, which hinders nothing.
    func capabilities(of endpoint: URL, headers: HTTPFields) async -> Capabilities? {
        let task = known.withLock { known in
            if let task = known[endpoint] { return task }
            let task = Task { [transport] () -> Capabilities? in
                let request = Capabilities.request(endpoint: endpoint, headers: headers)
                return (try? await transport.send(request, file: nil)).flatMap(Capabilities.init)
            }
            known[endpoint] = task
            return task
        }
        return await task.value
    }
}

internal import Foundation
internal import UploadStore

/// Gives the current value of a secret, such as an access token that it renews.
///
/// It is asked when an upload is claimed, and again after a server refused the value (401); a value that was not refused
/// is used again. The uploads that need it wait for it, for up to ``UploadProcessor/Options/stallTimeout``; then they are
/// put off, as where it throws, and it is asked anew.
public typealias CredentialProvider = @Sendable () async throws -> String

/// The secrets that the program provides: each is asked for once, for all uploads that wait for it.
actor CredentialCache {
    private struct TimedOut: Error {}
    /// The value is empty, or none that a header can carry.
    private struct Unusable: Error {}

    private let providers: [String: CredentialProvider]
    /// How long a provider may take.
    private let bound: Duration
    private var asked: [String: Task<String, any Error>] = [:]
    private var known: [String: String] = [:]

    init(_ providers: [String: CredentialProvider], bound: Duration) {
        self.providers = providers
        self.bound = bound
    }

    /// What a destination's references to providers stand for; one without a provider is left out.
    ///
    /// - Throws: ``UploadPlan/Failure`` where a provider fails: another try may get it.
    func secrets(of destination: DestinationRow) async throws -> [String: String] {
        var secrets: [String: String] = [:]
        for reference in Self.references(of: destination) {
            let name = String(reference.dropFirst(Secret.provider.count))
            guard let provider = providers[name] else { continue }
            do {
                secrets[reference] = try await value(of: name, provider)
            } catch let error as CancellationError where Task.isCancelled {
                throw error
            } catch {
                throw UploadPlan.Failure(
                    code: "credentials_unavailable",
                    message:
                        "the provider \(name) of destination \(destination.name) failed (\(type(of: error))); it is "
                        + "asked again later",
                    parks: nil,
                    isPassing: true
                )
            }
        }
        return secrets
    }

    /// A server refused one of these values: whoever needs it next asks anew, unless that was done meanwhile.
    func refused(_ secrets: [String: String]) {
        for (reference, value) in secrets {
            let name = String(reference.dropFirst(Secret.provider.count))
            if known[name] == value { known[name] = nil }
        }
    }

    private func value(of name: String, _ provider: @escaping CredentialProvider) async throws -> String {
        if let value = known[name] { return value }
        let task = asked[name] ?? Task { try await provider() }
        asked[name] = task
        do {
            let value = try await wait(for: task)
            guard !value.isEmpty, HTTPFieldName.isValidValue(value) else { throw Unusable() }
            // Only the first of those that waited: meanwhile the value may have been refused.
            if asked[name] == task {
                asked[name] = nil
                known[name] = value
            }
            return value
        } catch {
            if error is TimedOut { task.cancel() }
            if !Task.isCancelled, asked[name] == task { asked[name] = nil }
            throw error
        }
    }

    /// A provider may never return, and need not know of cancellation: neither holds up who waits for it.
    private func wait(for task: Task<String, any Error>) async throws -> String {
        let (values, continuation) = AsyncThrowingStream.makeStream(of: String.self)
        let waiter = Task {
            do {
                continuation.yield(try await task.value)
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        let timer = Task { [bound] in
            do { try await Task.sleep(for: bound) } catch { return }
            continuation.finish(throwing: TimedOut())
        }
        defer {
            waiter.cancel()
            timer.cancel()
        }
        for try await value in values { return value }
        throw CancellationError()
    }

    private static func references(of row: DestinationRow) -> [String] {
        let destination = Destination(row)
        let all = destination.configuration.map { Array($0.steps.secrets.values) } ?? Array(destination.headers.values)
        return Set(all.filter { $0.hasPrefix(Secret.provider) }).sorted()
    }
}

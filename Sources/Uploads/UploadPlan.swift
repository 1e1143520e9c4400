internal import Foundation
internal import HTTPTypes
internal import Tus
internal import UploadStore

/// Turns rows into what the wire needs to know.
enum UploadPlan {
    /// Why a row cannot be worked.
    struct Failure: Error {
        var code: String
        var message: String
        /// Set where a person can repair it without touching the upload.
        var parks: ParkReason?
        /// Whether another try may succeed.
        var isPassing = false
    }

    /// What a plan is made with, beside the rows.
    struct Context {
        /// The time of the wall clock.
        var now: Date
        /// The secret that a reference such as `env:NAME` stands for; nil where there is none.
        var secret: (String) -> String?
    }

    /// What the machine needs to know of a claimed upload.
    static func upload(_ claimed: ClaimedUpload, identity: SourceIdentity) throws -> UploadMachine.Upload {
        let row = claimed.upload
        // Before the grant there is no endpoint yet, and a copy of a queue has none after it: nothing is sent to one then.
        let sendsNothing = row.phase == .mint || row.phase == .confirm
        let known = row.endpoint ?? claimed.destination.endpoint ?? (sendsNothing ? Self.noEndpoint : nil)
        guard let endpoint = known.flatMap(URL.init(string:)) else {
            throw Failure(
                code: "no_endpoint",
                message: "the destination \(row.destination) has no usable endpoint; save it with one, or add the file "
                    + "again with a grant",
                parks: nil
            )
        }
        return UploadMachine.Upload(
            phase: Tus.Phase(rawValue: row.phase.rawValue) ?? .create,
            endpoint: endpoint,
            uploadURL: row.uploadURL.flatMap(URL.init(string:)),
            token: row.uploadToken,
            offset: row.uploadOffset,
            length: identity.length,
            completing: row.completing,
            finalizeSent: row.finalizeSent,
            attempt: row.attempt,
            restarts: row.restarts,
            cancelling: row.requested == .cancel,
            expiresAt: row.uploadToken == nil ? Timestamp.date(row.expiresAt) : nil,
            lastErrorCode: row.lastErrorCode,
            sameError: row.sameError
        )
    }

    private static let noEndpoint = "http://host.invalid/"

    /// What the machine needs to know of its destination.
    ///
    /// The capabilities are what the server announced, where it is known.
    static func plan(
        _ claimed: ClaimedUpload,
        capabilities: Capabilities?,
        _ context: Context
    ) throws -> UploadMachine.Plan {
        guard JSONObject.decode(claimed.destination.headers) != nil,
            JSONObject.decode(claimed.destination.metadata) != nil
        else {
            throw Failure(
                code: "invalid_destination",
                message: "the headers or the metadata of destination \(claimed.destination.name) are not a JSON object "
                    + "of texts; save it again, then retry",
                parks: nil
            )
        }
        let destination = Destination(claimed.destination)
        let row = claimed.upload
        let filename = row.filename ?? lastComponent(of: row.sourcePath)
        if let host = try HostPlan(claimed, destination, filename: filename, context) {
            return try host.plan(capabilities: capabilities)
        }
        let finalizes = destination.finalize == .wix
        return UploadMachine.Plan(
            headers: sharesOrigin(row, destination) ? try headers(destination, context) : [:],
            metadata: try metadata(row, destination, filename: filename),
            requestRule: RequestRule(exact: destination.chunkSize),
            renews: destination.headers.values.contains { $0.hasPrefix(Secret.provider) } ? Step.tus : [],
            finalize: finalizes ? .wix(filename: filename) : nil,
            grant: row.uploadToken != nil,
            capabilities: capabilities
        )
    }

    /// Whether an upload is created at its destination's own origin; the host of a grant may be another one.
    static func sharesOrigin(_ row: UploadRow, _ destination: Destination) -> Bool {
        guard let own = row.endpoint else { return true }
        let origins = [own, destination.endpoint].map { $0.flatMap(URL.init(string:)).flatMap(Origin.init) }
        return origins[0] != nil && origins[0] == origins[1]
    }

    /// The headers of a destination, with secrets in place.
    private static func headers(_ destination: Destination, _ context: Context) throws -> HTTPFields {
        var fields = HTTPFields()
        for (header, value) in destination.headers.sorted(by: { $0.key < $1.key }) {
            guard let name = HTTPField.Name(header) else { continue }
            guard Secret.isReference(value) else {
                fields.append(HTTPField(name: name, value: value))
                continue
            }
            guard let secret = context.secret(value) else {
                throw missing(value, "the header \(header)", destination)
            }
            fields.append(HTTPField(name: name, value: secret))
        }
        return fields
    }

    /// The worker has no secret of that reference.
    static func missing(_ reference: String, _ what: String, _ destination: Destination) -> Failure {
        let isVariable = reference.hasPrefix(Secret.environment)
        let name = reference.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
        return Failure(
            code: "credentials_missing",
            message: isVariable
                ? "\(what) of destination \(destination.name) comes from the environment variable \(name), which the "
                    + "worker does not have; set it, start the worker again, and resume"
                : "\(what) of destination \(destination.name) comes from the provider \(name), which this program does "
                    + "not have; work the queue with the program that has it, and resume",
            parks: .credentials
        )
    }

    /// Checks metadata, and gives it the form of the wire, sorted by key.
    static func metadata(_ values: [String: String]) throws -> Metadata {
        do {
            return try Metadata(values.sorted { $0.key < $1.key }.map { Metadata.Pair(key: $0.key, value: $0.value) })
        } catch let problem {
            throw UploadQueueError(.invalidMetadata, problem.message)
        }
    }

    /// `filename` and `filetype` are what tus servers look for; Wix wants `filename`, `contentType` and `token`.
    private static func metadata(_ row: UploadRow, _ destination: Destination, filename: String) throws -> Metadata {
        let contentType = row.contentType ?? ContentType.of(filename)
        var values = ["filename": filename]
        if destination.finalize == .wix {
            values["contentType"] = contentType ?? "application/octet-stream"
        } else if let contentType {
            values["filetype"] = contentType
        }
        return try metadata(row, destination, values: values)
    }

    /// The metadata of an upload: what its kind of destination says, then the destination's own, then its own.
    static func metadata(_ row: UploadRow, _ destination: Destination, values: [String: String]) throws -> Metadata {
        var values = values
        values.merge(destination.metadata) { $1 }
        guard let own = JSONObject.decode(row.metadata) else {
            throw Failure(
                code: UploadQueueError.Code.invalidMetadata.rawValue,
                message: "the metadata is not a JSON object of texts; correct it in the table upload, then retry",
                parks: nil
            )
        }
        values.merge(own) { $1 }
        if let token = row.uploadToken, destination.configuration == nil { values["token"] = token }
        do {
            return try metadata(values)
        } catch let error as UploadQueueError {
            throw Failure(code: error.code.rawValue, message: error.message, parks: nil)
        }
    }

    private static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

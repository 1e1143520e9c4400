import HTTPTypes
import Hummingbird
import NIOCore

/// One request on its way through the server.
struct Exchange {
    /// How much of the request's body was read.
    enum BodyState {
        case untouched
        case partly
        case consumed
    }

    let request: Request
    let channel: any Channel
    let method: HTTPRequest.Method
    let route: Route
    let fault: Fault?
    var record: RequestRecord
    var bodyState: BodyState

    /// The body's length as declared; nil when it is chunked or absent.
    var declaredLength: Int64? { request.headers.count(named: "Content-Length") }

    /// Whether the request has a body that is not empty by its headers.
    var hasBody: Bool {
        request.headers[.transferEncoding] != nil || declaredLength.map { $0 > 0 } ?? false
    }

    /// Whether the request brings bytes for an upload.
    var carriesBytes: Bool { route.step == .transfer || (route.step == .create && hasBody) }

    /// `http://host:port` as the client named it.
    var origin: String { "http://\(request.head.authority ?? "127.0.0.1")" }

    init(_ request: Request, channel: any Channel, faults: FaultPlan) {
        self.request = request
        self.channel = channel
        let override = request.method == .post ? request.headers[named: "X-HTTP-Method-Override"] : nil
        method = override.flatMap { HTTPRequest.Method($0) } ?? request.method
        let path = (request.head.path ?? "/").prefix { $0 != "?" && $0 != "#" }
        route = Route(method, path)
        fault = faults.take(method: method.rawValue, step: route.step, path: route.loggedPath)
        record = RequestRecord(method: method.rawValue, step: route.step, path: route.loggedPath)
        record.fault = fault?.description
        record.authorization = request.headers[.authorization] != nil
        record.requestID = request.headers[named: "X-Request-ID"]
        record.customHeaders = request.headers.customNames
        bodyState = .consumed
        if hasBody { bodyState = .untouched }
    }

    /// The value of `name` in the query, decoded: percent escapes, and `+` for a space.
    func query(_ name: String) -> String? {
        guard let query = (request.head.path ?? "").split(separator: "?", maxSplits: 1).dropFirst().first else {
            return nil
        }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == name, parts.count == 2 else { continue }
            return Self.decoded(parts[1])
        }
        return nil
    }

    /// The text of a query value; nil when an escape is malformed or the bytes are no UTF-8.
    static func decoded(_ value: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = value.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let escaped = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2 else { return nil }
                bytes.append(escaped)
                rest = rest.dropFirst(2)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

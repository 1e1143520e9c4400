package import HTTPTypes

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// One HTTP request, complete but for the bytes of the source file.
package struct Request: Sendable, Equatable {
    /// What the request carries.
    package enum Body: Sendable, Equatable {
        /// No body.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// Bytes of the source file, from the first to before the last offset.
        case file(Range<Int64>)

        /// The number of bytes the body has.
        package var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(let range): range.upperBound - range.lowerBound
            }
        }
    }

    /// What the request is for.
    package var step: Step
    /// The HTTP method.
    package var method: HTTPRequest.Method
    /// Where it goes, absolute.
    package var url: URL
    /// Every header field, `Content-Length` included where the request has a body or is a `POST`.
    package var fields: HTTPFields
    /// What it carries.
    package var body: Body

    /// A request as given.
    package init(step: Step, method: HTTPRequest.Method, url: URL, fields: HTTPFields, body: Body = .none) {
        self.step = step
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }
}

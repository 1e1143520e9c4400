package import HTTPTypes

/// What a server answered to one request.
package struct Answer: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// The header fields.
    package var fields: HTTPFields
    /// The body, or its beginning: the reader bounds it, for finalize generously (a cut one is no JSON).
    package var body: [UInt8]

    /// An answer as given.
    package init(status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The value of a field that came exactly once.
    ///
    /// Two different values of one field are no answer to build on, so a repeated field counts as missing.
    func single(_ name: HTTPField.Name) -> String? {
        let values = fields[values: name]
        return values.count == 1 ? values[0] : nil
    }

    /// A field that is a decimal number of bytes, at most `Int64.max`; nil when it is missing or anything else.
    func byteCount(_ name: HTTPField.Name) -> Int64? {
        single(name).flatMap(Int64.init(decimalDigits:))
    }
}

extension Int64 {
    /// A non-negative number written in ASCII digits and nothing else (no sign, no space).
    init?(decimalDigits text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        self.init(text)
    }
}

/// The fields of a form as a body (`multipart/form-data`, RFC 7578).
struct FormBody {
    /// The body.
    let bytes: [UInt8]
    /// `Content-Type`, with the boundary.
    let contentType: String

    /// A form of texts, sorted by name.
    init(_ fields: [String: String]) {
        var boundary = "upload-queue"
        // By bytes, as the server looks for it: for a text, a mark that follows makes the last character another one.
        while fields.values.contains(where: { $0.utf8.contains(boundary.utf8) }) { boundary += "-" }
        var text = ""
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        text += "--\(boundary)--\r\n"
        bytes = Array(text.utf8)
        contentType = "multipart/form-data; boundary=\(boundary)"
    }

    /// Whether a text can be the name of a field without being quoted.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                Character(UnicodeScalar(byte)).isASCIILetterOrDigit || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "_")
            }
    }
}

extension Character {
    fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

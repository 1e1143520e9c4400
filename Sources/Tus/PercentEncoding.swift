extension String {
    /// The text with every UTF-8 byte but the unreserved `A-Z a-z 0-9 - . _ ~` as `%XX` (RFC 3986 §2.3).
    ///
    /// Stricter than a query needs: servers read `+` and `&` in a query in their own ways.
    package var percentEncoded: String {
        let hexDigits = Array("0123456789ABCDEF")
        var encoded = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded.append("%")
                encoded.append(hexDigits[Int(byte >> 4)])
                encoded.append(hexDigits[Int(byte & 0x0F)])
            }
        }
        return encoded
    }
}

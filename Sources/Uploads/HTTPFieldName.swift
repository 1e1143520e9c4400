internal import HTTPTypes

/// What may stand in a header (RFC 9110, section 5).
enum HTTPFieldName {
    static func isValid(_ name: String) -> Bool { HTTPField.Name(name) != nil }

    static func isValidValue(_ value: String) -> Bool { HTTPField.isValidValue(value) && value.utf8.count <= 8192 }
}

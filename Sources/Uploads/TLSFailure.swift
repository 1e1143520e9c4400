internal import NIOSSL

/// Why there was no secure connection.
enum TLSFailure {
    /// Whether an error is one of TLS, of whatever kind.
    static func isOne(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
    }

    /// A sentence about it, nil where the error is of another kind, or came after the connection was made.
    static func reason(_ error: any Error) -> String? {
        if let error = error as? NIOSSLExtraError {
            guard error == .failedToValidateHostname else { return nil }
            return "the server's certificate is for another name than that of the endpoint; nothing was sent"
        }
        switch error as? NIOSSLError {
        case .handshakeFailed(let error): return handshake("\(error)")
        case .noCertificateToValidate, .unableToValidateCertificate: return untrusted
        default: return nil
        }
    }

    private static let untrusted =
        "the server's certificate is not trusted on this machine, or has expired; nothing was sent"

    private static func handshake(_ text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return untrusted }
        // BoringSSL's word for it, such as WRONG_VERSION_NUMBER; around it stand numbers and its own source's lines.
        let word = text.firstMatch(of: #/[A-Z]+(?:_[A-Z0-9]+)+/#).map { " (\($0.output))" } ?? ""
        return "the server and this program agree on no secure connection\(word); nothing was sent"
    }
}

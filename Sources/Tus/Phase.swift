/// Where on the wire an upload is (design.md §5).
package enum Phase: String, Sendable {
    /// The host's API is asked for a grant.
    case mint
    /// The server is asked for an upload.
    case create
    /// Bytes go to the server.
    case transfer
    /// The destination is told to make a file of the bytes.
    case finalize
    /// The file is waited for.
    case confirm
    /// Nothing is left to do.
    case done
}

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

extension UploadMachine {
    /// What the row knows.
    package struct Upload: Sendable, Equatable {
        /// Where on the wire the upload is.
        package var phase: Phase
        /// Where uploads are created; for a grant its `uploadUrl`.
        package var endpoint: URL
        /// The `Location` of the created upload.
        package var uploadURL: URL?
        /// A grant's `uploadToken`.
        package var token: String?
        /// The grant was minted under this claim: nobody can have used it.
        package var isFreshGrant = false
        /// What the server had when it was last heard; a hint.
        package var offset: Int64
        /// The size of the source in bytes.
        package var length: Int64
        /// The next `PATCH` can carry the last byte, or one that was sent could.
        package var completing: Bool
        /// The finalize requests sent so far.
        package var finalizeSent: Int
        /// The tries of this phase that were made before without progress; 0 at first.
        package var attempt: Int
        /// How often the server lost the upload.
        package var restarts: Int
        /// The upload is cancelled: what the server has is deleted.
        package var cancelling: Bool
        /// When the server removes the upload, as it said last; never the end of a grant.
        ///
        /// It is told to people, and nothing is given up for it: the server alone decides.
        package var expiresAt: Date?
        /// The code of the problem that the last try ended with; nil where there was none.
        package var lastErrorCode: String?
        /// Tries in a row that ended with that code; all of `attempt` unless told otherwise.
        package var sameError: Int

        /// A row; by default one that was just added.
        package init(
            phase: Phase,
            endpoint: URL,
            uploadURL: URL? = nil,
            token: String? = nil,
            offset: Int64 = 0,
            length: Int64,
            completing: Bool = false,
            finalizeSent: Int = 0,
            attempt: Int = 0,
            restarts: Int = 0,
            cancelling: Bool = false,
            expiresAt: Date? = nil,
            lastErrorCode: String? = nil,
            sameError: Int? = nil
        ) {
            self.phase = phase
            self.endpoint = endpoint
            self.uploadURL = uploadURL
            self.token = token
            self.offset = offset
            self.length = length
            self.completing = completing
            self.finalizeSent = finalizeSent
            self.attempt = attempt
            self.restarts = restarts
            self.cancelling = cancelling
            self.expiresAt = expiresAt
            self.lastErrorCode = lastErrorCode
            self.sameError = sameError ?? attempt
        }
    }
}

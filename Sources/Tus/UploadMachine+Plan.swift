package import HTTPTypes

extension UploadMachine {
    /// What the destination says.
    package struct Plan: Sendable {
        /// The destination's own header fields, resolved; sent to the endpoint's origin only.
        package var headers: HTTPFields
        /// The metadata of the upload, final.
        package var metadata: Metadata
        /// How many bytes each `PATCH` carries.
        package var requestRule: RequestRule
        /// What follows the last byte; nil completes the upload with it.
        package var finalize: Finalize?
        /// The upload was minted elsewhere: nobody can mint it again, refresh it or ask for its file.
        package var grant: Bool
        /// From `OPTIONS`; nil is unknown.
        package var capabilities: Capabilities?
        /// How often the server may lose the upload before it fails; 5 unless set.
        package var maximumRestarts: Int

        /// A plan; by default plain tus without anything known.
        package init(
            headers: HTTPFields = [:],
            metadata: Metadata = .none,
            requestRule: RequestRule = RequestRule(),
            finalize: Finalize? = nil,
            grant: Bool = false,
            capabilities: Capabilities? = nil,
            maximumRestarts: Int = 5
        ) {
            self.headers = headers
            self.metadata = metadata
            self.requestRule = requestRule
            self.finalize = finalize
            self.grant = grant
            self.capabilities = capabilities
            self.maximumRestarts = maximumRestarts
        }
    }
}

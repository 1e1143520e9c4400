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
        /// How a grant is got; nil where the upload needs none or brought its own.
        package var mint: HostAPI.Mint?
        /// What an answer to the creation has that later requests need, by name.
        package var capture: @Sendable (Answer) -> [String: String]
        /// The steps whose credentials are made anew for each claim: a refusal is worth another one.
        package var renews: Set<Step>
        /// What the host's own rules make of an answer, where they say something of it.
        package var rules: [AnswerRule]
        /// What follows the last byte; nil completes the upload with it.
        package var finalize: Finalize?
        /// Whether the host has the file, where the last byte or a finalize is in doubt; nil where it cannot be asked.
        package var probe: HostAPI.Question?
        /// Whether the file is waited for after the last byte, or the finalize.
        package var confirms: Bool
        /// How it is waited for; known once the host has named the file.
        package var confirm: HostAPI.Question?
        /// The upload has a grant: its token authorizes it, and its URLs are secret.
        package var grant: Bool
        /// What the requests to the host's API carry and nobody may read.
        package var secrets: [String]
        /// From `OPTIONS`; nil is unknown.
        package var capabilities: Capabilities?
        /// How often the server may lose the upload before it fails; 5 unless set.
        package var maximumRestarts: Int

        /// A plan; by default plain tus without anything known.
        package init(
            headers: HTTPFields = [:],
            metadata: Metadata = .none,
            requestRule: RequestRule = RequestRule(),
            mint: HostAPI.Mint? = nil,
            capture: @escaping @Sendable (Answer) -> [String: String] = { _ in [:] },
            renews: Set<Step> = [],
            rules: [AnswerRule] = [],
            finalize: Finalize? = nil,
            probe: HostAPI.Question? = nil,
            confirms: Bool = false,
            confirm: HostAPI.Question? = nil,
            grant: Bool = false,
            secrets: [String] = [],
            capabilities: Capabilities? = nil,
            maximumRestarts: Int = 5
        ) {
            self.headers = headers
            self.metadata = metadata
            self.requestRule = requestRule
            self.mint = mint
            self.capture = capture
            self.renews = renews
            self.rules = rules
            self.finalize = finalize
            self.probe = probe
            self.confirms = confirms
            self.confirm = confirm
            self.grant = grant
            self.secrets = secrets
            self.capabilities = capabilities
            self.maximumRestarts = maximumRestarts
        }
    }
}

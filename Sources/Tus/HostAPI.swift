#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// What is asked of a host's API beside tus: complete requests, and how their answers are read.
package enum HostAPI {
    /// Asks for a grant: where to upload one file, and the token that authorizes it.
    package struct Mint: Sendable {
        /// The request.
        package var request: Request
        /// The grant in a 2xx answer; nil where there is none.
        package var read: @Sendable (Answer) -> Minted?
        /// The host creates the upload itself.
        package var createsUpload: Bool

        /// A mint as given.
        package init(
            request: Request,
            createsUpload: Bool = false,
            read: @escaping @Sendable (Answer) -> Minted?
        ) {
            self.request = request
            self.createsUpload = createsUpload
            self.read = read
        }
    }

    /// What a mint brought.
    package struct Minted: Sendable, Equatable {
        /// Where the upload is created.
        package var endpoint: URL
        /// The secret that authorizes it.
        package var token: String
        /// The upload, where the host created it already: nothing is created then.
        package var uploadURL: URL?
        /// What else the answer had that later requests need, by name; no secret.
        package var captured: [String: String]

        /// A grant as given.
        package init(endpoint: URL, token: String, uploadURL: URL? = nil, captured: [String: String] = [:]) {
            self.endpoint = endpoint
            self.token = token
            self.uploadURL = uploadURL
            self.captured = captured
        }
    }

    /// Asks whether the host has made the file.
    package struct Question: Sendable {
        /// The request.
        package var request: Request
        /// What a 2xx body says; nil where it says nothing.
        package var read: @Sendable ([UInt8]) -> FileState?
        /// Whether an answer other than 2xx says that there is no such file.
        package var isAbsent: @Sendable (Answer) -> Bool
        /// What is read is about the very file that a finalize makes, by its id.
        package var namesFile: Bool
        /// Seconds between two polls.
        package var interval: Int64
        /// The polls after which the file counts as unconfirmed.
        package var maximumPolls: Int

        /// A question as given; by default asked every 5 seconds, 120 times at most.
        package init(
            request: Request,
            interval: Int64 = 5,
            maximumPolls: Int = 120,
            namesFile: Bool = false,
            isAbsent: @escaping @Sendable (Answer) -> Bool = { [404, 410].contains($0.status) },
            read: @escaping @Sendable ([UInt8]) -> FileState?
        ) {
            self.request = request
            self.namesFile = namesFile
            self.isAbsent = isAbsent
            self.interval = max(interval, 0)
            self.maximumPolls = max(maximumPolls, 1)
            self.read = read
        }
    }

    /// How a file stands at its host.
    package struct FileState: Sendable, Equatable {
        /// Whether it can be used.
        package enum Readiness: Sendable, Equatable {
            /// It is being processed.
            case pending
            /// It can be used.
            case ready
            /// Processing failed.
            case failed
            /// There is a file of that name, and it is not the one of this upload.
            case another
        }

        /// Whether it can be used.
        package var readiness: Readiness
        /// Bytes; nil where the host does not say yet.
        package var size: Int64?
        /// What the host says of the file's MD5, empty where it says nothing; nil where nobody wants to know.
        package var md5: String?

        /// A state as given.
        package init(readiness: Readiness, size: Int64? = nil, md5: String? = nil) {
            self.readiness = readiness
            self.size = size
            self.md5 = md5
        }
    }
}

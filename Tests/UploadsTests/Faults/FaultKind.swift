#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

@testable import Uploads

/// A kind of request that something goes wrong with; each has a table in the article FaultMatrix.
enum FaultKind: String, Sendable, CaseIterable {
    case options = "OPTIONS"
    case mint = "The request for a grant"
    case create = "POST"
    case offset = "HEAD"
    case transfer = "PATCH"
    case lastTransfer = "The last PATCH"
    case delete = "DELETE"
    case finalize = "Finalize"
    case finalizeAlone = "Finalize where the host cannot be asked"
    case probe = "The question whether the file is there"
    case confirm = "The question whether the file is ready"
    case givenCreate = "POST with a grant of yours"
    case givenOffset = "HEAD with a grant of yours"
    case givenTransfer = "PATCH with a grant of yours"
    case mintedCreate = "POST with a grant that may have been used"
    case mintedOffset = "HEAD with a grant that the queue got"
    case mintedTransfer = "PATCH with a grant that the queue got"

    /// What its uploads are.
    enum Host: Sendable {
        case tus
        /// Wix, with a grant that the program got.
        case given
        /// Wix, where the queue gets the grants and can ask for files.
        case minted
    }

    var host: Host {
        switch self {
        case .options, .create, .offset, .transfer, .lastTransfer, .delete: .tus
        case .finalizeAlone, .givenCreate, .givenOffset, .givenTransfer: .given
        case .mint, .finalize, .probe, .confirm, .mintedCreate, .mintedOffset, .mintedTransfer: .minted
        }
    }

    /// The step whose answer is spoiled.
    var step: RequestStep {
        switch self {
        case .options: .options
        case .mint: .mint
        case .create, .givenCreate, .mintedCreate: .create
        case .offset, .givenOffset, .mintedOffset: .offset
        case .transfer, .lastTransfer, .givenTransfer, .mintedTransfer: .transfer
        case .delete: .delete
        case .finalize, .finalizeAlone: .finalize
        case .probe, .confirm: .confirm
        }
    }

    /// Which request of the step is spoiled first.
    var occurrence: Int {
        switch self {
        case .transfer, .givenTransfer, .mintedTransfer, .mintedCreate: 2
        case .lastTransfer: 3
        default: 1
        }
    }

    /// What leads to the request that is spoiled.
    var preparation: [FaultyServer.Spoil] {
        switch self {
        // Its bytes arrived, which nobody knows.
        case .offset, .givenOffset, .mintedOffset: [.init(step: .transfer, fault: .wire(.doneReset))]
        case .delete: [.init(step: .transfer, occurrence: 2, fault: .status(428))]
        // The file was made, which nobody knows.
        case .probe: [.init(step: .finalize, fault: .wire(.doneReset))]
        case .mintedCreate: [.init(step: .create, fault: .wire(.doneReset))]
        default: []
        }
    }

    /// The answer right before the request that is spoiled; nil where there is none.
    var before: (RequestStep, Int)? {
        switch self {
        case .options, .mint: nil
        case .create: (.options, 1)
        case .offset, .transfer: (.transfer, 1)
        case .lastTransfer, .delete: (.transfer, 2)
        case .finalize, .finalizeAlone: (.transfer, 3)
        case .probe, .confirm: (.finalize, 1)
        case .givenCreate, .givenOffset, .givenTransfer, .mintedCreate, .mintedOffset, .mintedTransfer: nil
        }
    }

    /// Bytes of the source, which three requests carry; one that is too large for a server has more than 256 KiB.
    var bytes: Int { step == .transfer ? 700_000 : 3_000 }

    var chunk: Int64 {
        switch (host, step) {
        case (.minted, .transfer): 256 << 10
        case (_, .transfer): 300_000
        default: 1_000
        }
    }

    private static let statuses = [
        200, 201, 204, 400, 401, 402, 403, 404, 405, 408, 409, 410, 412, 413, 415, 423, 425, 428, 429, 460, 500, 501,
        502,
        503, 504, 507,
    ]

    /// Everything that its table has to have.
    var faults: Set<WireFault> {
        let statuses = Self.statuses.map { WireFault.status($0) }
        let wires = WireFault.Wire.allCases.filter { applies($0) }.map { WireFault.wire($0) }
        return Set(statuses + codes.map { .status($0, code: $1) } + wires)
    }

    /// The codes of Wix that make a difference.
    private var codes: [(Int, String)] {
        switch self {
        case .mint: [(400, "SITE_QUOTA_EXCEEDED"), (403, "PERMISSION_DENIED")]
        case .create: [(400, "SITE_QUOTA_EXCEEDED")]
        case .finalize, .finalizeAlone: [(400, "SITE_QUOTA_EXCEEDED"), (400, "ZERO_FILE_SIZE")]
        default: []
        }
    }

    private func applies(_ wire: WireFault.Wire) -> Bool {
        switch self {
        case .givenCreate, .givenOffset, .givenTransfer, .mintedCreate, .mintedOffset, .mintedTransfer: return false
        default: break
        }
        switch wire {
        case .offsetMissing, .offsetMalformed, .offsetNegative, .offsetHuge, .offsetBeyond, .offsetBackward,
            .offsetTwice:
            return step == .offset || step == .transfer
        case .locationMissing, .locationMalformed:
            return step == .create
        case .otherLength, .malformedLength:
            return step == .offset
        // These share their origin with a request that comes first.
        case .garbageTLS:
            return ![.options, .offset, .delete].contains(step) && self != .finalizeAlone
        // An answer to HEAD has none.
        case .bodyReset, .bodyClosed, .bodyStall, .bodySlow, .bodyHuge, .bodyLonger:
            return step != .offset
        default:
            return true
        }
    }
}
#endif

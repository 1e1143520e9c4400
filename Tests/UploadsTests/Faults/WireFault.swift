/// What a server does to a request, as the article FaultMatrix names it.
enum WireFault: Sendable, Hashable {
    /// Answers with this status, and does not do what it was asked for; with an error code in the form of Wix, or none.
    case status(Int, code: String? = nil)
    /// What more than a status tells.
    case wire(Wire)

    enum Wire: String, Sendable, CaseIterable {
        // What it was asked for is not done.
        case refused
        case reset
        case closed
        case stall
        case garbageTLS = "garbage-tls"
        case page
        case redirect
        case redirectElsewhere = "redirect-elsewhere"
        case redirectNowhere = "redirect-nowhere"
        case redirectOtherScheme = "redirect-ftp"
        case switching = "101"
        // It is done.
        case doneReset = "done-reset"
        case doneClosed = "done-closed"
        case doneStall = "done-stall"
        case doneError = "done-500"
        case headersReset = "headers-reset"
        case headersClosed = "headers-closed"
        case headersStall = "headers-stall"
        case headersSlow = "headers-slow"
        case headersHuge = "headers-huge"
        case headersMalformed = "headers-malformed"
        case statusMalformed = "status-malformed"
        case bodyReset = "body-reset"
        case bodyClosed = "body-closed"
        case bodyStall = "body-stall"
        case bodySlow = "body-slow"
        case bodyHuge = "body-huge"
        case bodyLonger = "body-longer"
        case lengthTwice = "length-twice"
        case lengthNegative = "length-negative"
        case continueFirst = "100-first"
        case hintsFirst = "103-first"
        case offsetMissing = "offset-missing"
        case offsetMalformed = "offset-malformed"
        case offsetNegative = "offset-negative"
        case offsetHuge = "offset-huge"
        case offsetBeyond = "offset-beyond"
        case offsetBackward = "offset-backward"
        case offsetTwice = "offset-twice"
        case locationMissing = "location-missing"
        case locationMalformed = "location-malformed"
        case otherLength = "upload-length-other"
        case malformedLength = "upload-length-malformed"
    }

    init?(_ name: some StringProtocol) {
        let parts = name.split(separator: ":")
        if let status = parts.first.flatMap({ Int($0) }), status != 101, 100...599 ~= status {
            self = .status(status, code: parts.count == 2 ? String(parts[1]) : nil)
        } else if let wire = Wire(rawValue: String(name)) {
            self = .wire(wire)
        } else {
            return nil
        }
    }

    var name: String {
        switch self {
        case .status(let status, let code): code.map { "\(status):\($0)" } ?? "\(status)"
        case .wire(let wire): wire.rawValue
        }
    }

    /// Whether what was asked for is done before the answer goes wrong.
    var isDone: Bool {
        switch self {
        case .status: false
        case .wire(let wire):
            switch wire {
            case .refused, .reset, .closed, .stall, .garbageTLS, .page, .redirect, .redirectElsewhere,
                .redirectNowhere, .redirectOtherScheme, .switching:
                false
            default: true
            }
        }
    }

    /// Whether a client finds out by nothing but its patience.
    var isEndless: Bool {
        switch self {
        case .status: false
        case .wire(let wire):
            [.stall, .doneStall, .headersStall, .headersSlow, .bodyStall, .bodySlow].contains(wire)
        }
    }
}

/// Something the server does wrong on purpose, for some requests.
package struct Fault: Sendable, Equatable {
    /// The requests it is for.
    package var match: Match
    /// What goes wrong.
    package var effect: Effect
    /// How many requests it is used for, from the first; default 1.
    package var times: Int

    /// A fault.
    ///
    /// - Parameters:
    ///   - match: the requests it is for.
    ///   - effect: what goes wrong.
    ///   - times: how many requests it is used for.
    package init(_ match: Match, _ effect: Effect, times: Int = 1) {
        self.match = match
        self.effect = effect
        self.times = times
    }

    /// Which requests a fault is for: all that are named must fit.
    package struct Match: Sendable, Equatable {
        /// The method, upper case; nil for any.
        package var method: String?
        /// The step; nil for any.
        package var step: RequestStep?
        /// The first fitting request that it is used for, counted from 1 since the fault was added.
        package var occurrence: Int
        /// Text that the path contains; nil for any path.
        package var path: String?

        /// A match; without arguments, every request.
        ///
        /// - Parameters:
        ///   - method: the method, upper case.
        ///   - step: the step.
        ///   - occurrence: the first fitting request, counted from 1.
        ///   - path: text that the path contains.
        package init(method: String? = nil, step: RequestStep? = nil, occurrence: Int = 1, path: String? = nil) {
            self.method = method
            self.step = step
            self.occurrence = occurrence
            self.path = path
        }

        /// Requests of one method.
        ///
        /// - Parameters:
        ///   - method: the method, upper case.
        ///   - occurrence: the first fitting request, counted from 1.
        /// - Returns: the match.
        package static func method(_ method: String, occurrence: Int = 1) -> Match {
            Match(method: method, occurrence: occurrence)
        }

        /// Requests of one step.
        ///
        /// - Parameters:
        ///   - step: the step.
        ///   - occurrence: the first fitting request, counted from 1.
        /// - Returns: the match.
        package static func step(_ step: RequestStep, occurrence: Int = 1) -> Match {
            Match(step: step, occurrence: occurrence)
        }

        /// Whether a request fits, its number aside.
        func covers(method: String, step: RequestStep, path: String) -> Bool {
            if let wanted = self.method, wanted != method { return false }
            if let wanted = self.step, wanted != step { return false }
            if let wanted = self.path { return path.contains(wanted) }
            return true
        }
    }

    /// What goes wrong.
    package enum Effect: Sendable, Equatable {
        /// Answered before anything is processed or the body is read.
        case status(Int, body: String? = nil, headers: [String: String] = [:])
        /// Processed, then answered with this status and nothing else.
        case statusAfter(Int)
        /// Processed, then answered late; the upload's lock is held meanwhile.
        case delay(Duration)
        /// The connection is closed, without an answer, after this many bytes of the body are stored; 0 and requests
        /// without bytes to store: at once, unprocessed.
        case cut(afterBytes: Int64)
        /// Processed, then the connection is closed without an answer.
        case cutAfterProcessing
        /// Only this many bytes of the body are stored; the answer tells the true offset.
        case acceptOnly(Int64)
        /// The server stops reading after this many stored bytes and never answers, until the client gives up or ten
        /// minutes passed; requests without bytes to store are not processed.
        case stall(afterBytes: Int64)
        /// The answer lacks this header.
        case dropHeader(String)
        /// The answer has this header, in place of the true one.
        case setHeader(String, String)
        /// The upload loses its last bytes: before a HEAD looks, or after a PATCH stored and acknowledged them.
        case loseBytes(Int64)
    }
}

#if os(Linux)
import Foundation

extension Socket {
    /// Answers as the server did, or as a fault says, and ends the connection.
    func answer(_ request: WireRequest, _ answer: WireAnswer?, _ fault: WireFault?) {
        switch fault {
        case nil:
            guard let answer else { return reset() }
            finish(answer)
        case .status(let status, let code):
            let body = code.map { #"{"message":"no","details":{"applicationError":{"code":"\#($0)"}}}"# }
            finish(WireAnswer(status: status, body: body ?? ""))
        case .wire(let wire):
            if fault?.isDone == true {
                guard let answer else { return reset() }
                spoil(answer, wire)
            } else {
                refuse(request, wire)
            }
        }
    }

    private func finish(_ answer: WireAnswer) {
        send(answer.head + answer.body)
        end()
    }

    /// Closes in order, once the other side has read everything and closed too.
    private func end() {
        stopSending()
        _ = receiveAll()
        close()
    }

    private func refuse(_ request: WireRequest, _ wire: WireFault.Wire) {
        switch wire {
        case .reset: reset()
        case .closed: close()
        case .stall: wait()
        case .page:
            let page = "<!doctype html><title>Welcome</title>Accept our terms first."
            finish(WireAnswer(status: 200, fields: [("Content-Type", "text/html")], body: page))
        case .redirect: finish(WireAnswer(status: 307, fields: [("Location", request.target)]))
        case .redirectElsewhere: finish(WireAnswer(status: 307, fields: [("Location", "http://127.0.0.2:9/")]))
        case .redirectOtherScheme: finish(WireAnswer(status: 307, fields: [("Location", "ftp://127.0.0.1/")]))
        case .redirectNowhere: finish(WireAnswer(status: 307))
        case .switching:
            send(Array("HTTP/1.1 101 Any\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n".utf8))
            end()
        default: preconditionFailure("\(wire) is done")
        }
    }

    /// What goes wrong with a true answer.
    private func spoil(_ answer: WireAnswer, _ wire: WireFault.Wire) {
        let head = answer.head
        let whole = answer.withBody
        let (half, bodyHead) = (whole.body.prefix(whole.body.count / 2), whole.head)
        switch wire {
        case .doneReset: reset()
        case .doneClosed: close()
        case .doneStall: wait()
        case .doneError: finish(WireAnswer(status: 500))
        case .headersReset:
            send(Array(head.prefix(head.count / 2)))
            reset()
        case .headersClosed:
            send(Array(head.prefix(head.count / 2)))
            end()
        case .headersStall:
            send(Array(head.prefix(head.count / 2)))
            wait()
        case .headersSlow: drip(head + answer.body)
        case .headersHuge:
            var answer = answer
            answer["X-Large"] = String(repeating: "x", count: 1 << 20)
            finish(answer)
        case .headersMalformed:
            send(Array("HTTP/1.1 200 Any\r\nno colon here\r\n\r\n".utf8))
            end()
        case .statusMalformed:
            send(Array("HTTP/1.1 fine\r\n\r\n".utf8))
            end()
        case .bodyReset:
            send(bodyHead + half)
            reset()
        case .bodyClosed:
            send(bodyHead + half)
            end()
        case .bodyStall:
            send(bodyHead + half)
            wait()
        case .bodySlow:
            var slow = whole
            slow["Content-Length"] = "1000000"
            send(slow.head)
            drip(Array(repeating: UInt8(ascii: " "), count: 1_000_000))
        case .bodyHuge:
            var huge = whole
            huge.body = Array(repeating: UInt8(ascii: " "), count: 2 << 20)
            huge["Content-Length"] = "\(huge.body.count)"
            finish(huge)
        case .bodyLonger:
            send(bodyHead + whole.body + Array("and more".utf8))
            end()
        default: finish(lie(answer, wire))
        }
    }

    /// A whole answer that is not true, or not well formed.
    private func lie(_ answer: WireAnswer, _ wire: WireFault.Wire) -> WireAnswer {
        var answer = answer
        let offset = answer["Upload-Offset"].flatMap { Int64($0) } ?? 0
        switch wire {
        case .lengthTwice: answer.fields += [("Content-Length", "1"), ("Content-Length", "2")]
        case .lengthNegative: answer["Content-Length"] = "-5"
        case .continueFirst: send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        case .hintsFirst: send(Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".utf8))
        case .offsetMissing: answer["Upload-Offset"] = nil
        case .offsetMalformed: answer["Upload-Offset"] = "0x10"
        case .offsetNegative: answer["Upload-Offset"] = "-1"
        case .offsetHuge: answer["Upload-Offset"] = "99999999999999999999"
        case .offsetBeyond: answer["Upload-Offset"] = "5000000"
        case .offsetBackward: answer["Upload-Offset"] = "\(max(0, offset - 500))"
        case .offsetTwice: answer.fields.append(("Upload-Offset", "\(offset + 1)"))
        case .locationMissing: answer["Location"] = nil
        case .locationMalformed: answer["Location"] = "ftp://127.0.0.1/files/a"
        case .otherLength: answer["Upload-Length"] = "5"
        case .malformedLength: answer["Upload-Length"] = "many"
        default: preconditionFailure("\(wire) is no lie")
        }
        return answer
    }

    /// Says nothing more, until the other side gives up.
    private func wait() {
        _ = receiveAll()
        close()
    }

    /// Says one byte after the other, slowly, until the other side gives up.
    private func drip(_ bytes: [UInt8]) {
        for byte in bytes {
            guard send([byte]), !isGone(within: 100) else { break }
        }
        end()
    }
}
#endif

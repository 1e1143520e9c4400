import Uploads

extension UploadEvent {
    /// What happened, in plain words.
    var meaning: String {
        let reason = failure.map { ": \($0.code): \($0.message)" } ?? ""
        let worker = workerID.map { "worker \($0)" } ?? "a worker"
        return switch event {
        case "add": "added"
        case "claim": "\(worker) took it up"
        case "minted": "the host gave a grant"
        case "created": "created at the server"
        case "acknowledged": "the server has \(ByteCount(offset))"
        case "completing": "\(worker) is about to send the last bytes"
        case "transferred": "all bytes are at the server"
        case "finalize sent": "\(worker) is about to ask the host to make a file of the bytes"
        case "finalized": "the host made a file of the bytes"
        case "confirmed": "the host was asked whether the file is ready"
        case "finished": "completed"
        case "try later": "put off after a try\(reason)"
        case "released": "\(worker) gave it back"
        case "takeover": "given back, since \(worker) died"
        case "poison": "given up, since its workers died of it\(reason)"
        case "refused": "failed\(reason)"
        case "reminted": "the host no longer takes the grant; another one is asked for"
        case "mark completed": "ended as completed by a person"
        case "gone": "the server lost it; it is created again\(reason)"
        case "park": "paused by the queue\(reason)"
        case "pause": "paused"
        case "resume": "resumed"
        case "cancel": status == "cancelled" ? "cancelled" : "cancelled; the server's part is still to be deleted"
        case "deleted": "cancelled, and deleted at the server\(reason)"
        case "retry": "taken up again by a person"
        case "copied": "copied with its queue, without its grant\(reason)"
        case "request pause": "a person asked to pause it"
        case "request cancel": "a person asked to cancel it"
        case "deadline passed": "failed\(reason)"
        case "source deleted": "the file was deleted, as was asked for"
        case "source moved": "the file was moved, as was asked for"
        case "source kept": "the file stays\(reason)"
        case "batch finished": "every upload of the batch is finished"
        default: "\(event)\(reason)"
        }
    }
}

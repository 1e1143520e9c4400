#if os(Linux)
import DevelopmentServer
import Testing

/// A moment that has a name, with a queue that comes to it: right before it and right after it the process dies.
struct NamedCrash: Sendable, CustomTestStringConvertible {
    /// What is done in the scene of a crash.
    enum Deed: Sendable {
        case command([String])
        case dies(at: String, [String])
        case fails(Fault)
        case recovers
        case loses
        case sql(String)
    }

    /// What happens at the moment: the commit of a function of `Store`, or a request.
    enum Moment: Sendable {
        case commit(String)
        case request(String)

        var sides: [String] {
            switch self {
            case .commit(let function): ["before the commit of \(function)", "after the commit of \(function)"]
            case .request(let step): ["before the request to \(step)", "after the answer to \(step)"]
            }
        }
    }

    var moment: Moment
    /// The words of the table `transition` for what the commit does.
    var events: [String] = []
    /// What brings the queue there.
    var before: [Deed] = []
    /// The command that comes to the moment.
    var command = Self.drain
    /// What a person does after the crash, before a worker ends all.
    var after: [Deed] = []
    /// The status and the error code of the upload in the end.
    var end = "completed|"
    var isWix = false

    var testDescription: String { moment.sides[0].replacing("before ", with: "") }

    static let drain = ["run", "--drain"]
    static let addFile: [Deed] = [.command(["add", "file", "--to", "here"])]
    static let addWix: [Deed] = [.command(["add", "file", "--to", "media"])]
    /// The server has a third of the file, and its upload is paused.
    private static let part =
        addFile + [
            .fails(Fault(.step(.transfer), .cut(afterBytes: 100_000))),
            .fails(Fault(.step(.offset), .status(401))), .command(drain), .recovers,
        ]
    private static let partGoesOn = part + [.command(["resume", "1"])]
    /// A worker died while it had the upload.
    private static let claimed = addFile + [.dies(at: "after the commit of claim", drain)]
    private static let refused = addFile + [.fails(Fault(.step(.create), .status(415))), .command(drain), .recovers]
    private static let resume: [Deed] = [.command(["resume", "1"])]
    private static let retry: [Deed] = [.command(["retry", "1"])]

    private static func fault(_ step: RequestStep, _ status: Int) -> Deed {
        .fails(Fault(.step(step), .status(status)))
    }

    static let all = ofAnyone + ofWorkers + ofRequests

    private static let ofAnyone = [
        Self(moment: .commit("add"), events: ["add"], command: ["add", "file", "--to", "here", "--unique"]),
        Self(moment: .commit("pause"), events: ["pause"], before: addFile, command: ["pause", "1"], after: resume),
        Self(moment: .commit("resume"), events: ["resume", "park"], before: part, command: ["resume", "1"]),
        Self(
            moment: .commit("cancel"),
            events: ["cancel"],
            before: part,
            command: ["cancel", "1"],
            end: "cancelled|"
        ),
        Self(moment: .commit("retry"), events: ["retry"], before: refused, command: ["retry", "1"]),
        Self(
            moment: .commit("markCompleted"),
            events: ["mark completed"],
            before: addWix + [fault(.finalize, 415), .command(drain), .recovers],
            command: ["mark-completed", "1"],
            end: "completed|refused",
            isWix: true
        ),
    ]

    private static let ofWorkers = [
        Self(moment: .commit("startWorker"), before: addFile),
        Self(moment: .commit("claim"), events: ["claim"], before: addFile),
        Self(
            moment: .commit("claim"),
            events: ["deadline passed"],
            before: addFile + [.sql("UPDATE upload SET deadline = '2026-01-01T00:00:00.000Z'")],
            end: "failed|deadline_passed"
        ),
        Self(
            moment: .commit("identified"),
            before: [.sql("INSERT INTO upload (source_path, destination) VALUES ('FOLDER/file', 'here')")]
        ),
        Self(moment: .commit("minted"), events: ["minted"], before: addWix, isWix: true),
        Self(moment: .commit("created"), events: ["created"], before: addFile),
        Self(moment: .commit("acknowledged"), before: partGoesOn),
        Self(moment: .commit("transferred"), events: ["transferred", "finished"], before: addFile),
        Self(moment: .commit("finalizeSent"), before: addWix, isWix: true),
        Self(moment: .commit("finalized"), events: ["finalized"], before: addWix, isWix: true),
        Self(moment: .commit("confirmed"), events: ["confirmed"], before: addWix, isWix: true),
        Self(moment: .commit("tryLater"), events: ["try later"], before: addFile + [fault(.create, 500)]),
        Self(moment: .commit("gone"), events: ["gone"], before: partGoesOn + [.loses]),
        Self(
            moment: .commit("gone"),
            events: ["reminted"],
            before: addWix + [.dies(at: "after the commit of minted", drain), fault(.create, 410)],
            isWix: true
        ),
        Self(moment: .commit("failed"), events: ["refused"], before: addFile + [fault(.create, 415)], after: retry),
        Self(moment: .commit("parked"), events: ["park"], before: addFile + [fault(.create, 401)], after: resume),
        Self(
            moment: .commit("paused"),
            events: ["pause"],
            before: claimed + [.command(["pause", "1"])],
            after: resume
        ),
        Self(
            moment: .commit("released"),
            events: ["released"],
            before: addFile + [.sql(pausesAtClaim)],
            after: [.sql("DROP TRIGGER pauses_at_claim"), .command(["resume", "--queue"])]
        ),
        Self(
            moment: .commit("deleted"),
            events: ["deleted"],
            before: part + [.command(["cancel", "1"])],
            end: "cancelled|"
        ),
        Self(moment: .commit("takeOver"), events: ["takeover"], before: claimed),
        Self(
            moment: .commit("takeOver"),
            events: ["poison"],
            before: claimed + Array(repeating: .dies(at: "after the commit of claim", drain), count: 4),
            after: retry
        ),
        Self(
            moment: .commit("releaseSource"),
            before: [.command(["add", "file", "--to", "here", "--delete-after"])]
        ),
        Self(
            moment: .commit("settledSource"),
            before: [.command(["add", "file", "--to", "here", "--delete-after"])]
        ),
        Self(moment: .commit("stopWorker"), before: addFile),
    ]

    private static let ofRequests = [
        Self(moment: .request("capabilities"), before: addFile),
        Self(moment: .request("mint"), before: addWix, isWix: true),
        Self(moment: .request("create"), before: addFile),
        Self(moment: .request("offset"), before: partGoesOn),
        Self(moment: .request("transfer"), before: addFile),
        Self(moment: .request("delete"), before: part + [.command(["cancel", "1"])], end: "cancelled|"),
        Self(moment: .request("finalize"), before: addWix, isWix: true),
        Self(
            moment: .request("probe"),
            before: addWix + [.dies(at: "after the answer to finalize", drain)],
            isWix: true
        ),
        Self(moment: .request("confirm"), before: addWix, isWix: true),
    ]

    /// Somebody pauses the queue while its upload is on the way.
    private static let pausesAtClaim = """
        CREATE TRIGGER pauses_at_claim AFTER UPDATE ON upload WHEN new.status = 'processing'
        BEGIN UPDATE queue SET paused = 1; END
        """
}
#endif

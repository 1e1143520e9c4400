import ArgumentParser
import Foundation
import SystemPackage
import Uploads

/// `upload-queue add`.
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add files; prints their ids, one a line.",
        discussion: """
            When an id is printed, the upload is on disk and survives a crash. Files that are named are looked at first: \
            one that cannot be uploaded is named, and adds none of them; with --keep-going the others are added all the \
            same. The files must stay where and as they are until they are uploaded, unless the queue keeps a --copy.

            Files of a folder or a list are added as they are found, 500 at a time, so that a million takes no more \
            memory than a few. One that cannot be uploaded ends that, and what was added stays; with --keep-going it is \
            named and left out. With --unique the same line can be given again after a crash: nothing is added twice.

            With - as the only file, standard input is uploaded; the queue keeps it until then.
            """
    )

    @Argument(help: "The files; - is standard input.", completion: .file())
    var file: [String] = []

    @Option(
        name: .customLong("recursive"),
        help: ArgumentHelp("Add every file in this folder and the folders in it; repeatable.", valueName: "folder"),
        completion: .directory
    )
    var folders: [String] = []

    @Option(
        name: .customLong("from-file"),
        help: ArgumentHelp("Add the files that this list names, one a line; - is standard input.", valueName: "list|-"),
        completion: .file()
    )
    var lists: [String] = []

    @Flag(name: .customLong("null"), help: "The names of the lists end with a zero byte, as those of `find -print0`.")
    var endsWithZero = false

    @Option(
        help: ArgumentHelp(
            "Of folders and lists, only files whose name fits, such as '*.jpg'; repeatable.",
            discussion: "A pattern with a / is held against the whole path.",
            valueName: "pattern"
        )
    )
    var include: [String] = []

    @Option(help: ArgumentHelp("Of folders and lists, no file whose name fits; repeatable.", valueName: "pattern"))
    var exclude: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where to: a saved destination, or the URL of a tus server.",
            discussion: "A URL is saved as a destination of that name.",
            valueName: "name|url"
        ),
        completion: .destinations
    )
    var to: String?

    @Option(
        help: ArgumentHelp("tus metadata of each upload; repeatable.", valueName: "key=value"),
        transform: NamedValue.pair
    )
    var metadata: [NamedValue] = []

    @Option(help: ArgumentHelp("The name that the server is given instead of the file's own.", valueName: "name"))
    var filename: String?

    @Option(help: ArgumentHelp("The media type that the server is given, for every file.", valueName: "type"))
    var contentType: String?

    @Option(
        help: ArgumentHelp(
            "A file with the answer of Wix's GenerateFileResumableUploadUrl for this upload; - is standard input.",
            discussion: "Without --to the destination is `wix`, which is saved when missing.",
            valueName: "file|-"
        ),
        completion: .file()
    )
    var grant: String?

    @Flag(
        help: ArgumentHelp(
            "Upload a copy that the queue keeps, so that the file may be changed or deleted at once.",
            discussion: "Where the filesystem can, the copy shares the file's blocks. It is deleted after completion."
        )
    )
    var copy = false

    @OptionGroup(title: "Order and outcome") var terms: AddTerms

    @Flag(help: "Add the files that can be uploaded, name the others, and exit 66.")
    var keepGoing = false

    @Flag(help: "Write a JSON array of objects with id, source_path and is_new.")
    var json = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        let isSearch = !folders.isEmpty || !lists.isEmpty
        guard isSearch || !file.isEmpty else { throw ValidationError("Missing expected argument '<file> ...'.") }
        guard (file.count == 1 && !isSearch) || (filename == nil && grant == nil && terms.uniqueKey == nil) else {
            throw ValidationError("--filename, --grant and --unique-key are for a single file.")
        }
        guard isSearch || (include.isEmpty && exclude.isEmpty && !endsWithZero) else {
            throw ValidationError("--include, --exclude and --null go with --recursive or --from-file.")
        }
        guard to != nil || grant != nil else {
            throw ValidationError("Missing expected argument '--to <name|url>'.")
        }
        guard !file.contains("-") || (file.count == 1 && !isSearch && filename != nil && grant == nil) else {
            throw ValidationError("- (standard input) goes alone, with --filename.")
        }
        let readers = (file.contains("-") ? 1 : 0) + (grant == "-" ? 1 : 0) + lists.count { $0 == "-" }
        guard readers < 2 else { throw ValidationError("Standard input can be read once only.") }
    }

    func run() async throws {
        if let other = RawArguments.notUTF8.first(where: { !file.contains($0.key) }) {
            throw CommandError(.badData, RawArguments.complaint(about: other.value))
        }
        let options = try terms.options(at: Date())
        let metadata = try metadata.dictionary()
        try UploadQueue.checkNames(metadata: metadata, filename: filename, contentType: contentType)
        if file == ["-"] {
            try await addStandardInput(options, metadata)
        } else if folders.isEmpty && lists.isEmpty {
            try await addNamed(options, metadata)
        } else {
            try await addFound(options, metadata)
        }
    }

    /// The queue and the destination in it, which is saved where a URL names it.
    private func open() async throws -> (UploadQueue, destination: String) {
        try newDestination?.check()
        let queue = try await database.open(.create)
        return (queue, try await destination(in: queue))
    }

    private func order(_ options: AddOptions, _ metadata: [String: String]) async throws -> AddOrder {
        let grant = try grant.map(Grant.read)
        let (queue, destination) = try await open()
        return AddOrder(
            queue: queue,
            destination: destination,
            metadata: metadata,
            filename: filename,
            contentType: contentType,
            grant: grant,
            options: options
        )
    }

    private func addNamed(_ options: AddOptions, _ metadata: [String: String]) async throws {
        let (reasons, bad) = try badFiles()
        var error = bad
        var files = FoundFiles()
        files.named = file.filter { reasons[$0] == nil }
        files.isCopied = copy
        guard error.messages.isEmpty || (keepGoing && !files.named.isEmpty) else {
            if file.count > 1 { error.messages.append("nothing was added") }
            throw error
        }
        let order = try await order(options, metadata)
        var list = AddedList(json: json)
        var count = 0
        do {
            try await order.add(
                contentsOf: files,
                rejected: { _, reason in
                    guard keepGoing, file.count > 1 else { throw reason }
                    error.messages.append(reason.message)
                },
                added: { added in
                    try list.write(added)
                    count += added.count
                }
            )
        } catch let reason {
            var trouble = CommandError(reason)
            if file.count > 1 { trouble.messages.append(self.part(count, after: reason)) }
            if count > 0 { try list.end() }
            throw trouble
        }
        try list.end()
        guard error.messages.isEmpty else {
            error.messages.append(part(count))
            throw error
        }
    }

    private func part(_ count: Int) -> String { "\(count) of \(file.count) files were added" }

    private func part(_ count: Int, after reason: any Error) -> String {
        // A disk that failed may hold what was not acknowledged.
        if (reason as? UploadQueueError)?.code == .inputOutput { return "`upload-queue list` tells what was added" }
        return count == 0 ? "nothing was added" : part(count)
    }

    private func addStandardInput(_ options: AddOptions, _ metadata: [String: String]) async throws {
        let order = try await order(options, metadata)
        let (id, isNew) = try await order.add(bytes: StandardInput())
        let path = try await order.queue.upload(id)?.sourcePath ?? "-"
        var list = AddedList(json: json)
        try list.write([.init(source: .file(path), id: id, isNew: isNew)])
        try list.end()
    }

    private func addFound(_ options: AddOptions, _ metadata: [String: String]) async throws {
        let order = try await order(options, metadata)
        let progress = AddProgress(isShown: Display.of(2, color: .never).columns != nil)
        var found = FoundFiles()
        found.folders = folders
        found.lists = lists
        found.endsWithZero = endsWithZero
        found.include = include
        found.exclude = exclude
        found.isCopied = copy
        found.own = OwnFiles(database: order.queue.path)
        found.reject = { message in try reject(message, progress) }
        var list = AddedList(json: json)
        defer { progress.end() }
        do {
            for path in file {
                if let shown = RawArguments.notUTF8[path] {
                    try reject(RawArguments.complaint(about: shown), progress)
                } else {
                    found.named.append(path)
                }
            }
            try await order.add(
                contentsOf: found,
                rejected: { try reject($1.message, progress) },
                added: { added in
                    try list.write(added)
                    progress.added(added)
                }
            )
        } catch {
            try list.end()
            progress.end()
            var error = CommandError(error)
            error.messages.append("\(progress.summary); what was added stays")
            throw error
        }
        try list.end()
        progress.end()
        Output.note(progress.summary)
        if progress.rejected > 0 { throw ExitCode(CommandError.Status.noInput.rawValue) }
    }

    private func reject(_ message: String, _ progress: AddProgress) throws {
        guard keepGoing else { throw CommandError(.noInput, message) }
        progress.reject()
        Output.note(message)
    }

    /// What is wrong with which files.
    private func badFiles() throws -> (reasons: [String: String], error: CommandError) {
        var reasons: [String: String] = [:]
        var error = CommandError(.noInput)
        for path in file {
            if let shown = RawArguments.notUTF8[path] {
                reasons[path] = RawArguments.complaint(about: shown)
            } else {
                do {
                    try UploadSource.file(path).check()
                } catch let error as UploadQueueError {
                    reasons[path] = error.message
                }
            }
            if let reason = reasons[path] { error.messages.append(reason) }
        }
        return (reasons, error)
    }

    /// What is saved where there is no destination of that name yet.
    private var newDestination: Destination? {
        guard let to else { return .wix("wix") }
        return to.hasPrefix("http://") || to.hasPrefix("https://") ? .tus(to, endpoint: to) : nil
    }

    private func destination(in queue: UploadQueue) async throws -> String {
        let name = to ?? "wix"
        if try await queue.destination(name) != nil { return name }
        guard let newDestination else {
            throw CommandError(.noInput, "there is no destination \(name); `upload-queue destination add` saves one")
        }
        try await queue.save(newDestination)
        return name
    }
}

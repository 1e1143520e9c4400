import ArgumentParser
import SystemPackage
import Uploads

/// `upload-queue add`.
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add files; prints their ids, one a line.",
        discussion: """
            When an id is printed, the upload is on disk and survives a crash. Every file is looked at first: one that \
            cannot be uploaded is named, and adds none of them; with --keep-going the others are added all the same. \
            The files must stay where and as they are until they are uploaded.
            """
    )

    /// The longest grant that is read.
    private static let longestGrant = 1 << 20

    @Argument(help: "The files.", completion: .file())
    var file: [String]

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

    @Flag(help: "Add the files that can be uploaded, name the others, and exit 66.")
    var keepGoing = false

    @Flag(help: "Write a JSON array of objects with id and source_path.")
    var json = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard file.count == 1 || (filename == nil && grant == nil) else {
            throw ValidationError("--filename and --grant are for a single file.")
        }
        guard to != nil || grant != nil else {
            throw ValidationError("Missing expected argument '--to <name|url>'.")
        }
    }

    func run() async throws {
        let bad = try badFiles()
        let good = file.filter { bad.reasons[$0] == nil }
        guard bad.error.messages.isEmpty || (keepGoing && !good.isEmpty) else {
            var error = bad.error
            if file.count > 1 { error.messages.append("nothing was added") }
            throw error
        }
        let metadata = try metadata.dictionary()
        try UploadQueue.checkNames(metadata: metadata, filename: filename, contentType: contentType)
        let grant = try grant.map(Self.grant)
        try newDestination?.check()
        let queue = try await database.open(.create)
        let destination = try await destination(in: queue)
        let ids: [Upload.ID]
        if file.count == 1 {
            let upload = try await queue.add(
                .file(file[0]),
                to: destination,
                metadata: metadata,
                filename: filename,
                contentType: contentType,
                grant: grant
            )
            ids = [upload.id]
        } else {
            ids = try await queue.add(
                good.map(UploadSource.file),
                to: destination,
                metadata: metadata,
                contentType: contentType
            )
        }
        if json {
            try Output.json(zip(ids, good).map { Added(id: $0, sourcePath: UploadSource.file($1).absolutePath) })
        } else {
            try Output.write(ids.map { "\($0)\n" }.joined())
        }
        guard bad.error.messages.isEmpty else {
            var error = bad.error
            error.messages.append("\(good.count) of \(file.count) files were added")
            throw error
        }
    }

    private struct Added: Encodable {
        let id: Int64
        let sourcePath: String
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
        if let other = RawArguments.notUTF8.first(where: { !file.contains($0.key) }) {
            throw CommandError(.badData, RawArguments.complaint(about: other.value))
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

    private static func grant(_ file: String) throws -> Grant {
        do {
            return try Grant(response: try text(of: file))
        } catch let error as UploadQueueError {
            throw CommandError(.badData, "\(file == "-" ? "standard input" : file): \(error.message)")
        }
    }

    private static func text(of grant: String) throws -> String {
        do {
            let file: FileDescriptor =
                grant == "-" ? .standardInput : try .open(FilePath(grant), .readOnly, options: .closeOnExec)
            defer { if grant != "-" { try? file.close() } }
            var text: [UInt8] = []
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
            defer { buffer.deallocate() }
            while text.count <= longestGrant {
                let count = try file.read(into: buffer)
                if count == 0 { break }
                text += buffer[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        } catch let error as Errno {
            throw CommandError(.noInput, "the grant cannot be read from \(grant): \(error)")
        }
    }
}

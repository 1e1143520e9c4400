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
            cannot be read adds none. The files must stay where and as they are until they are uploaded.
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
        )
    )
    var to: String?

    @Option(
        help: ArgumentHelp("tus metadata of each upload; repeatable.", valueName: "key=value"),
        transform: NamedValue.metadata
    )
    var metadata: [NamedValue] = []

    @Option(help: ArgumentHelp("The name that the server is given instead of the file's own.", valueName: "name"))
    var filename: String?

    @Option(help: ArgumentHelp("The media type that the server is given.", valueName: "type"))
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

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard file.count == 1 || (filename == nil && contentType == nil && grant == nil) else {
            throw ValidationError("--filename, --content-type and --grant are for a single file.")
        }
        guard to != nil || grant != nil else {
            throw ValidationError("Missing expected argument '--to <name|url>'.")
        }
    }

    func run() async throws {
        try checkFiles()
        let metadata = try metadata.dictionary()
        let grant = try grant.map { try Grant(response: try Self.text(of: $0)) }
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
            ids = try await queue.add(file.map(UploadSource.file), to: destination, metadata: metadata)
        }
        try Output.write(ids.map { "\($0)\n" }.joined())
    }

    private func checkFiles() throws {
        var bad = CommandError(.noInput)
        for path in file {
            do {
                try UploadSource.file(path).check()
            } catch let error as UploadQueueError {
                bad.messages.append(error.message)
            }
        }
        guard bad.messages.isEmpty else {
            if file.count > 1 { bad.messages.append("nothing was added") }
            throw bad
        }
    }

    private func destination(in queue: UploadQueue) async throws -> String {
        let name = to ?? "wix"
        if try await queue.destination(name) != nil { return name }
        if to == nil {
            try await queue.save(.wix(name))
        } else if name.hasPrefix("http://") || name.hasPrefix("https://") {
            try await queue.save(.tus(name, endpoint: name))
        } else {
            throw CommandError(.failed, "there is no destination \(name); `upload-queue destination add` saves one")
        }
        return name
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

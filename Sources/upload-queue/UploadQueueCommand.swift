import ArgumentParser

/// `upload-queue`: the queue for shell scripts and operators.
@main
struct UploadQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload-queue",
        abstract: "Upload files to tus servers, and survive crashes on the way.",
        discussion: """
            Save where to upload to, add files, and run a worker:

              upload-queue destination add archive --tus https://tus.example.org/files/
              upload-queue add *.tif --to archive
              upload-queue run --drain

            Everything is kept in one SQLite file, so that the next run goes on wherever the last one was killed. \
            `upload-queue demo` shows that in half a minute.

            Exit codes: 0 is success;
            \(exitCodes)
            """,
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(
                name: "Uploading",
                subcommands: [DestinationCommand.self, AddCommand.self, RunCommand.self]
            ),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, ListCommand.self, ShowCommand.self, BatchCommand.self, EventsCommand.self,
                    WaitCommand.self, WatchCommand.self, DoctorCommand.self,
                ]
            ),
            CommandGroup(
                name: "Changing",
                subcommands: [
                    PauseCommand.self, ResumeCommand.self, CancelCommand.self, RetryCommand.self,
                    MarkCompletedCommand.self, RemoveCommand.self,
                ]
            ),
            CommandGroup(
                name: "Keeping",
                subcommands: [LimitCommand.self, PruneCommand.self, BackupCommand.self]
            ),
            CommandGroup(name: "Trying out", subcommands: [DemoCommand.self, ServeCommand.self]),
        ]
    )

    private static var exitCodes: String {
        CommandError.Status.allCases.map { "\(String($0.rawValue).padded(to: 4, right: true))  \($0.meaning)" }
            .joined(separator: "\n")
    }

    static var _errorPrefix: String { "upload-queue: " }

    @OptionGroup var database: DatabaseOptions

    /// Runs the command that the arguments name, and ends the process.
    static func main() async {
        CoreDump.forbid()
        do {
            var command = try await asyncParseAsRoot()
            if !(command is AddCommand), let argument = RawArguments.notUTF8.first {
                throw CommandError(.badData, RawArguments.complaint(about: argument.value))
            }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        // Help, wrong usage and the codes of `run` are the parser's to tell.
        if error is ExitCode || exitCode(for: error) == .success { exit(withError: error) }
        if exitCode(for: error) == .validationFailure {
            // It repeats arguments, which can be names of files that a shell's `*` found.
            Output.complain(fullMessage(for: error))
            exit(withError: ExitCode.validationFailure)
        }
        let error = CommandError(error)
        for message in error.messages { Output.note(message) }
        exit(withError: ExitCode(error.status.rawValue))
    }
}

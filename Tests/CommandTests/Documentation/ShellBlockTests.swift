import ArgumentParser
import Foundation
import Testing

@testable import upload_queue

/// Every `upload-queue` of a shell block is one that the command understands, and every `sqlite3` works.
@Suite struct ShellBlockTests {
    private static let blocks = Page.blocks("sh")

    @Test(arguments: blocks)
    func theCommandUnderstandsItsWords(_ block: Page.Block) async throws {
        for words in Self.commands(block.text) where words[0] == "upload-queue" {
            do {
                _ = try await UploadQueueCommand.asyncParseAsRoot(Array(words.dropFirst()))
            } catch {
                // A script of completions, or a help text, comes as an error too.
                let isUsage = UploadQueueCommand.exitCode(for: error) == .validationFailure
                #expect(!isUsage, "\(words): \(UploadQueueCommand.message(for: error))")
            }
        }
    }

    @Test(arguments: blocks.filter { commands($0.text).contains { $0[0] == "sqlite3" } })
    func theShellRunsTheStatements(_ block: Page.Block) async throws {
        let sample = try await SampleQueue()
        for words in Self.commands(block.text) where words[0] == "sqlite3" {
            let ending = try await ChildProcess.run(words, in: sample.folder)
            #expect(ending.status == 0, "\(words): \(ending.output)")
            #expect(!words.contains("-readonly") || !ending.output.isEmpty, "\(words)")
        }
    }

    @Test func wordsAreThoseOfAShell() {
        let text = """
            a 'b c' "d e" \\
                f; g | h && i  # j
            case $? in 0) k ;; esac > l
            """
        let expected = "a,b c,d e,f g h i case,$?,in,0 k esac l"
        #expect(Self.commands(text).map { $0.joined(separator: ",") }.joined(separator: " ") == expected)
    }

    /// The words of each simple command; what follows a redirection counts as one more.
    private static func commands(_ text: String) -> [[String]] {
        var commands: [[String]] = [[]]
        var word: String?
        var quote: Character?
        var isComment = false
        func end(command: Bool) {
            if let ended = word { commands[commands.count - 1].append(ended) }
            word = nil
            if command { commands.append([]) }
        }
        for character in text.replacing("\\\n", with: " ") {
            if isComment {
                isComment = character != "\n"
                if !isComment { end(command: true) }
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else {
                switch character {
                case "'", "\"":
                    quote = character
                    word = word ?? ""
                case "#" where word == nil: isComment = true
                case " ": end(command: false)
                case "\n", ";", "|", "&", "(", ")", ">", "<": end(command: true)
                default: word = (word ?? "") + String(character)
                }
            }
        }
        end(command: true)
        return commands.filter { !$0.isEmpty }
    }
}

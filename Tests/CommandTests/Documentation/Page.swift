import Foundation
import Testing

/// The README and the articles of the book, as their readers find them.
struct Page: Sendable {
    /// A fenced block of code.
    struct Block: Sendable, CustomTestStringConvertible {
        var page: String
        /// The line of its first line of code.
        var line: Int
        var language: String
        var text: String
        /// What an HTML comment in the line before the fence says about it.
        var remark: String

        var testDescription: String { "\(page):\(line)" }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let book = root.appending(path: "Sources/Uploads/Documentation.docc")

    /// The README, and every article.
    static let all: [Page] = {
        let articles = (try? FileManager.default.contentsOfDirectory(at: book, includingPropertiesForKeys: nil)) ?? []
        let pages = articles.filter { $0.pathExtension == "md" }.sorted { $0.path < $1.path }
        return ([root.appending(path: "README.md")] + pages).compactMap { try? Page($0) }
    }()

    /// The blocks of a language, in all pages.
    static func blocks(_ language: String) -> [Block] {
        all.flatMap(\.blocks).filter { $0.language == language }
    }

    /// The Swift files of a target, also those in its folders.
    static func sources(of target: String) -> [URL] {
        let folder = root.appending(path: "Sources/\(target)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    }

    let name: String
    let lines: [String]

    init(_ file: URL) throws {
        name = file.lastPathComponent
        lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    /// An article by its name.
    static func article(_ name: String) throws -> Page { try Page(book.appending(path: "\(name).md")) }

    var blocks: [Block] {
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in lines.enumerated() {
            if var block = open {
                if line == "```" {
                    blocks.append(block)
                    open = nil
                } else {
                    block.text += line + "\n"
                    open = block
                }
            } else if line.hasPrefix("```") {
                let before = index > 0 ? lines[index - 1] : ""
                let isRemark = before.hasPrefix("<!-- ") && before.hasSuffix(" -->")
                open = Block(
                    page: name,
                    line: index + 2,
                    language: String(line.dropFirst(3)),
                    text: "",
                    remark: isRemark ? String(before.dropFirst(5).dropLast(4)) : ""
                )
            }
        }
        return blocks
    }
}

extension [String] {
    /// The lines below a heading, up to the next one of its level or above.
    func section(_ heading: String) throws -> [String] {
        let start = try #require(firstIndex { Self.level($0) > 0 && Self.title($0) == heading }, "\(heading)")
        let level = Self.level(self[start])
        return Array(self[(start + 1)...].prefix { !(1...level ~= Self.level($0)) })
    }

    private static func level(_ line: String) -> Int {
        let marks = line.prefix { $0 == "#" }.count
        return line.dropFirst(marks).first == " " ? marks : 0
    }

    private static func title(_ line: String) -> String {
        String(line.drop { $0 == "#" || $0 == " " }).replacing("`", with: "")
    }

    /// The cells of the lines that are rows of a table.
    var cells: [[String]] {
        filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What stands in backticks.
    var code: Set<String> {
        var found: Set<String> = []
        for line in self {
            for (index, part) in line.components(separatedBy: "`").enumerated() where !index.isMultiple(of: 2) {
                found.insert(part)
            }
        }
        return found
    }

    /// What stands in backticks in the first cells of tables.
    var codeOfFirstCells: Set<String> { cells.compactMap(\.first).code }
}

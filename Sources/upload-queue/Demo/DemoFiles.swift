import Foundation
import SystemPackage

/// The files that the demo uploads.
struct DemoFiles {
    /// Bytes of the generated file.
    private static let generatedSize = 256 << 20
    private static let piece = 1 << 20
    /// Files of the project at most.
    private static let mostSources = 300

    /// The largest one, which is interrupted.
    let large: URL
    /// The others.
    let small: [URL]
    /// The one that is uploaded with a grant.
    let granted: URL

    /// Takes what the user named, or makes files.
    init(named: [URL], folder: URL) throws {
        let folder = folder.appending(path: "files")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        granted = folder.appending(path: "with a grant – съ #1+2 鍵.txt")
        try Data("This file came by a grant, as Wix Media Manager mints them.\n".utf8).write(to: granted)
        var files = named
        if files.isEmpty {
            let generated = folder.appending(path: "generated-256-MiB.bin")
            try Self.generate(generated)
            files = try [generated] + Self.named(in: folder) + Self.sources()
        }
        let sizes = try files.map { try Self.size($0) }
        guard let largest = files.indices.max(by: { sizes[$0] < sizes[$1] }), sizes[largest] >= 2 else {
            throw CommandError(.usage, "the demo interrupts the largest file; name one of 2 bytes or more")
        }
        large = files.remove(at: largest)
        small = files
    }

    /// Every file, in the order that they are added in.
    var all: [URL] { [large] + small + [granted] }

    /// Bytes of a file.
    static func size(_ file: URL) throws -> Int64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
        return (attributes[.size] as? NSNumber)?.int64Value ?? 0
    }

    /// Writes bytes that no compression shortens, and that are the same in every run.
    private static func generate(_ file: URL) throws {
        let descriptor = try FileDescriptor.open(
            FilePath(file.path),
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite
        )
        try descriptor.closeAfter {
            var seed: UInt64 = 2026
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 8)
            defer { buffer.deallocate() }
            let words = buffer.bindMemory(to: UInt64.self)
            for _ in 0..<generatedSize / piece {
                try Task.checkCancellation()
                var index = 0
                while index < words.count {
                    // SplitMix64.
                    seed &+= 0x9E37_79B9_7F4A_7C15
                    var word = seed
                    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
                    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
                    words[index] = word ^ (word >> 31)
                    index += 1
                }
                try descriptor.writeAll(UnsafeRawBufferPointer(buffer))
            }
        }
    }

    /// Small files with names of several scripts, and an empty one.
    private static func named(in folder: URL) throws -> [URL] {
        let texts = [
            "empty.txt": "", "Übersicht.txt": "Grüße\n", "отчёт.txt": "готово\n", "写真.txt": "蜂\n", "صورة.txt": "نحلة\n",
            "bee 🐝.txt": "🐝\n", "cafe\u{301}.txt": "decomposed\n",
        ]
        return try texts.sorted { $0.key < $1.key }.map { name, text in
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file
        }
    }

    /// The sources of this project, where the working directory is in it.
    private static func sources() throws -> [URL] {
        var root = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        while !isProject(root) {
            guard root.pathComponents.count > 1 else { return [] }
            root.deleteLastPathComponent()
        }
        var files = ["Package.swift", "README.md"].map { root.appending(path: $0) }
        for folder in ["Migrations", "Sources"] {
            let found = FileManager.default.enumerator(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil,
                options: [.skipsHiddenFiles]
            )
            while files.count < mostSources, let file = found?.nextObject() as? URL { files.append(file) }
        }
        return files.filter(isFile).sorted { $0.path < $1.path }
    }

    private static func isProject(_ folder: URL) -> Bool {
        ["Package.swift", "Migrations", "Sources/upload-queue"].allSatisfy {
            FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
        }
    }

    private static func isFile(_ file: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}

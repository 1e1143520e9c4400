import Foundation
import Testing
import Uploads

@Suite struct AbsolutePathTests {
    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a//b", "/a/b"), ("/a/b/", "/a/b"), ("//a", "/a"), ("/./a/./b", "/a/b"), ("/", "/"),
        ("/a/../b", "/a/../b"), ("/ü/文件 .txt", "/ü/文件 .txt"), ("/a/...", "/a/..."), ("/a/-b", "/a/-b"),
        ("//a/\u{301}b", "/a/\u{301}b"),
    ]) func ofAnAbsolutePath(path: String, expected: String) {
        #expect(AbsolutePath.of(path) == expected)
    }

    @Test(arguments: [
        ("a", "/a"), ("./a", "/a"), ("a//b/", "/a/b"), ("../a", "/../a"), ("-n", "/-n"), ("~", "/~"), (".", ""),
        ("", ""),
    ]) func ofARelativePath(path: String, expected: String) {
        #expect(AbsolutePath.of(path) == FileManager.default.currentDirectoryPath + expected)
    }
}

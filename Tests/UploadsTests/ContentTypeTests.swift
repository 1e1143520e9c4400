import Testing

@testable import Uploads

@Suite struct ContentTypeTests {
    @Test(arguments: [
        ("a.jpg", "image/jpeg"), ("A.JPG", "image/jpeg"), ("a.tar.gz", "application/gzip"), ("a b.TIFF", "image/tiff"),
        ("ü.mp4", "video/mp4"), ("..png", "image/png"),
    ]) func isToldFromTheEnding(name: String, type: String) {
        #expect(ContentType.of(name) == type)
    }

    @Test(arguments: ["", "a", "jpg", ".jpg", "a.", "a.jpg.", "a.unknown", "a.jpg ", "a.jp\u{301}g"])
    func isNotGuessed(name: String) {
        #expect(ContentType.of(name) == nil)
    }
}

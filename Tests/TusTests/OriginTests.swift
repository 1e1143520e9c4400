import Testing
import Tus

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://a.test/x", "https://A.TEST:443/y?z", true), ("http://a.test", "HTTP://a.test:80/", true),
        ("https://a.test", "http://a.test", false), ("https://a.test", "https://a.test:8443", false),
        ("https://a.test", "https://b.test", false), ("https://a.test", "https://a.test.b.test", false),
        ("https://ä.test/a", "https://xn--4ca.test/", true), ("https://%61.test", "https://a.test", true),
        ("https://[::1]:8080/a", "https://[::1]:8080/b", true), ("http://user@a.test/", "http://a.test/", true),
    ])
    func isSchemeHostAndPort(first: String, second: String, same: Bool) throws {
        let origin = try #require(Origin(Sample.url(first)))
        #expect((origin == Origin(Sample.url(second))) == same)
    }

    @Test(arguments: [
        "ftp://a.test/", "file:///a", "mailto:a@b.test", "/a/b", "https:///a",
        "http://127.0.0.1:70000/", "http://a.test:0/", "http://a.test%00.b.test/", "http://a%20b.test/",
    ])
    func otherURLsHaveNone(text: String) {
        #expect(Origin(Sample.url(text)) == nil)
    }
}

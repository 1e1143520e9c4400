import Testing
import Tus

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct RetryAfterTests {
    @Test(arguments: [
        ("0", Int64(0)), ("120", 120), ("007", 7), ("2147483648", 1 << 31), ("2147483649", 1 << 31),
        ("99999999999999999999999", 1 << 31),
    ])
    func readsSeconds(text: String, seconds: Int64) {
        #expect(RetryAfter(text) == .seconds(seconds))
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
        ("Wed, 31 Dec 2025 23:59:60 GMT", 1_767_225_600), ("Tuesday, 01-Dec-26 00:00:00 GMT", 1_796_083_200),
        ("Tue, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ])
    func readsDates(text: String, seconds: Double) {
        #expect(RetryAfter(text) == .date(Date(timeIntervalSince1970: seconds)))
    }

    @Test(arguments: [
        "", " ", "-1", "+5", "1.5", "5s", "120, 120", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:61:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov 08:49:37 GMT",
        "Sun Nov 6 1994", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 8:49:37 GMT", "٣",
    ])
    func ignoresEverythingElse(text: String) {
        #expect(RetryAfter(text) == nil)
    }
}

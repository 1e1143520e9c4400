import Foundation
import Testing

@testable import UploadStore

@Suite(.serialized) struct TimestampTests {
    @Test func isUTCWithMilliseconds() {
        let date = Date(timeIntervalSince1970: 1_795_360_404)
        #expect(Timestamp.text(date) == "2026-11-22T15:13:24.000Z")
        #expect(Timestamp.date("2026-11-22T15:13:24.000Z") == date)
        #expect(Timestamp.text(date.addingTimeInterval(0.25)) == "2026-11-22T15:13:24.250Z")
    }

    @Test func whatIsReadIsWrittenAgain() {
        for milliseconds in 0..<1_000 {
            let text = "2026-11-22T15:13:24.\(String(milliseconds + 1_000).dropFirst())Z"
            #expect(Timestamp.date(text).map(Timestamp.text) == text)
        }
    }

    @Test(arguments: [
        nil, "", "tomorrow", "2026-11-22 15:13:24", "2026-11-22T15:13:24.000Zoo", "2026-11-22T15:3:24.0005Z",
    ])
    func otherTextIsNotATime(text: String?) {
        #expect(Timestamp.date(text) == nil)
    }
}

@Suite(.serialized) struct BootIDTests {
    @Test func isToldByTheSystemAndStable() {
        #expect(BootID.current.count >= 10)
        #expect(BootID.current.contains { !$0.isWhitespace })
        #expect(BootID.current == BootID.current)
    }
}

@Suite(.serialized) struct SourceIdentityTests {
    private static let identity = StoreFixture.identity()

    @Test func theSameReadingIsTheSameFile() {
        #expect(Self.identity.isSame(as: Self.identity))
    }

    @Test(arguments: [
        SourceIdentity(length: 101, modified: 1, changed: 2, inode: 3, device: 4, bootID: "boot"),
        SourceIdentity(length: 100, modified: 9, changed: 2, inode: 3, device: 4, bootID: "boot"),
        SourceIdentity(length: 100, modified: 1, changed: 9, inode: 3, device: 4, bootID: "boot"),
        SourceIdentity(length: 100, modified: 1, changed: 2, inode: 9, device: 4, bootID: "boot"),
        SourceIdentity(length: 100, modified: 1, changed: 2, inode: 3, device: 9, bootID: "boot"),
    ])
    func anyDifferenceIsAnotherFile(other: SourceIdentity) {
        #expect(!Self.identity.isSame(as: other))
        #expect(!other.isSame(as: Self.identity))
    }

    @Test func theDeviceCountsWithinOneBootOnly() {
        let other = SourceIdentity(length: 100, modified: 1, changed: 2, inode: 3, device: 9, bootID: "next")
        #expect(Self.identity.isSame(as: other))
    }
}

import Testing

@testable import upload_queue

@Suite struct StringColumnsTests {
    @Test(
        arguments: [
            ("", 0), ("plain", 5), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한", 2), ("Ａ", 2), ("😀", 2),
            ("❤\u{FE0F}", 2), ("🇨🇭", 2), ("👩‍👩‍👧", 2), ("…", 1), ("━", 1), ("\u{200B}", 0), ("\u{7}", 0),
        ]
    )
    func widthIsThatOfATerminal(_ text: String, _ columns: Int) {
        #expect(text.columns == columns)
    }

    @Test(
        arguments: [
            ("sheet", 5, false, "sheet"), ("sheet-1.tif", 6, false, "sheet…"), ("sheet-1.tif", 6, true, "…1.tif"),
            ("日本語", 4, false, "日…"), ("日本語", 4, true, "…語"), ("sheet", 1, false, "…"), ("sheet", 0, false, ""),
        ]
    )
    func cutTextFits(_ text: String, _ width: Int, _ keepsEnd: Bool, _ expected: String) {
        let cut = text.cut(to: width, keepsEnd: keepsEnd, mark: "…")
        #expect(cut == expected)
        #expect(cut.columns <= width)
    }

    @Test func wrappedTextBreaksAtSpacesAndKeepsLongWords() {
        #expect("one two three".wrapped(to: 7, indent: 2) == "one two\n  three")
        #expect("a-word-that-is-long b".wrapped(to: 7, indent: 0) == "a-word-that-is-long\nb")
        #expect("one two".wrapped(to: nil, indent: 2) == "one two")
    }

    @Test func wordsThatAreTooLongAreBrokenWhereThatIsAsked() {
        #expect("a-word-that-is-long b".wrapped(to: 7, indent: 1, breaksWords: true) == "a-word-\n that-is\n -long b")
        #expect("日本語".wrapped(to: 3, indent: 0, breaksWords: true) == "日\n本\n語")
        #expect("日本".wrapped(to: 1, indent: 0, breaksWords: true) == "日\n本")
    }

    @Test(arguments: 0...12) func clippedTextFitsAndKeepsItsColours(_ width: Int) {
        let text = "ab\u{1B}[31m日本\u{1B}[0m\u{1B}[1m\u{301}xyz\u{1B}[0m"
        let clipped = text.clipped(to: width)
        #expect(clipped.withoutStyles.columns <= width)
        #expect(clipped.unicodeScalars.count { $0 == "\u{1B}" } == 4)
        #expect(width < 9 || clipped == text)
        #expect(width != 5 || clipped.withoutStyles == "ab日")
    }

    @Test func paddingCountsColumns() {
        #expect("日".padded(to: 4) == "日  ")
        #expect("日".padded(to: 4, right: true) == "  日")
        #expect("long".padded(to: 2) == "long")
    }
}

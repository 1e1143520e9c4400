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

    @Test func paddingCountsColumns() {
        #expect("日".padded(to: 4) == "日  ")
        #expect("日".padded(to: 4, right: true) == "  日")
        #expect("long".padded(to: 2) == "long")
    }
}

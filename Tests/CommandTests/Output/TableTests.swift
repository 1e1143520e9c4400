import Testing

@testable import upload_queue

@Suite struct TableTests {
    private static func table() -> Table {
        var table = Table([.right("ID"), "STATUS", .text("NOTE"), .path("FILE")])
        table.add([.init("9"), .init("paused", .yellow), "quota_exceeded", "/scans/2026/first-sheet.tif"])
        table.add(["10", "completed", "", "/scans/b.tif"])
        return table
    }

    @Test func columnsAreAlignedAndWholeWhereNoTerminalIs() {
        #expect(
            Self.table().text(on: Display()) == """
                ID  STATUS     NOTE            FILE
                 9  paused     quota_exceeded  /scans/2026/first-sheet.tif
                10  completed                  /scans/b.tif

                """
        )
    }

    @Test func longTextsAreCutToTheTerminalAndPathsKeepTheirEnd() {
        #expect(
            Self.table().text(on: Display(columns: 42)) == """
                ID  STATUS     NOTE          FILE
                 9  paused     quota_excee…  …st-sheet.tif
                10  completed                /scans/b.tif

                """
        )
    }

    @Test(arguments: 45...80) func noLineIsWiderThanTheTerminal(_ columns: Int) {
        for line in Self.table().text(on: Display(columns: columns)).split(separator: "\n") {
            #expect(String(line).columns <= columns)
        }
    }

    @Test func narrowTerminalsKeepTheShortColumnsWhole() {
        let text = Self.table().text(on: Display(columns: 10))
        #expect(text.contains("10  completed"))
        #expect(text.contains("…sheet.tif"))
    }

    @Test func sentencesAreBrokenAndNotCut() {
        var table = Table([.right("N"), .sentence("WHY")])
        table.add(["1", "the server answers that it has no room for more"])
        #expect(
            table.text(on: Display(columns: 28)) == """
                N  WHY
                1  the server answers that
                   it has no room for more

                """
        )
    }

    @Test func wideAndCombiningCharactersAreCountedAsTheyAreShown() {
        var table = Table(["NAME", "SIZE"])
        table.add(["東京", "1"])
        table.add(["e\u{301}t\u{E9}", "2"])
        #expect(table.text(on: Display()) == "NAME  SIZE\n東京  1\ne\u{301}t\u{E9}   2\n")
    }

    @Test func coloursDoNotCountAsColumns() {
        let plain = Self.table().text(on: Display())
        let styled = Self.table().text(on: Display(hasColor: true))
        #expect(styled.contains("\u{1B}[33mpaused\u{1B}[0m     quota"))
        #expect(styled.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
    }

    @Test func textThatSteersATerminalIsWrittenOut() {
        var table = Table(["FILE"])
        table.add(["a\u{1B}[2J\nb"])
        #expect(table.text(on: Display()) == "FILE\na\\u{1b}[2J\\nb\n")
    }
}

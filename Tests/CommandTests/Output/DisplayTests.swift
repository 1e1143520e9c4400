import Testing

@testable import upload_queue

@Suite struct DisplayTests {
    @Test(
        arguments: [
            (ColorChoice.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
            (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["TERM": "dumb"], false),
            (.always, false, ["NO_COLOR": "1"], true), (.never, true, [:], false),
        ] as [(ColorChoice, Bool, [String: String], Bool)]
    )
    func coloursFollowWhatWasAskedFor(
        _ choice: ColorChoice,
        _ isTerminal: Bool,
        _ environment: [String: String],
        _ wanted: Bool
    ) {
        #expect(choice.isWanted(isTerminal: isTerminal, environment: environment) == wanted)
    }

    @Test(
        arguments: [
            ([:], false), (["LANG": "en_US.UTF-8"], true), (["LANG": "C"], false), (["LC_ALL": "C.utf8"], true),
            (["LC_ALL": "C", "LANG": "en_US.UTF-8"], false), (["LC_ALL": "", "LANG": "de_CH.UTF-8"], true),
        ] as [([String: String], Bool)]
    )
    func charactersFollowTheLocale(_ environment: [String: String], _ hasUnicode: Bool) {
        #expect(Display.of(-1, color: .auto, environment: environment).hasUnicode == hasUnicode)
    }

    @Test func footerIsDrawnOverTheOneBefore() {
        let footer = Footer(lines: ["12345678", "\u{1B}[32m123\u{1B}[0m"], columns: 10)
        #expect(footer.goToStart(columns: 10) == "\r\u{1B}[1A")
        #expect(footer.goToStart(columns: 20) == "\r\u{1B}[1A")
        // A narrower terminal has broken the first line into two, which are to be gone over, too.
        #expect(footer.goToStart(columns: 4) == "\r\u{1B}[2A")
        #expect(Footer(lines: ["a"], columns: 10).goToStart(columns: 10) == "\r")
        #expect(footer.text.hasSuffix("123\u{1B}[0m\u{1B}[K\u{1B}[J\u{1B}[?7h"))
    }
}

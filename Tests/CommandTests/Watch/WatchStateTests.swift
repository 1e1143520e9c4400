import Foundation
import Testing

@testable import Uploads
@testable import upload_queue

@Suite struct WatchStateTests {
    private static func state() -> WatchState { WatchState(WatchSample.look(), at: 0) }

    /// Takes keys and returns what is to be done.
    private static func take(_ keys: [Key], _ state: inout WatchState, lastLine: Int = 0) -> [WatchState.Action] {
        keys.compactMap { state.take($0, lastLine: lastLine) }
    }

    @Test func selectionGoesThroughAllLists() {
        var state = Self.state()
        #expect(state.selected == 12)
        var seen: [Upload.ID?] = []
        for _ in 1...7 {
            #expect(state.take(.down) == nil)
            seen.append(state.selected)
        }
        #expect(seen == [13, 14, 7, 8, 9, 3, 3])
        #expect(Self.take([.up, .character("k")], &state).isEmpty)
        #expect(state.selected == 8)
        _ = Self.take([.character("g")], &state)
        #expect(state.selected == 12)
        _ = Self.take([.pageDown, .character("k"), .character("j")], &state)
        #expect(state.selected == 3)
        _ = Self.take([.pageUp], &state)
        #expect(state.selected == 12)
    }

    @Test func selectionStaysWithItsUpload() {
        var state = Self.state()
        _ = Self.take([.down], &state)
        var look = WatchSample.look()
        look.active.removeFirst()
        state.show(look, at: 1)
        #expect(state.selected == 13)
        // It is paused now, and in another list.
        look.paused.append(look.active.removeFirst())
        state.show(look, at: 2)
        #expect(state.selected == 13)
        look.paused.removeLast()
        state.show(look, at: 3)
        #expect(state.selected == 9)
        state.show(WatchLook(database: ""), at: 4)
        #expect(state.selected == nil)
        state.show(look, at: 5)
        #expect(state.selected == 14)
    }

    @Test func whatIsLookedAtStaysListedWhileItIsPendingButNotWhatWasRetried() {
        var state = Self.state()
        #expect(state.kept == 12)
        while state.selected != 7 { _ = state.take(.down) }
        #expect(state.kept == 7)
        while state.selected != 9 { _ = state.take(.down) }
        #expect(state.kept == nil)
    }

    @Test(
        arguments: [
            (12, .character("p"), .ask(.pause, 12)), (13, .character("p"), .ask(.resume, 13)),
            (7, .character("p"), .ask(.resume, 7)), (9, .character("p"), .ask(.pause, 9)),
            (9, .character("r"), .ask(.retry, 9)), (12, .character("r"), .ask(.retry, 12)),
            (8, .character("q"), .quit), (8, .interrupt, .quit), (8, .suspend, .suspend), (8, .redraw, .redraw),
        ] as [(Upload.ID, Key, WatchState.Action)]
    )
    func keysAskForWhatTheyName(_ id: Upload.ID, _ key: Key, _ action: WatchState.Action) {
        var state = Self.state()
        while state.selected != id { _ = state.take(.down) }
        #expect(state.take(key) == action)
    }

    @Test func cancelAsksFirst() {
        var state = Self.state()
        #expect(Self.take([.character("c")], &state).isEmpty)
        #expect(state.question == 12)
        #expect(Self.take([.character("y")], &state) == [.ask(.cancel, 12)])
        #expect(state.question == nil)
        for key in [Key.character("n"), .escape, .enter, .down, .character("q"), .character("c")] {
            #expect(Self.take([.character("c"), key], &state).isEmpty)
            #expect(state.question == nil)
            #expect(state.message == .init(text: "upload 12 is left as it is"))
        }
        #expect(Self.take([.character("c"), .interrupt], &state) == [.quit])
    }

    @Test func theQuestionIsAboutTheUploadThatWasSelectedThen() {
        var state = Self.state()
        _ = state.take(.character("c"))
        var look = WatchSample.look()
        look.active.removeFirst()
        state.show(look, at: 1)
        #expect(state.selected == 13)
        #expect(state.take(.character("y")) == .ask(.cancel, 12))
    }

    @Test func storyIsOpenedScrolledAndLeft() {
        var state = Self.state()
        #expect(state.take(.character("i")) == .look)
        #expect(state.story == 12)
        #expect(Self.take([.down, .character("j"), .pageDown], &state, lastLine: 5).isEmpty)
        #expect(state.view == .story(12, from: 5))
        #expect(Self.take([.up], &state, lastLine: 5).isEmpty)
        #expect(state.view == .story(12, from: 4))
        #expect(Self.take([.character("r"), .character("p")], &state) == [.ask(.retry, 12), .ask(.pause, 12)])
        #expect(Self.take([.escape], &state).isEmpty)
        #expect(state.view == .queue)
        #expect(Self.take([.enter, .enter], &state) == [.look])
        #expect(state.view == .queue)
    }

    @Test func theStoryOfAPausedUploadResumesIt() {
        var state = Self.state()
        _ = state.take(.enter)
        var look = WatchLook(database: "")
        look.story = (UploadStory(upload: WatchSample.upload(12, .paused), now: WatchSample.now, hasWorkers: true), [])
        state.show(look, at: 1)
        #expect(state.take(.character("p")) == .ask(.resume, 12))
    }

    @Test func theStoryOfAnUploadThatIsGoneEnds() {
        var state = Self.state()
        _ = state.take(.enter)
        var look = WatchSample.look()
        // A look that began before the story was opened has none.
        state.show(look, at: 1)
        #expect(state.story == 12)
        look.story = (UploadStory(upload: look.active[0], now: WatchSample.now, hasWorkers: true), [])
        state.show(look, at: 2)
        look.story = nil
        state.show(look, at: 3)
        #expect(state.view == .queue)
        #expect(state.message?.text == "upload 12 is gone")
    }

    @Test func helpIsLeftByAnyKeyWithoutEffect() {
        for key in [Key.character("p"), .character("c"), .escape, .character("?")] {
            var state = Self.state()
            #expect(Self.take([.character("?")], &state).isEmpty)
            #expect(state.view == .help)
            #expect(Self.take([key], &state).isEmpty)
            #expect(state.view == .queue)
            #expect(state.question == nil)
        }
    }

    @Test func withoutUploadsKeysSaySo() {
        for key in [Key.character("p"), .character("r"), .character("c"), .enter] {
            var state = WatchState(WatchLook(database: ""), at: 0)
            #expect(state.take(key) == nil)
            #expect(state.message?.text == "no upload is there to select")
        }
        var state = WatchState(WatchLook(database: ""), at: 0)
        #expect(Self.take([.up, .down, .pageDown, .last], &state).isEmpty)
    }

    @Test func aMessageGoesWithTheNextKey() {
        var state = Self.state()
        state.message = .init(text: "upload 12: paused")
        _ = state.take(.down)
        #expect(state.message == nil)
    }

    @Test func aTimeThatCameMakesALookOld() {
        let look = WatchSample.look()
        #expect(!look.isOutdated(at: WatchSample.now))
        #expect(look.isOutdated(at: WatchSample.now.addingTimeInterval(30)))
    }
}

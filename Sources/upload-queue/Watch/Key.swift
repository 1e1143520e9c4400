/// A key that a person pressed.
enum Key: Sendable, Equatable {
    case up
    case down
    case pageUp
    case pageDown
    case first
    case last
    case enter
    case escape
    /// Ctrl-C.
    case interrupt
    /// Ctrl-Z.
    case suspend
    /// Ctrl-L.
    case redraw
    case character(Character)
}

/// What is shown on the terminal of standard error while something takes long.
struct LongWork: Sendable {
    /// Seconds before anything is shown: most work is done by then.
    private static let quiet = 0.4
    /// How often the line is drawn.
    private static let frame = Duration.milliseconds(100)

    /// The terminal as it is when the line is drawn; nil: nothing is shown.
    let screen: (@Sendable () -> Display)?

    /// A line on the terminal of standard error, where there is one.
    ///
    /// - Parameters:
    ///   - isWanted: Whether it may be shown.
    ///   - color: Whether it may have colours.
    init(isWanted: Bool, color: ColorChoice) {
        guard isWanted, Display.of(2, color: .never).columns != nil else {
            screen = nil
            return
        }
        screen = { .of(2, color: color) }
    }

    /// Runs a body, with a line below everything else meanwhile.
    ///
    /// - Parameters:
    ///   - line: The line, by the seconds that passed; it fits the display.
    ///   - body: The work.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws.
    func show<Value: Sendable>(
        _ line: @escaping @Sendable (Double, Display) -> String,
        while body: () async throws -> Value
    ) async rethrows -> Value {
        guard let screen else { return try await body() }
        let start = ContinuousClock.now
        let drawing = Task {
            while !Task.isCancelled {
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                if seconds >= Self.quiet {
                    var display = screen()
                    let columns = display.columns ?? 80
                    // A terminal erases the character in its last column when it erases the rest of a full line.
                    display.columns = columns - 1
                    Output.showFooter([line(seconds, display)], columns: columns)
                }
                try? await Task.sleep(for: Self.frame)
            }
        }
        do {
            let value = try await body()
            await Self.end(drawing)
            return value
        } catch {
            await Self.end(drawing)
            throw error
        }
    }

    private static func end(_ drawing: Task<Void, Never>) async {
        drawing.cancel()
        await drawing.value
        Output.showFooter([], columns: 0)
    }
}

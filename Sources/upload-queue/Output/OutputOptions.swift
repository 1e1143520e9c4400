import ArgumentParser

/// How results are written.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write the result as JSON.")
    var json = false

    @OptionGroup var color: ColorOptions

    /// Standard output as it is now.
    var display: Display { .of(1, color: color.color) }
}

/// Whether what is written has colours.
struct ColorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: auto, always or never.",
            discussion: "auto: on a terminal, unless NO_COLOR is set in the environment.",
            valueName: "when"
        )
    )
    var color = ColorChoice.auto
}

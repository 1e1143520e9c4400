import ArgumentParser
import Uploads

/// A host whose configuration comes with the queue, and what has to be known of it.
struct PresetDestinationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A host; `upload-queue destination presets` lists them.", valueName: "name"),
        completion: .presets,
        transform: DestinationPreset.named
    )
    var preset: DestinationPreset?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A value of the preset; repeatable.", valueName: "key=value"),
        transform: NamedValue.pair
    )
    var settings: [NamedValue] = []

    @Option(
        help: ArgumentHelp(
            "Where a secret of the preset is, in place of its own variable; repeatable.",
            valueName: "key=env:name"
        )
    )
    var secret: [String] = []

    func validate() throws {
        guard preset != nil || (settings.isEmpty && secret.isEmpty) else {
            throw ValidationError("--set and --secret are for --preset.")
        }
        _ = try secret.map(NamedValue.secret)
    }

    /// The destination; nil without a preset.
    func destination(_ name: String, waitsUntilReady: Bool) throws -> Destination? {
        guard let preset else { return nil }
        do {
            return try .configured(
                name,
                by: preset.configuration(
                    values: settings.dictionary(),
                    secrets: secret.map(NamedValue.secret).dictionary(),
                    waitsUntilReady: waitsUntilReady
                )
            )
        } catch let error as UploadQueueError {
            throw CommandError(.usage, "\(error.message); see `upload-queue destination presets \(preset.rawValue)`")
        }
    }
}

extension DestinationPreset {
    /// The one of that name.
    static func named(_ name: String) throws -> DestinationPreset {
        guard let preset = DestinationPreset(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no preset \(name); there are \(names).")
        }
        return preset
    }
}

extension CompletionKind {
    /// The names of the presets.
    static var presets: CompletionKind { .list(DestinationPreset.allCases.map(\.rawValue)) }
}

import ArgumentParser
import Uploads

/// `upload-queue destination presets`.
struct DestinationPresetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets",
        abstract: "List the hosts that need no configuration of your own, or print the configuration of one.",
        discussion: "What is printed can be changed and saved by `destination add NAME --file FILE`."
    )

    @Argument(
        help: "The preset whose configuration is printed.",
        completion: .presets,
        transform: DestinationPreset.named
    )
    var name: DestinationPreset?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        if let name {
            try Output.write(name.json)
            return
        }
        if output.json {
            try Output.json(DestinationPreset.allCases.map(PresetRecord.init))
            return
        }
        var table = Table(["NAME", "GIVE", .text("DEFAULTS"), .text("SECRETS")])
        for preset in DestinationPreset.allCases {
            let values = preset.values.sorted { $0.key < $1.key }
            table.add([
                preset.rawValue,
                values.filter { $0.value == nil }.map(\.key).joined(separator: " "),
                values.filter { $0.value?.isEmpty == false }.map { "\($0.key)=\($0.value ?? "")" }.joined(
                    separator: " "
                ),
                preset.secrets.sorted { $0.key < $1.key }.map(\.value).joined(separator: " "),
            ])
        }
        try Output.write(table.text(on: output.display))
    }
}

/// A preset in `--json`.
private struct PresetRecord: Encodable {
    let name: String
    let values: [String: String?]
    let secrets: [String: String]

    init(_ preset: DestinationPreset) {
        name = preset.rawValue
        values = preset.values
        secrets = preset.secrets
    }
}

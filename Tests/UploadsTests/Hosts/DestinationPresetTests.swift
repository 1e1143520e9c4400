import Testing
import Tus

@testable import Uploads

/// The hosts that come as data.
@Suite struct DestinationPresetTests {
    /// What each needs, and nothing else.
    private static let needed: [DestinationPreset: [String: String]] = [
        .bunnyStream: ["library": "9"], .cloudflareStream: ["account": "abc"],
        .supabaseStorage: ["url": "https://abc.storage.supabase.co", "bucket": "scans"],
        .transloadit: ["template": "t"], .vimeo: [:],
    ]

    @Test(arguments: DestinationPreset.allCases) func whatItNeedsIsAllItNeeds(preset: DestinationPreset) throws {
        let needed = try #require(Self.needed[preset])
        #expect(preset.values.filter { $0.value == nil }.map(\.key).sorted() == needed.keys.sorted())
        let configuration = try preset.configuration(values: needed)
        #expect(configuration.steps.secrets == preset.secrets && !preset.secrets.isEmpty)
        #expect(preset.secrets.values.allSatisfy { $0.hasPrefix("env:") })
        #expect(configuration.steps.question?.waits == false)
        #expect(try preset.configuration(values: needed, waitsUntilReady: true).steps.question?.waits == true)
    }

    @Test(arguments: DestinationPreset.allCases) func whatIsMissingIsTold(preset: DestinationPreset) throws {
        for name in try #require(Self.needed[preset]).keys {
            var values = Self.needed[preset] ?? [:]
            values[name] = nil
            let error = #expect(throws: UploadQueueError.self) { try preset.configuration(values: values) }
            #expect(error?.code == .invalidDestination)
            #expect(error?.message.contains("$.values.\(name): it has no value yet") == true, "\(error?.message ?? "")")
        }
    }

    @Test func whatIsNotKnownIsTold() {
        let value = #expect(throws: UploadQueueError.self) {
            try DestinationPreset.vimeo.configuration(values: ["apj": "https://a.example/"])
        }
        #expect(value?.message == "vimeo has no apj among its values; there are api")
        let secret = #expect(throws: UploadQueueError.self) {
            try DestinationPreset.vimeo.configuration(secrets: ["key": "env:KEY"])
        }
        #expect(secret?.message == "vimeo has no key among its secrets; there are token")
        let plain = #expect(throws: UploadQueueError.self) {
            try DestinationPreset.vimeo.configuration(secrets: ["token": "hunter2"])
        }
        #expect(plain?.message.contains("$.secrets.token") == true && plain?.message.contains("hunter2") == false)
    }

    @Test func aSecretCanBeElsewhere() throws {
        let configuration = try DestinationPreset.vimeo.configuration(secrets: ["token": "provider:vimeo"])
        #expect(
            configuration.steps.secrets == ["token": "provider:vimeo"]
                && configuration.steps.renewed == [.mint, .probe, .confirm]
        )
    }
}

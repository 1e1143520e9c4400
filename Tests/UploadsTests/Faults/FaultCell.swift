#if os(Linux)
import DevelopmentServer
import Foundation
import Testing
import Uploads

/// One upload that meets one fault, once or for ever.
struct FaultCell: Sendable {
    let kind: FaultKind
    let fault: WireFault
    let isForEver: Bool
    let server: FaultyServer
    let upload: Upload.ID

    private static let forEver = 1_000_000

    /// Adds an upload that will meet the fault.
    init(_ kind: FaultKind, _ fault: WireFault, isForEver: Bool, in scene: Scene, source: String) async throws {
        let name = "\(kind) \(fault.name) \(isForEver ? "for ever" : "once")"
        let times = isForEver ? Self.forEver : 1
        let spoil = FaultyServer.Spoil(step: kind.step, occurrence: kind.occurrence, times: times, fault: fault)
        let isTLS = fault == .wire(.garbageTLS)
        let server = try FaultyServer(
            name,
            before: scene.server.port,
            kind.preparation + [spoil],
            closesAfter: fault == .wire(.refused) ? kind.before : nil,
            securesUploads: isTLS && kind.step == .transfer
        )
        (self.kind, self.fault, self.isForEver, self.server) = (kind, fault, isForEver, server)
        switch kind.host {
        case .tus:
            let isCreate = isTLS && kind.step == .create
            let origin = isCreate ? Self.secure(server) : server.origin
            try await scene.queue.save(.tus(name, endpoint: "\(origin)/files/", chunkSize: kind.chunk))
            upload = try await scene.queue.add(.file(source), to: name).id
        case .given:
            var destination = Destination.wix(name)
            destination.chunkSize = kind.chunk
            try await scene.queue.save(destination)
            let minted = try await scene.server.mintGrant(mimeType: "image/jpeg")
            let url = "\(server.origin)/upload/tus"
            let grant = try Grant(uploadURL: url, uploadToken: minted.uploadToken)
            upload = try await scene.queue.add(.file(source), to: name, grant: grant).id
        case .minted:
            try await scene.queue.save(Self.minting(name, kind, server, isTLS: isTLS))
            upload = try await scene.queue.add(.file(source), to: name).id
        }
    }

    /// An address of the same port that TLS is spoken to, by the client.
    private static func secure(_ server: FaultyServer) -> String { "https://127.0.0.1:\(server.port)" }

    private static func minting(_ name: String, _ kind: FaultKind, _ server: FaultyServer, isTLS: Bool) throws
        -> Destination
    {
        let isSecure = isTLS && kind == .mint
        var destination = try Destination.wix(
            name,
            owner: .site("S"),
            apiKey: "env:WIX_API_KEY",
            options: .init(waitsUntilReady: kind == .confirm),
            api: isSecure ? secure(server) : server.origin
        )
        let waits = #""wait":\#(kind == .confirm)"#
        var json = try #require(destination.configuration?.json)
            .replacing(waits, with: #"\#(waits),"interval":0,"polls":3"#)
            .replacing("8388608", with: "\(kind.chunk)")
            .replacing("262144", with: kind.step == .transfer ? "262144" : "\(kind.chunk)")
            .replacing(#""perMinute":120,"#, with: "")
        if isTLS, kind.step == .confirm {
            json = json.replacing(
                "{config.api}/site-media/v1/files/get",
                with: "\(secure(server))/site-media/v1/files/get"
            )
        }
        if isTLS, kind == .finalize {
            json = json.replacing("{mint.endpoint}/", with: "\(secure(server))/upload/tus/")
        }
        destination.configuration = try DestinationConfiguration(json: json)
        return destination
    }
}
#endif

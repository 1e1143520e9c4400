import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on this machine whose certificate nobody signed but itself, for `localhost`, and that keeps what it is sent.
final class TLSServer: Sendable {
    /// Until 2120; openssl-ca(1) made it, and the key, for this test alone.
    private static let certificate = """
        MIIBYDCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAx
        MDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCtl97AvDyh+Jl3+h2pasXo2
        ccwkX0WoeuaiRFr/+BzNPJf8d/rnoRnBIeOjVqsRQqHqz1lJ5s6GzE60wG7FgbmjSDBGMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0R
        BA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBSN5+7K/0Kj8BijkMd9wQqUs5cAUTAKBggqhkjOPQQDAgNHADBEAiBgCbTAlkJDsiFh
        9Z0nN/ujsKsggpXxappNPsDVtURVfAIgMa8lsVoXhqzSw7Sh4EhpfhtAhnZInjKs4z36kA53dac=
        """
    private static let key = """
        MHcCAQEEIErh761VIYQ6ckdkws9QhPf2AZTJkMNxmeXzu6d8zfhOoAoGCCqGSM49AwEHoUQDQgAEK2X3sC8PKH4mXf6HalqxejZx
        zCRfRah65qJEWv/4HM08l/x3+uehGcEh46NWqxFCoerPWUnmzobMTrTAbsWBuQ==
        """

    /// The certificate as files hold it.
    static let pem = "-----BEGIN CERTIFICATE-----\n\(certificate)\n-----END CERTIFICATE-----\n"

    private let channel: any Channel
    private let log: Log

    /// What came, decrypted.
    var received: String { log.text.withLock { $0 } }

    var port: Int { channel.localAddress?.port ?? 0 }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    /// Runs a body while a server listens.
    static func run(_ body: (TLSServer) async throws -> Void) async throws {
        func bytes(_ text: String) -> [UInt8] {
            Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
        }
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(NIOSSLCertificate(bytes: bytes(certificate), format: .der))],
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: bytes(key), format: .der))
            )
        )
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Refusing(log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = TLSServer(channel, log)
        do {
            try await body(server)
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private final class Log: Sendable {
        let text = Mutex("")
    }

    /// Answers whatever comes with a refusal for good.
    private final class Refusing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let log: Log

        init(_ log: Log) { self.log = log }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            log.text.withLock { $0 += String(buffer: buffer) }
            let answer = "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }

        /// A client that does not trust the certificate ends the connection.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

import Glibc
import HTTPWire
import NIOCore
import PluginKit

/// A response body that is written while the client takes it. Used on the connection's event loop only.
protocol ResponseStream: AnyObject {
    /// There is room: write until there is none.
    func canWrite()
    /// The connection is gone; last call.
    func clientLeft()
    /// The client has taken all that was written.
    func drained()
    /// Seconds that may pass without progress; nil: the idle time.
    var patience: Int64? { get }
    /// Nothing was written for that long, and the client has taken all.
    func isQuiet()
}

extension ResponseStream {
    func drained() {}
    var patience: Int64? { nil }
}

/// A part of a file, read as the client takes it.
///
/// Reading blocks the event loop for as long as the kernel takes for 64 KiB of a local file.
final class FileStream: ResponseStream {
    private struct ShortFile: Error, CustomStringConvertible {
        var description: String { "the file became shorter while it was sent, or cannot be read" }
    }

    private unowned let connection: HTTP1Connection
    private var descriptor: Int32
    private var offset: Int64
    private var remaining: Int64
    private var isDone = false

    init(connection: HTTP1Connection, path: String, offset: Int64, count: Int64) {
        self.connection = connection
        self.offset = offset
        remaining = count
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    }

    deinit { closeFile() }

    func canWrite() {
        var turn = Self.chunksPerTurn
        while remaining > 0, connection.handler.isWritable {
            if turn == 0 { return giveWay() }
            turn -= 1
            var buffer = ByteBuffer()
            let wanted = Int(min(remaining, 1 << 16))
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { target in
                max(0, pread(descriptor, target.baseAddress, wanted, off_t(offset)))
            }
            guard count > 0 else {
                closeFile()
                return connection.streamFailed(ShortFile())
            }
            offset += Int64(count)
            remaining -= Int64(count)
            connection.streamWrite(buffer, bodyBytes: count)
        }
        guard remaining == 0, !isDone else { return }
        isDone = true
        closeFile()
        connection.streamEnded()
    }

    func clientLeft() {
        isDone = true
        remaining = 0
        closeFile()
    }

    func isQuiet() { connection.waitOn() }

    /// A client that takes bytes as fast as they come must not keep the loop to itself: the others have a turn.
    private func giveWay() {
        let loop = connection.loop.loop
        let stream = NIOLoopBound(self, eventLoop: loop)
        loop.execute { stream.value.canWrite() }
    }

    /// Of 64 KiB.
    private static let chunksPerTurn = 8

    private func closeFile() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}

/// A body that an async function produces, chunked.
final class ChunkStream: ResponseStream {
    private unowned let connection: HTTP1Connection
    private let trailers: HeaderFields
    private var produce: (@Sendable (any BodyWriter) async throws -> Void)?
    private var task: Task<Void, Never>?
    /// The producer, waiting for room.
    private var waiting: CheckedContinuation<Void, any Error>?
    private var isOpen = true

    init(
        connection: HTTP1Connection, trailers: HeaderFields,
        produce: @escaping @Sendable (any BodyWriter) async throws -> Void
    ) {
        self.connection = connection
        self.trailers = trailers
        self.produce = produce
    }

    func canWrite() {
        if let produce {
            self.produce = nil
            start(produce)
        } else if let waiting {
            self.waiting = nil
            waiting.resume()
        }
    }

    func clientLeft() {
        isOpen = false
        task?.cancel()
        waiting?.resume(throwing: ClientLeft())
        waiting = nil
    }

    func isQuiet() { connection.waitOn() }

    private func start(_ produce: @escaping @Sendable (any BodyWriter) async throws -> Void) {
        let loop = connection.loop.loop
        let stream = NIOLoopBound(self, eventLoop: loop)
        task = Task {
            let outcome: Result<Void, any Error>
            do {
                try await produce(Writer(stream: stream, loop: loop))
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            loop.execute { stream.value.finish(outcome) }
        }
    }

    private func write(_ bytes: Payload, _ continuation: CheckedContinuation<Void, any Error>) {
        guard isOpen else { return continuation.resume(throwing: ClientLeft()) }
        if !bytes.isEmpty {
            var out: [UInt8] = []
            out.reserveCapacity(bytes.count + 16)
            if usesChunks { ResponseWriter.chunk(bytes.span, to: &out) } else { out = bytes }
            connection.streamWrite(ByteBuffer(bytes: out), bodyBytes: bytes.count)
        }
        if connection.handler.isWritable { continuation.resume() } else { waiting = continuation }
    }

    private func finish(_ outcome: Result<Void, any Error>) {
        guard isOpen else { return }
        isOpen = false
        switch outcome {
        case .success:
            var out: [UInt8] = []
            if usesChunks { try? ResponseWriter.lastChunk(trailers: trailers, to: &out) }
            connection.streamWrite(ByteBuffer(bytes: out), bodyBytes: 0)
            connection.streamEnded()
        case .failure(let error):
            connection.streamFailed(error)
        }
    }

    private var usesChunks: Bool { connection.exchange.minorVersion > 0 }

    private struct Writer: BodyWriter {
        let stream: NIOLoopBound<ChunkStream>
        let loop: any EventLoop

        func write(_ bytes: Payload) async throws {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute { stream.value.write(bytes, continuation) }
            }
        }
    }
}

/// What a body's producer gets when it writes to a client that is gone.
struct ClientLeft: Error {}

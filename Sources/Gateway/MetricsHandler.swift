import Messaging
import NATSClient
import PluginKit
import Server

/// `gateway.metrics`: the figures of the gateway in Prometheus's text format, version 0.0.4.
struct MetricsHandler: AsyncHTTPHandler {
    private let monitor: GatewayMonitor

    init(_ monitor: GatewayMonitor) { self.monitor = monitor }

    func respond(to request: Request) async throws -> Response {
        guard let figures = await monitor.figures() else {
            return ErrorEnvelope(status: 503, message: "the gateway is starting", requestID: request.id).response
        }
        return Response(
            text: MetricsText.text(figures), contentType: "text/plain; version=0.0.4; charset=utf-8")
    }
}

/// Metrics by name; those that share a name differ in a label and stand together.
enum MetricsText {
    private struct Metric {
        var name: String
        var help: String
        var isCounter: Bool
        var samples: [(labels: String, value: Int)]
    }

    static func text(_ figures: GatewayFigures) -> String {
        (requests(figures) + sockets(figures) + bus(figures)).map(text).joined()
    }

    private static func text(_ metric: Metric) -> String {
        let name = "switchyard_\(metric.name)"
        let head = "# HELP \(name) \(metric.help)\n# TYPE \(name) \(metric.isCounter ? "counter" : "gauge")\n"
        return head + metric.samples.map { "\(name)\($0.labels) \($0.value)\n" }.joined()
    }

    private static func counter(_ name: String, _ help: String, _ value: Int) -> Metric {
        Metric(name: name, help: help, isCounter: true, samples: [("", value)])
    }

    private static func gauge(_ name: String, _ help: String, _ value: Int) -> Metric {
        Metric(name: name, help: help, isCounter: false, samples: [("", value)])
    }

    private static func reasons(_ name: String, _ help: String, _ values: [(reason: String, value: Int)]) -> Metric {
        Metric(
            name: name, help: help, isCounter: true,
            samples: values.map { (#"{reason="\#($0.reason)"}"#, $0.value) })
    }

    private static func requests(_ figures: GatewayFigures) -> [Metric] {
        let loops = figures.loops
        return [
            gauge("connections_open", "Connections open now.", figures.connectionsOpen),
            counter("connections_accepted_total", "Connections accepted.", loops.connectionsAccepted),
            counter("connections_refused_total", "Connections turned away at the limit.", figures.connectionsRefused),
            counter("requests_total", "Requests whose head was read.", loops.requests),
            counter("heads_refused_total", "Requests that broke HTTP.", loops.refusedHeads),
            counter("handler_failures_total", "Answers of 500 because a handler failed.", loops.handlerFailures),
            counter("late_answers_total", "Answers that came when nobody waited any more.", loops.lateCompletions),
            counter("log_lines_dropped_total", "Log lines that nobody took in time.", figures.logLinesDropped),
        ]
    }

    private static func sockets(_ figures: GatewayFigures) -> [Metric] {
        let (loops, fanOut) = (figures.loops, figures.loops.fanOut)
        return [
            gauge("sockets_open", "WebSockets open now.", loops.socketsOpen),
            counter("sockets_opened_total", "WebSockets opened.", loops.socketsOpened),
            counter("event_streams_opened_total", "Event streams begun.", loops.eventStreamsOpened),
            gauge("feeds", "Feeds of the bus that have clients.", figures.feeds),
            counter("deliveries_total", "Messages handed to clients.", fanOut.deliveries),
            gauge("backlog_bytes", "Bytes kept for clients that are behind.", figures.retainedBytes),
            reasons(
                "messages_dropped_total", "Messages not passed on, by reason.",
                [
                    ("slow_consumer", fanOut.messagesDropped), ("loop_behind", fanOut.messagesOverrun),
                    ("guard", loops.messagesRefused),
                ]),
            reasons(
                "clients_closed_total", "Clients that the fan-out gave up, by reason.",
                [("slow_consumer", fanOut.slowConsumersClosed), ("history_unreadable", fanOut.replaysFailed)]),
            counter("publishers_blocked_total", "How often a slow client made publishers wait.", fanOut.publishersBlocked),
        ]
    }

    private static func bus(_ figures: GatewayFigures) -> [Metric] {
        let up = gauge("bus_up", "1 while the bus can be reached.", figures.isBusUp ? 1 : 0)
        guard let nats = figures.nats else { return [up] }
        return [
            up,
            counter("bus_reconnects_total", "Links made after the first.", Int(nats.reconnects)),
            counter("bus_published_total", "Messages accepted for the bus.", Int(nats.published)),
            counter("bus_received_total", "Messages that came from the bus.", Int(nats.received)),
            reasons(
                "bus_publishes_lost_total", "Messages that did not reach the bus, or may not have, by reason.",
                [
                    ("refused", Int(nats.refused)), ("maybe_lost", Int(nats.maybeLost)),
                    ("discarded", Int(nats.discarded)),
                ]),
            gauge("bus_waiting_messages", "Messages that wait for the link.", Int(nats.waiting)),
            gauge("bus_waiting_bytes", "Their bytes.", nats.waitingBytes),
            gauge("bus_subscriptions", "Subscriptions on the bus.", nats.subscriptions),
        ]
    }
}

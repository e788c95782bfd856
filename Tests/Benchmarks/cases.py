"""What is measured: each case is one kind of work, done by several servers in turn."""

import dataclasses

SUM = '{"a":1,"b":2}'
SUM_ANSWER = '{"apiVersion":"","data":{"res":3}}\n'
HELLO = "hello\n"


@dataclasses.dataclass(frozen=True)
class Case:
    """`contenders` are (server, arguments of the load program); the first is the one the others are compared with.

    `target` is a bound for the first: a number in the case's unit, or (server, factor) for a multiple of a peer's.
    A `fresh` case starts its servers anew for every run.
    """

    name: str
    title: str
    contenders: tuple
    target: object = None
    value: str = "cpu_us_each"
    count: str = "requests"
    unit: str = "CPU µs"
    fresh: bool = False
    slow: bool = False


def http(*arguments):
    return ("http", "--connections", "64", *arguments)


def fixed():
    get = http("--path", "/hello", "--expect-body", HELLO)
    return Case("fixed", "fixed 200", (("ours", get), ("nginx", get), ("limit", get)), ("nginx", 1.0))


def add_sum():
    post = http("--path", "/api/add/sum", "--method", "POST", "--body", SUM)
    return Case(
        "sum", "POST add.sum, published; peers answer a fixed text",
        (("ours", (*post, "--expect-body", SUM_ANSWER)), ("nginx", post), ("limit", post)), 15)


def not_found():
    get = http("--path", "/nothing/here", "--expect-status", "404")
    return Case("404", "404", (("ours", get), ("nginx", get)))


def routes():
    def spread(count):
        return http("--path", "/r{}/x", "--spread", str(count), "--expect-body", HELLO)
    return Case(
        "routes", "10,000 routes against 10",
        (("ours-10000", spread(10_000)), ("ours-10", spread(10))), ("ours-10", 1.2))


# How far the publisher may be ahead of the slowest subscriber. The larger the window, the more a server can merge into
# one write and the smaller every server's figure: these windows are the ones the targets were set with.
WINDOWS = {1: 1024, 100: 64, 1000: 16, 5000: 16}


def fan_out(sockets, target):
    flood = ("fanout", "--sockets", str(sockets), "--size", "128", "--window", str(WINDOWS[sockets]))
    return Case(
        f"fanout-{sockets}", f"fan-out to {sockets:,}, full speed",
        (("ours", (*flood, "--path", "/ws/bench")), ("nats", (*flood, "--protocol", "nats")),
         ("limit", (*flood, "--path", "/ws/bench"))),
        target, count="deliveries", slow=sockets > 1000)


def topics(count, sockets, window):
    """`count` topics with `sockets` each; the first socket of a topic publishes, and hears itself like the others."""
    flood = ("fanout", "--sockets", str(count * sockets), "--spread", str(count), "--size", "128",
             "--window", str(window))
    return Case(
        f"topics-{count}x{sockets}", f"{count:,} topics of {sockets:,} sockets, full speed",
        (("ours", (*flood, "--path", "/ws/bench{}")), ("nats", (*flood, "--protocol", "nats"))),
        count="deliveries", slow=True)


def fan_out_over_nats(sockets):
    flood = ("fanout", "--sockets", str(sockets), "--size", "128", "--window", str(WINDOWS[sockets]))
    return Case(
        f"fanout-{sockets}-nats", f"fan-out to {sockets:,}, full speed, through a NATS server",
        (("ours-nats", (*flood, "--path", "/ws/bench")), ("nats", (*flood, "--protocol", "nats"))),
        count="deliveries")


def paced(sockets):
    rate = 20_000 / sockets
    pace = ("fanout", "--sockets", str(sockets), "--size", "128", "--rate", f"{rate:g}", "--window", "512")
    return Case(
        f"paced-{sockets}", f"fan-out to {sockets:,}, 20,000 deliveries/s",
        (("ours", (*pace, "--path", "/ws/bench")), ("limit", (*pace, "--path", "/ws/bench")),
         ("nats", (*pace, "--protocol", "nats"))),
        ("limit", 1.3), count="deliveries", slow=sockets > 1000)


def echo():
    bounce = ("echo", "--path", "/echo", "--sockets", "64", "--size", "128")
    return Case("echo", "WebSocket echo, 64 sockets", (("ours", bounce), ("limit", bounce)), ("limit", 1.3),
                count="echoes")


def churn():
    visit = ("churn", "--sockets", "8", "--spread", "16")
    path = ("--path", "/ws/churn{}")
    return Case(
        "churn", "connect, upgrade, close",
        (("ours", (*visit, *path)), ("limit", (*visit, *path)), ("nats", (*visit, "--protocol", "nats"))), 60,
        count="connections")


def idle():
    hold = ("idle", "--sockets", "19000", "--spread", "1000")
    path = ("--path", "/ws/idle{}")
    return Case(
        "idle", "resident memory per idle socket, 19,000 open",
        (("ours", (*hold, *path)), ("limit", (*hold, *path)), ("nats", (*hold, "--protocol", "nats"))), 6,
        value="kb_each", count="open", unit="KB", fresh=True)


CASES = [
    fixed(), add_sum(), not_found(), routes(),
    fan_out(1, 0.45), fan_out(100, 0.2), fan_out(1000, 0.8), fan_out(5000, 3), fan_out_over_nats(100),
    topics(10_000, 1, 1), topics(100, 100, 16),
    paced(100), paced(1000), paced(5000), echo(), churn(), idle(),
]

"""The two buses: a test body that makes sense on both runs on both."""

from contextlib import ExitStack, contextmanager

from .gateway import Gateway
from .nats import NATSServer


@contextmanager
def on_bus(kind: str, routes: str, **options):
    """A gateway with these routes on the embedded bus (`embedded`), or on a NATS server of its own with JetStream.

    The server is the gateway's `nats`, None on the embedded bus.
    """
    with ExitStack() as stack:
        server = stack.enter_context(NATSServer(jetstream=True)) if kind == "nats" else None
        url = server.url if server else "embedded:"
        gateway = stack.enter_context(Gateway(f'bus: {{ url: "{url}" }}\n{routes}', **options))
        gateway.nats = server
        yield gateway

"""Options and fixtures of the end-to-end tests. They drive the built binary: $SWITCHYARD, else the release build."""

import pytest

from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.paths import REPOSITORY, binary


def pytest_addoption(parser):
    parser.addoption("--conformance", action="store_true", help="run every conformance case, not only a sample")


def pytest_sessionstart(session):
    if not binary().exists():
        raise pytest.UsageError(f"there is no {binary()}: run `make build`, or set SWITCHYARD")


@pytest.fixture
def conformance(request) -> bool:
    return request.config.getoption("--conformance")


@pytest.fixture(scope="module")
def demo():
    """The repository's own routes.yaml, with the embedded bus."""
    with Gateway(REPOSITORY / "routes.yaml", cwd=REPOSITORY) as gateway:
        yield gateway


@pytest.fixture
def nats():
    """A nats-server without credentials."""
    with NATSServer() as server:
        yield server

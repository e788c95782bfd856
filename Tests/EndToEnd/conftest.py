"""Fixtures of the end-to-end tests. They drive the built binary: $SWITCHYARD, else the release build."""

import pytest

from harness.cli import SMALL
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.paths import REPOSITORY, binary


def pytest_sessionstart(session):
    if not binary().exists():
        raise pytest.UsageError(f"there is no {binary()}: run `make build`, or set SWITCHYARD")


@pytest.fixture(scope="module")
def demo():
    """The repository's own routes.yaml, with the embedded bus."""
    with Gateway(REPOSITORY / "routes.yaml", cwd=REPOSITORY) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def gateway(request):
    """The gateway of the module's `CONFIG`, shared by its tests."""
    with Gateway(request.module.CONFIG) as gateway:
        yield gateway


@pytest.fixture
def client(gateway):
    """A raw connection to the module's gateway."""
    with gateway.connect() as client:
        yield client


@pytest.fixture
def small(tmp_path):
    """A folder with a routes.yaml that has one route."""
    (tmp_path / "routes.yaml").write_text(SMALL)
    return tmp_path


@pytest.fixture
def nats():
    """A nats-server without credentials."""
    with NATSServer() as server:
        yield server

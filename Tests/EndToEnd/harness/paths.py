"""Where things are."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "Tests" / "Fixtures"
PATIENCE = 20.0
"""Seconds after which something that must happen has not: generous, for a busy machine."""


def binary() -> Path:
    """The gateway under test: $SWITCHYARD, else the release build."""
    return (REPOSITORY / os.environ.get("SWITCHYARD", ".build/release/switchyard")).resolve()


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Our environment without what would steer the gateway."""
    steering = {"QS_NATS_URL", "NATS_URL", "PORT", "SWITCHYARD_LISTEN", "GAE_SERVICE"}
    return {name: value for name, value in os.environ.items() if name not in steering} | (extra or {})

"""Fixtures for every test: connections to other machines fail, and settings of the user are hidden."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tunesmith.llm import environment
from tunesmith.llm.endpoints import PROVIDERS

# No deadline per example: on a busy machine, times mean nothing. `.ci/run` tries the same examples every time, so that
# its outcome depends on the code alone; elsewhere Hypothesis looks for new ones.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("any machine")

# A shell starts background jobs with these signals ignored, and the programs that tests start inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        # A datagram socket sends nothing when it connects: some libraries find this machine's address that way.
        if self.family in (socket.AF_INET, socket.AF_INET6) and self.type != socket.SOCK_DGRAM:
            host = address[0]
            local = host == "localhost" or ipaddress.ip_address(host).is_loopback
            assert local, f"tests must stay on this machine, but one connects to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _every_message() -> None:
    """Undo what a command line with `--quiet` has set in this process."""
    logging.getLogger("tunesmith").setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin with no variable kept from trials: a model of an earlier one may have hidden some."""
    monkeypatch.setattr(environment, "_hidden", set())


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the settings of the user who runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    for name in (
        "TRIALS",
        "MINUTES",
        "SEED",
        "FOLDER",
        "EXECUTOR",
        "PROPOSER",
        "PARALLEL",
        "MODEL",
        "RECORD",
        "REPLAY",
    ):
        monkeypatch.delenv(f"TUNESMITH_{name}", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("TRACKING_URI", "EXPERIMENT_NAME", "EXPERIMENT_ID", "TRACKING_USERNAME", "TRACKING_PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_{name}", raising=False)
    for provider in PROVIDERS.values():
        for name in (*provider.key_variables, provider.url_variable):
            monkeypatch.delenv(name, raising=False)

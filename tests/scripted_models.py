"""A language model whose answers are scripted, reached over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tunesmith.agents.connection import connected
from tunesmith.llm.client import ModelClient
from tunesmith.testing.model_server import ModelServer, Reply


@contextmanager
def connected_to(reply: Reply) -> Iterator[tuple[ModelClient, ModelServer]]:
    """Connect the model of a server that gives one answer, and yield both."""
    with ModelServer([reply]) as server:
        price = {"input": 1.0, "output": 5.0}
        setting = {"name": "compatible:scripted", "base_url": f"{server.url}/v1", "price": price}
        with connected({"model": setting, "timeout_seconds": 5.0}, usd=0.1) as model:
            yield model, server

"""`tunesmith mcp`: the verbs as tools for agents, over the Model Context Protocol."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import InputError, MissingExtra


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder of the studies; paths outside it are refused [default: current folder].",
)
@click.option("--http", is_flag=True, help="Serve streamable HTTP at /mcp instead of standard input and output.")
@click.option("--host", help="With --http: where to listen; other machines need a token [default: 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="With --http: the port; 0 for a free one [default: 8000].")
@click.option(
    "--token",
    envvar="TUNESMITH_MCP_TOKEN",
    help="With --http: clients must send `Authorization: Bearer TOKEN`; better set in TUNESMITH_MCP_TOKEN.",
)
def mcp(root: Path, http: bool, host: str | None, port: int | None, token: str | None) -> None:
    """Serve start, ask, tell, status, explain and more as tools for agents, over the Model Context Protocol.

    When the server ends, it stops the studies that it has started. They can be resumed.
    """
    try:
        from ..mcp.http import Address
        from ..mcp.server import serve
        from ..service.sandbox import Sandbox
    except ImportError as error:
        if (error.name or "").startswith("tunesmith"):
            raise
        raise MissingExtra(
            "the Model Context Protocol requires the package mcp. Install it with: pip install 'tunesmith[mcp]'"
        ) from None
    if not http and (host is not None or port is not None):
        raise InputError("--host and --port need --http: without it the server uses standard output. Add --http.")
    address = Address(host or Address.host, Address.port if port is None else port, token) if http else None
    sandbox = Sandbox.of(root)
    if address is None and sys.stdin.isatty():
        click.echo("tunesmith: waiting for an agent on standard input; docs/mcp.md tells how to connect one", err=True)
    serve(sandbox, address)

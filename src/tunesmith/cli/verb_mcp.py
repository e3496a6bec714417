"""`tunesmith mcp`: the verbs as tools for agents, by the Model Context Protocol."""

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
    help="Studies outside of this folder are refused; the current folder by default.",
)
@click.option("--http", is_flag=True, help="Serve streamable HTTP at /mcp instead of standard input and output.")
@click.option("--host", help="With --http: where to listen; 127.0.0.1 by default, others need a token.")
@click.option("--port", type=click.IntRange(0, 65535), help="With --http: the port; 8000 by default, 0 for a free one.")
@click.option(
    "--token",
    envvar="TUNESMITH_MCP_TOKEN",
    help="With --http: what clients must send as `Authorization: Bearer TOKEN`; better given by TUNESMITH_MCP_TOKEN.",
)
def mcp(root: Path, http: bool, host: str | None, port: int | None, token: str | None) -> None:
    """Serve start, ask, tell, status, explain and more as tools for agents, by the Model Context Protocol.

    When the server ends, the studies that it has started are asked to stop; they can be gone on with.
    """
    try:
        from ..mcp.http import Address
        from ..mcp.server import serve
        from ..service.sandbox import Sandbox
    except ImportError as error:
        if (error.name or "").startswith("tunesmith"):
            raise
        raise MissingExtra(
            "serving the Model Context Protocol needs the package mcp. Install it with: pip install 'tunesmith[mcp]'"
        ) from None
    if not http and (host is not None or port is not None):
        raise InputError("--host and --port are for --http; without it the server speaks on standard output.")
    address = Address(host or Address.host, Address.port if port is None else port, token) if http else None
    sandbox = Sandbox.of(root)
    if address is None and sys.stdin.isatty():
        click.echo("tunesmith: waiting for an agent on standard input; docs/mcp.md tells how one starts it", err=True)
    serve(sandbox, address)

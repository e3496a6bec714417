"""The server over HTTP: reachable from other machines only with a token."""

from __future__ import annotations

import hmac
import ipaddress
import socket
import sys
from dataclasses import dataclass, field
from typing import Any

import psutil
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings

from ..errors import InputError

MIN_TOKEN_LENGTH = 16
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Address:
    """Where to listen, and the token that clients must send.

    Args:
        host: A name or an address of this machine.
        port: 0 takes any free port.
        token: Clients send it as `Authorization: Bearer …`; None admits everyone who can reach the port.

    Raises:
        InputError: The host is not a loopback address and there is no token, or the token is short.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        advice = "Generate one with: python -c 'import secrets; print(secrets.token_urlsafe())'"
        if self.token is None and not self.is_loopback:
            raise InputError(
                f"without a token only this machine may reach the server, but {self.host} is open to others. "
                f"Add a --token, or omit --host. {advice}"
            )
        if self.token is not None and len(self.token) < MIN_TOKEN_LENGTH:
            raise InputError(f"a token must have at least {MIN_TOKEN_LENGTH} characters. {advice}")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def names(self) -> list[str]:
        """The host names that clients may use; others are refused, which prevents DNS rebinding."""
        names = {*_LOOPBACK, _bracketed(self.host)}
        if not self.is_loopback:
            names |= {socket.gethostname()}
            names |= {
                _bracketed(a.address) for net in psutil.net_if_addrs().values() for a in net if a.family in _FAMILIES
            }
        return sorted(names)


_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class TokenCheck:
    """Admits the clients that send one token.

    Args:
        token: The token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the client's access, or None for a wrong token."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        return AccessToken(token=token, client_id="token", scopes=[])


def serve_http(server: MCPServer[Any], address: Address) -> None:
    """Serve streamable HTTP at `/mcp` until a signal arrives.

    Raises:
        InputError: The port cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise InputError(
            f"the server cannot listen on {address.host}, port {address.port}: {error.strerror}. "
            "Choose another --port or --host."
        ) from None
    names = address.names
    app = server.streamable_http_app(
        host=address.host,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[*names, *(f"{name}:*" for name in names)],
            allowed_origins=[f"http://{name}{port}" for name in names for port in ("", ":*")],
        ),
    )
    port = listening.getsockname()[1]
    print(f"tunesmith: serving at http://{_bracketed(address.host)}:{port}/mcp", file=sys.stderr, flush=True)
    # Clients keep their streams open; they get two seconds to close them.
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host

from __future__ import annotations

import asyncio

import pytest

from tunesmith.errors import InputError
from tunesmith.mcp.http import Address, TokenCheck, serve_http
from tunesmith.mcp.server import build
from tunesmith.mcp.tools import Tools
from tunesmith.service.sandbox import Sandbox

TOKEN = "a token that is long enough"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_token(host):
    assert Address(host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org", ""])
def test_all_others_do(host):
    with pytest.raises(InputError, match="without a token only this machine may reach the server"):
        Address(host)
    assert not Address(host, token=TOKEN).is_loopback


def test_a_token_is_long_and_not_shown():
    with pytest.raises(InputError, match="at least 16 characters"):
        Address(token="short")
    with pytest.raises(InputError, match="at least 16 characters"):
        Address(token="")
    assert TOKEN not in repr(Address(token=TOKEN))


def test_other_names_than_those_of_this_machine_are_refused():
    assert Address().names == ["127.0.0.1", "[::1]", "localhost"]
    assert "evil.example" not in Address("0.0.0.0", token=TOKEN).names
    assert "127.0.0.1" in Address("0.0.0.0", token=TOKEN).names


def test_only_the_token_opens():
    lock = TokenCheck(TOKEN)
    assert asyncio.run(lock.verify_token(TOKEN)) is not None
    for wrong in ("", TOKEN[:-1], TOKEN + "x", "ä"):
        assert asyncio.run(lock.verify_token(wrong)) is None


def test_a_port_that_is_taken_is_said(tmp_path):
    address = Address("192.0.2.1", token=TOKEN)  # an address that no machine has
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1, port 8000: "):
        serve_http(build(Tools(Sandbox.of(tmp_path)), address), address)

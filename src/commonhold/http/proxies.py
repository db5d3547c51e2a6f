"""Reverse proxies: what they say of a caller is believed of trusted ones alone."""

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

_SAID_BY_PROXIES: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded", b"x-real-ip"}
)

PROXIED: Final = "commonhold.proxied"
"""Key of the scope that says that a request came through a proxy which is not trusted: its address says nothing."""


class Proxies:
    """The networks whose ``X-Forwarded-For``, ``-Proto`` and ``-Host`` are believed."""

    def __init__(self, networks: Iterable[str]) -> None:
        """``networks`` as addresses or CIDR ranges (``10.0.0.0/8``)."""
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def settle(self, scope: Scope) -> None:
        """Put the caller's address, scheme and host into the scope, as far as they can be believed."""
        if _SAID_BY_PROXIES.isdisjoint([name for name, _ in scope["headers"]]):
            return
        headers = Headers(scope=scope)
        client = scope.get("client")
        if client is None or not self._trusts(client[0]):
            scope[PROXIED] = True
            return
        hops = [hop.strip() for hop in ",".join(headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
        for hop in reversed(hops):
            if (address := _address(hop)) is None:
                break
            scope["client"] = (address, 0)
            if not self._trusts(address):
                break
        scheme = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
        host = headers.get("x-forwarded-host", "").split(",")[-1].strip()
        if host:
            rest = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [*rest, (b"host", host.encode("latin-1"))]

    def _trusts(self, address: str) -> bool:
        found = _address(address)
        return found is not None and any(ipaddress.ip_address(found) in network for network in self._networks)


def _address(text: str) -> str | None:
    """Return an address in its canonical form, or None if the text is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def at_home(scope: Scope) -> bool:
    """Tell whether the caller sits on this machine, and is no proxy that passes others on."""
    client = scope.get("client")
    if client is None or scope.get(PROXIED):
        return False
    address = _address(client[0])
    return address is not None and ipaddress.ip_address(address).is_loopback

"""Where a webhook may go. Pure: the worker resolves the name, and asks here about each address it got."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from commonhold.core.problems import Problem

LONGEST: Final = 2_048
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses that look public and lead to a machine's own surroundings: a cloud's own services, and translations of
# addresses (NAT64 of a network's choice, 6to4, Teredo) behind which any other address may hide.
_SPECIAL: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("168.63.129.16/32", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32",
                 "fec0::/10", "::/96")
)  # fmt: skip


def is_inside(text: str) -> bool:
    """Tell whether an address is no public one: of this machine, this network, many receivers, or a translation."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    known = any(address.version == net.version and address in net for net in _SPECIAL)
    return known or not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified


def refuse_target(url: str, *, inside: bool) -> None:
    """Refuse what no webhook may go to, as far as its URL tells; the worker looks at the addresses of its name.

    ``inside``: plain http and addresses inside are fine, because a setting says so.

    :raises Problem: bad_target
    """
    if not target_fits(url, inside=inside):
        raise Problem("bad_target", field="url")


def target_fits(url: str, *, inside: bool) -> bool:
    """Tell whether a URL may be called at all."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST or port == 0:
        return False
    if not host or "@" in parts.netloc or parts.fragment:
        return False
    if inside:
        return parts.scheme in ("https", "http")
    return parts.scheme == "https" and not _is_inside_by_name(host)


def _is_inside_by_name(host: str) -> bool:
    """Tell whether a host is written as an address inside; names are resolved by the worker."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return is_inside(host)

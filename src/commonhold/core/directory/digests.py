"""Digests under which secrets are kept and found, and under which tries are counted. Pure."""

import hashlib
import ipaddress


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret: enough for secrets of 160 random bits, and one indexed read finds it.

    Callers send anything, half a surrogate pair included: what nobody was given finds nothing.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def subject(kind: str, *parts: str) -> str:
    """Return the name under which tries are counted, so that no name or address stands in a counter."""
    return digest("\x1f".join((kind, *parts))).hex()


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that one IPv6 line usually has to itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))

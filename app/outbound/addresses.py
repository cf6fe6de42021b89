"""Where webhooks may go: https, and public addresses of the Internet alone.

A name is no proof: what it resolves to is checked at each connection, and the connection goes to
the very address that was checked (deliver.py).
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import msgspec

MOST_CHARACTERS = 2_000
HTTPS_PORT, HTTP_PORT = 443, 80

Address = IPv4Address | IPv6Address

GLOBAL_V6 = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")
SIX_TO_FOUR = ip_network("2002::/16")
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            *("2001::/23", "2001:db8::/32", "3fff::/20"),
        ),
    )
)
"""Private, shared, loopback, link-local, documentation, benchmarking, multicast and reserved."""

_printable = re.compile(r"[!-~]+")
_label = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_number = re.compile(r"(0x[0-9a-f]*|\d+)", re.IGNORECASE)
OURS = ("localhost", "local", "internal", "localdomain", "home.arpa")
"""Names that never lead to the Internet; others are found out by what they resolve to."""


class BadAddress(Exception):
    """A URL that no webhook may go to."""


class Target(msgspec.Struct, frozen=True):
    """A URL in its parts; `path` has the query too."""

    tls: bool
    host: str
    port: int
    path: str


def public(address: Address) -> bool:
    """Whether it is an address of the Internet that a webhook may go to.

    Addresses that stand for one of IPv4 are as that one is.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return public(address.ipv4_mapped)
        if address in NAT64:
            return public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address in SIX_TO_FOUR:
            return public(IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
        if address.scope_id is not None or address not in GLOBAL_V6:
            return False
    return not any(address in network for network in NOT_PUBLIC)


def literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def read_url(url: str, *, anywhere: bool) -> Target:
    """Read the URL of an endpoint.

    anywhere: http and addresses of one's own are fine too, for development and tests.

    Raises:
        BadAddress: with a sentence about what is wrong with it.
    """
    if len(url) > MOST_CHARACTERS:
        raise BadAddress(f"must have at most {MOST_CHARACTERS} characters")
    if not _printable.fullmatch(url) or "\\" in url:
        raise BadAddress("must be an absolute URL in ASCII without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("must be an absolute URL") from None
    if parts.scheme != "https" and not (anywhere and parts.scheme == "http"):
        raise BadAddress("must begin with https://")
    if "@" in parts.netloc:
        raise BadAddress("must not have a user or a password")
    if "#" in url:
        raise BadAddress("must not have a fragment")
    if port == 0:
        raise BadAddress("must have a port above 0")
    host = _host(parts, anywhere=anywhere)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, port or (HTTPS_PORT if tls else HTTP_PORT), path)


def _host(parts: SplitResult, *, anywhere: bool) -> str:
    host = (parts.hostname or "").rstrip(".")
    address = literal(host)
    if address is None:
        labels = host.split(".")
        if "[" in parts.netloc or len(host) > 253 or not all(map(_label.fullmatch, labels)):
            raise BadAddress("must have a host")
        # 127.1 and 0x7f000001 are addresses to a resolver, though not to everybody else.
        if _number.fullmatch(labels[-1]):
            raise BadAddress("must name its host, or have its address in full")
    if anywhere:
        return host
    if address is not None and not public(address):
        raise BadAddress("must not lead to a private or reserved address")
    if address is None and any(f".{host}".lower().endswith(f".{name}") for name in OURS):
        raise BadAddress("must not lead to this machine or a local network")
    return host

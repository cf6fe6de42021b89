"""Who the client is when proxies stand in between: their word counts where they are trusted."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from app.core.settings import SettingsError

Networks = Sequence[IPv4Network | IPv6Network]
Headers = Iterable[tuple[bytes, bytes]]


class Client(NamedTuple):
    """The address of whoever sent the request, and the scheme they used; "" where unknown."""

    address: str
    scheme: str


def networks(setting: str) -> Networks:
    """The networks of HONGQUN_TRUSTED_PROXIES: addresses and CIDRs between commas.

    Raises:
        SettingsError: for what is neither.
    """
    try:
        return [ip_network(each.strip()) for each in setting.split(",") if each.strip()]
    except ValueError as error:
        raise SettingsError(f"HONGQUN_TRUSTED_PROXIES: {error}") from None


def client_of(peer: Client, headers: Headers, trusted: Networks) -> Client:
    """The client behind the peer: what trusted proxies say, from the nearest one outwards.

    `Forwarded` (RFC 7239) goes before X-Forwarded-For and X-Forwarded-Proto. The first address
    from the right that is no trusted proxy is the client; what stands left of it is hearsay.
    """
    if not trusted or not _within(peer.address, trusted):
        return peer
    hops = _hops(list(headers))
    nearest, scheme = peer.address, peer.scheme
    for address, told in reversed(hops):
        scheme = told or scheme
        if address is None:
            break
        nearest = address
        if not _within(address, trusted):
            break
    return Client(nearest, scheme)


def _hops(headers: list[tuple[bytes, bytes]]) -> list[tuple[str | None, str | None]]:
    """What each proxy saw, the nearest one last: an address, None where unreadable; a scheme."""
    forwarded = _values(headers, b"forwarded")
    if forwarded:
        hops = []
        for element in forwarded:
            pairs = (part.partition("=") for part in element.split(";"))
            said = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
            hops.append((_address(said.get("for", "")), _scheme(said.get("proto", ""))))
        return hops
    addresses = [_address(each) for each in _values(headers, b"x-forwarded-for")]
    schemes = [_scheme(each) for each in _values(headers, b"x-forwarded-proto")]
    if len(schemes) == len(addresses):
        return list(zip(addresses, schemes, strict=True))
    # Most proxies say one scheme for the whole way: that of whoever came to the outermost one.
    scheme = schemes[-1] if schemes else None
    return [(address, scheme) for address in addresses or [None]]


def _values(headers: list[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """The parts of a header that may stand several times, in order."""
    lines = [value.decode("latin-1") for key, value in headers if key.lower() == name]
    return [part.strip() for line in lines for part in line.split(",") if part.strip()]


def _address(said: str) -> str | None:
    """An address without its port: `192.0.2.1:80`, `[2001:db8::1]:80`; None for what is none."""
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        return str(ip_address(said))
    except ValueError:
        return None


def _scheme(said: str) -> str | None:
    said = said.lower()
    return said if said in ("http", "https") else None


def _within(address: str, trusted: Networks) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in trusted)

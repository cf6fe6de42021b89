"""Forwarded headers: believed from trusted proxies, and from nobody else."""

import pytest

from app.core.proxies import Client, client_of, networks
from app.core.settings import SettingsError, read

PROXIES = networks("10.0.0.0/8, 2001:db8::/32, 127.0.0.1")


def behind(peer: str, *lines: tuple[str, str]) -> Client:
    headers = [(name.encode(), value.encode()) for name, value in lines]
    return client_of(Client(peer, "http"), headers, PROXIES)


FOR, PROTO, FORWARDED = "x-forwarded-for", "x-forwarded-proto", "forwarded"


@pytest.mark.parametrize(
    "peer,lines,expected",
    [
        ("10.1.1.1", [(FOR, "192.0.2.7"), (PROTO, "https")], ("192.0.2.7", "https")),
        # A client that says something of itself: only what the proxy added counts.
        ("10.1.1.1", [(FOR, "1.1.1.1, 192.0.2.7"), (PROTO, "https")], ("192.0.2.7", "https")),
        ("10.1.1.1", [(FOR, "1.1.1.1"), (FOR, "192.0.2.7")], ("192.0.2.7", "http")),
        # Two proxies of ours.
        ("10.1.1.1", [(FOR, "1.1.1.1, 192.0.2.7, 10.2.2.2")], ("192.0.2.7", "http")),
        (
            "10.1.1.1",
            [(FOR, "192.0.2.7, 10.2.2.2"), (PROTO, "https, http")],
            ("192.0.2.7", "https"),
        ),
        # Not from one of ours.
        ("192.0.2.9", [(FOR, "10.1.1.1"), (PROTO, "https")], ("192.0.2.9", "http")),
        ("192.0.2.9", [(FORWARDED, "for=10.1.1.1;proto=https")], ("192.0.2.9", "http")),
        ("", [(FOR, "192.0.2.7")], ("", "http")),
        ("not an address", [(FOR, "192.0.2.7")], ("not an address", "http")),
        # RFC 7239 goes before.
        (
            "2001:db8::1",
            [(FORWARDED, 'for="[2001:db9::7]:4711";proto=https, for=10.2.2.2'), (FOR, "1.1.1.1")],
            ("2001:db9::7", "https"),
        ),
        ("10.1.1.1", [("Forwarded", "For=192.0.2.7:99;Proto=HTTPS;by=x")], ("192.0.2.7", "https")),
        ("::ffff:10.1.1.1", [(FOR, "192.0.2.7")], ("192.0.2.7", "http")),
        # What cannot be read is not believed, nor what stands before it.
        ("10.1.1.1", [(FOR, "192.0.2.7, unknown")], ("10.1.1.1", "http")),
        ("10.1.1.1", [(FORWARDED, "for=_hidden;proto=gopher")], ("10.1.1.1", "http")),
        ("10.1.1.1", [(PROTO, "https")], ("10.1.1.1", "https")),
        ("10.1.1.1", [(FOR, ",,"), (FORWARDED, ";;=;")], ("10.1.1.1", "http")),
        ("10.1.1.1", [], ("10.1.1.1", "http")),
    ],
)
def test_who_the_client_is(
    peer: str, lines: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    assert behind(peer, *lines) == expected


def test_nobody_is_trusted_by_default() -> None:
    peer = Client("127.0.0.1", "http")
    assert client_of(peer, [(b"x-forwarded-for", b"1.1.1.1")], networks("")) == peer


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="HONGQUN_TRUSTED_PROXIES"):
        networks(wrong)


def test_a_certificate_goes_with_its_key() -> None:
    with pytest.raises(SettingsError, match="together"):
        read({"HONGQUN_TLS_CERT": "x"})

"""Connections of webhooks: the name is resolved, each address checked, and one of these taken.

So a name that resolves to something else a moment later leads nowhere else.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import httpcore

from app.outbound.addresses import literal, public

Resolve = Callable[[str, int], Awaitable[list[str]]]

_resolving = ThreadPoolExecutor(20, "webhook-dns")
"""Threads of its own: a name server that does not answer must hold up nothing else."""


class Unresolved(Exception):
    """The name leads to no address."""


class RefusedAddress(Exception):
    """It leads only to addresses that webhooks may not go to."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which they are to be tried.

    Raises:
        Unresolved: where there is none.
    """

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    try:
        return await asyncio.get_running_loop().run_in_executor(_resolving, ask)
    except (OSError, UnicodeError) as error:
        raise Unresolved(str(error)) from None


class Checked(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, or with `anywhere` to any; it knows no proxies."""

    def __init__(self, *, anywhere: bool, resolve: Resolve = resolve) -> None:
        self._plain = httpcore.AnyIOBackend()
        self._anywhere = anywhere
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (as httpcore has it)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that answers.

        Raises:
            Unresolved, RefusedAddress: where there is none to connect to.
            httpcore.ConnectError, httpcore.ConnectTimeout: where none answers.
        """
        found = [host] if literal(host) is not None else await self._resolve(host, port)
        if not found:
            raise Unresolved("the name has no address")
        addresses = [each for each in found if self._anywhere or public(ip_address(each))]
        if not addresses:
            raise RefusedAddress("the host is at a private or reserved address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

"""Passwords: Argon2id, worked out in threads of their own so that nothing else waits."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Problem
from app.crm.tokens import random_text

T = TypeVar("T")

SHORTEST = 10
LONGEST = 256

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's first choice of parameters for Argon2id: 19 MiB, two passes, one lane."""

_threads = ThreadPoolExecutor(2, "argon2")
"""So many are worked out at once in a process; others queue."""


def check(password: str, login: str) -> None:
    """Refuse a password that is easily found.

    Raises:
        Problem: 422.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise _unfit(f"A password has at least {SHORTEST} characters.")
    if len(plain) > LONGEST:
        raise _unfit(f"A password has at most {LONGEST} characters.")
    if plain.casefold() == login.casefold():
        raise _unfit("The password must not be the login.")


def generate() -> str:
    """A password of 119 random bits."""
    return random_text(20)


async def hash_of(password: str) -> str:
    """What is kept of a password."""
    return await _in_thread(_hasher.hash, _plain(password))


async def fits(kept: str | None, password: str) -> bool:
    """Whether it is the password that was kept; it takes as long where there is none."""
    return await _in_thread(_fits, kept, _plain(password))


def outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _plain(password: str) -> str:
    # Keyboards write the same letter in several ways.
    return unicodedata.normalize("NFKC", password)


def _fits(kept: str | None, plain: str) -> bool:
    decoy = _decoy()
    try:
        return _hasher.verify(decoy if kept is None else kept, plain) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    return _hasher.hash(generate())


def _unfit(detail: str) -> Problem:
    return Problem(422, "invalid", detail, field="/password")


async def _in_thread(act: Callable[..., T], *given: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, act, *given)

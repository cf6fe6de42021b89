"""Requests of one event: ours beside the same handler without a database."""

import statistics
from collections.abc import Callable

import msgspec

from bench.arena import Arena, Sender, Shot, Target
from bench.deliveries import events, request

MOST_REQUESTS = 60_000
FIRST = 1_000


class Single(msgspec.Struct, kw_only=True):
    """Medians of the rounds, requests a second; `brands` is ours with a brand a connection.

    A ratio is the median of those of the rounds, whose shots follow each other.
    """

    connections: int
    ours: float
    same: float
    bare: float
    brands: float
    client: float
    ratio: float
    ratio_to_bare: float
    shots: list[Shot]


def single(
    arena: Arena, connections: int, seconds: float, rounds: int, say: Callable[[str], None]
) -> Single:
    """Ours and the yardsticks in turn, so that a busy machine is as busy for each."""
    sender = arena.sender()
    many = [arena.sender() for _ in range(connections)]
    shots: dict[str, list[Shot]] = {}
    with (
        arena.web() as ours,
        arena.yardstick("same", sender.secret) as same,
        arena.yardstick("bare", sender.secret) as bare,
        arena.blind() as blind,
    ):
        brands = Target("brands", ours.port, ours.pid)
        turns = [(ours, [sender]), (same, [sender]), (bare, [sender]), (brands, many)]
        for target, senders in [*turns, (blind, [sender])]:
            first, _ = arena.shoot(target, made(arena, senders, FIRST), connections)
            shots[target.name] = [first]
        for _ in range(rounds):
            for target, senders in turns:
                count = enough(shots[target.name][-1].per_second, seconds)
                shot, _ = arena.shoot(target, made(arena, senders, count), connections)
                shots[target.name].append(shot)
                say(told(shot))
        count = enough(shots["blind"][-1].per_second, seconds / 2)
        shots["blind"].append(arena.shoot(blind, made(arena, [sender], count), connections)[0])
        say(told(shots["blind"][-1]))
    warm = {name: some[1:] for name, some in shots.items()}
    return Single(
        connections=connections,
        **{name: median(warm[name]) for name in ("ours", "same", "bare", "brands")},
        client=median(warm["blind"]),
        ratio=ratio(warm["ours"], warm["same"]),
        ratio_to_bare=ratio(warm["ours"], warm["bare"]),
        shots=[shot for some in warm.values() for shot in some],
    )


def made(arena: Arena, senders: list[Sender], count: int) -> list[bytes]:
    """Signed requests of one event each, of the senders in turn."""
    return [
        request(senders[n % len(senders)].source_id, senders[n % len(senders)].secret, body, n)
        for n, body in enumerate(events(count, arena.run_name()))
    ]


def enough(per_second: float, seconds: float) -> int:
    """So many requests as take about so long."""
    return max(FIRST, min(MOST_REQUESTS, int(per_second * seconds)))


def median(shots: list[Shot]) -> float:
    """Of the requests a second."""
    return statistics.median(shot.per_second for shot in shots)


def ratio(ours: list[Shot], theirs: list[Shot]) -> float:
    """Of the requests a second, each shot to the one of its round."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(one.per_second / other.per_second for one, other in pairs)


def told(shot: Shot) -> str:
    """A shot as a line."""
    return (
        f"{shot.target:7s} {shot.per_second:8,.0f} requests/s; processor time a request: web"
        f" {shot.web_us:,.0f} µs, PostgreSQL {shot.postgres_us:,.0f} µs; load"
        f" {shot.load_average:.1f}"
    )

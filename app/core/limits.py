"""Rate limits: token buckets in Redis, so that they hold across processes and hosts.

A process takes several tokens at a time where there are many, and spends them within a second;
what it does not spend is lost, so that a limit is never exceeded. Without Redis each process has
a bucket of its own.
"""

import math
import time
from collections.abc import Awaitable
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

BURST_SECONDS = 10
"""A bucket holds what is granted in so many seconds."""

KEPT_SECONDS = 1.0
"""How long a process may keep tokens that it took and did not spend."""

MOST_AT_ONCE = 100
TIMEOUT_SECONDS = 0.25
AWAY_SECONDS = 2.0
"""After a failure Redis is left alone for so long."""

MOST_KEPT = 10_000
"""Names whose tokens a process keeps before it drops those that are over."""

TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rate, most, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(found[1]) or most, tonumber(found[2]) or now
left = math.min(most, left + math.max(0, now - at) * rate)
local given = 0
if left >= 1 then
    given = math.max(1, math.min(wanted, math.floor(left / 4)))
    left = left - given
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(most / rate * 1000) + 1000)
return {given, tostring(left)}
"""

log = structlog.get_logger()


class Rate(msgspec.Struct, frozen=True):
    """So many a second on average, and up to BURST_SECONDS of that at once."""

    kind: str
    per_second: int

    @property
    def most(self) -> int:
        return self.per_second * BURST_SECONDS


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request may pass, and what is left for those that follow."""

    rate: Rate
    allowed: bool
    left: int

    @property
    def retry_after(self) -> int:
        """Seconds until there is a token again."""
        return max(1, math.ceil(1 / self.rate.per_second))

    @property
    def headers(self) -> dict[str, str]:
        """The fields RateLimit-Policy and RateLimit of the IETF's draft."""
        refilled = math.ceil((self.rate.most - self.left) / self.rate.per_second)
        return {
            "RateLimit-Policy": f'"{self.rate.kind}";q={self.rate.most};w={BURST_SECONDS}',
            "RateLimit": f'"{self.rate.kind}";r={self.left};t={refilled}',
        }


class Bucket(msgspec.Struct):
    """What a process holds for one name: tokens until an instant, and what is left beside them."""

    tokens: float = 0
    until: float = 0
    left: float = 0
    wanted: int = 1
    taken_at: float = 0


class Limiter:
    """Asks Redis for tokens; where that is away, grants them itself."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis = (
            None
            if redis_url is None
            else Redis.from_url(
                redis_url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
            )
        )
        self._away_until = 0.0
        self._shared: dict[str, Bucket] = {}
        self._own: dict[str, Bucket] = {}

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def take(self, rate: Rate, name: str) -> Verdict:
        """Take one token of a name; never raises."""
        now = time.monotonic()
        if self._redis is None or now < self._away_until:
            return self._take_own(rate, name, now)
        bucket = _bucket(self._shared, name, now)
        if bucket.tokens < 1 or now >= bucket.until:
            bucket.tokens = 0
            try:
                await self._refill(bucket, rate, name, now)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("limits_without_redis", error=type(error).__name__)
                self._away_until = time.monotonic() + AWAY_SECONDS
                return self._take_own(rate, name, now)
        return _spend(bucket, rate)

    async def _refill(self, bucket: Bucket, rate: Rate, name: str, now: float) -> None:
        """Ask Redis for more: twice as many as the last time where that was just now."""
        recent = now - bucket.taken_at < KEPT_SECONDS / 4
        bucket.wanted = min(bucket.wanted * 2, MOST_AT_ONCE) if recent else 1
        assert self._redis is not None
        answer = self._redis.eval(
            TAKE,
            1,
            f"hongqun:limit:{rate.kind}:{name}",
            str(rate.per_second),
            str(rate.most),
            str(bucket.wanted),
        )
        given, left = await cast("Awaitable[list[Any]]", answer)
        # Another request may have refilled it meanwhile: its tokens hold as long as these.
        bucket.tokens += int(given)
        bucket.left = float(left)
        bucket.taken_at = time.monotonic()
        bucket.until = bucket.taken_at + KEPT_SECONDS

    def _take_own(self, rate: Rate, name: str, now: float) -> Verdict:
        bucket = _bucket(self._own, name, now, rate.most)
        bucket.tokens = min(rate.most, bucket.tokens + (now - bucket.taken_at) * rate.per_second)
        bucket.taken_at = now
        bucket.until = now + BURST_SECONDS
        return _spend(bucket, rate)


def _bucket(buckets: dict[str, Bucket], name: str, now: float, tokens: float = 0) -> Bucket:
    found = buckets.get(name)
    if found is None:
        if len(buckets) >= MOST_KEPT:
            for over in [each for each, bucket in buckets.items() if bucket.until <= now]:
                del buckets[over]
        found = buckets[name] = Bucket(tokens=tokens, taken_at=now if tokens else 0)
    return found


def _spend(bucket: Bucket, rate: Rate) -> Verdict:
    allowed = bucket.tokens >= 1
    if allowed:
        bucket.tokens -= 1
    return Verdict(rate, allowed, max(0, math.floor(bucket.tokens + bucket.left)))

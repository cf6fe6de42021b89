"""The questions that are timed: how each is asked over HTTP and of the yardstick."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.core.clock import Bucket, Window
from bench import sameness

ZONE = ZoneInfo("Asia/Shanghai")
WINDOWS = (7, 30, 90, 365)


class Question(msgspec.Struct, frozen=True):
    """One endpoint with its parameters, the statement that answers it, and how both compare."""

    endpoint: str
    variant: str
    asked: dict[str, str]
    statement: str
    differs: Callable[[dict[str, Any], list[tuple[Any, ...]]], str | None]

    @property
    def path(self) -> str:
        return f"/v1/metrics/{self.endpoint}"

    @property
    def name(self) -> str:
        return f"{self.endpoint} {self.variant}".strip()


def _gmv(basis: str, bucket: str) -> Question:
    asked = {"basis": basis, "bucket": bucket}
    return Question("gmv-share", f"{basis} {bucket}", asked, "gmv_share", sameness.gmv_share)


def _repurchase(kind: str, statement: str) -> Question:
    differs = sameness.cohort if kind == "cohort" else sameness.repurchase
    return Question("repurchase", kind, {"kind": kind}, statement, differs)


QUESTIONS = (
    *(
        _gmv(basis, bucket)
        for bucket in ("none", "day")
        for basis in ("gross", "net", "net_ledger")
    ),
    _repurchase("window", "repurchase_window"),
    _repurchase("cohort", "repurchase_cohort"),
    _repurchase("returning", "repurchase_across"),
    _repurchase("next_period", "repurchase_across"),
    *(
        Question("funnel", by, {"by": by}, "funnel", sameness.funnel)
        for by in ("note", "creator", "group")
    ),
    *(
        Question("retention", kind, {"kind": kind}, f"retention_{kind}", sameness.retention)
        for kind in ("stay", "speak")
    ),
    *(
        Question("activity", bucket, {"bucket": bucket}, "activity", sameness.activity)
        for bucket in ("day", "week")
    ),
    Question("lives", "", {}, "lives", sameness.lives),
    Question("before-after", "", {}, "before_after", sameness.before_after),
)


def window(last: datetime, days: int) -> Window:
    """So many local days, of which the last is that on which the history ends."""
    end = last.astimezone(ZONE).date() + timedelta(days=1)
    return Window(end - timedelta(days=days), end, ZONE)


def over_http(question: Question, asked: Window) -> dict[str, str]:
    """The parameters of the request; as_of is left out, as dashboards do."""
    dates = {"start": asked.start.isoformat(), "end": asked.end.isoformat()}
    return dates | question.asked


def of_yardstick(question: Question, asked: Window, as_of: datetime) -> dict[str, Any]:
    """The parameters of the statement, as naive UTC."""
    bucket: Bucket = question.asked.get("bucket", "none")  # type: ignore[assignment]
    kind = question.asked.get("kind")
    following = asked.following
    before = kind == "returning"
    return {
        "start": _naive(asked.starts_at),
        "end": _naive(asked.ends_at),
        "as_of": _naive(as_of),
        "first_day": asked.start,
        "end_day": asked.end,
        "basis": question.asked.get("basis"),
        "by": question.asked.get("by"),
        "bucket": bucket,
        "last": len(list(asked.buckets(bucket))) + 1,
        "other_start": datetime(1970, 1, 1) if before else _naive(following.starts_at),  # noqa: DTZ001
        "other_end": _naive(asked.starts_at if before else following.ends_at),
    }


def day_of(text: str) -> date:
    """A date of an answer."""
    return date.fromisoformat(text)


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)

"""The headline numbers of the sample brand, each with the URL that returns it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import httpx
from rich.console import Console
from rich.table import Table

BEST = 5


def show_numbers(
    base: str, key: str, start: date, end: date, notes: Mapping[str, str], console: Console
) -> None:
    """Ask the REST API and print what it says; `notes` are titles by note id."""
    headers = {"authorization": f"Bearer {key}"}
    window = {"start": start.isoformat(), "end": end.isoformat()}
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:

        def ask(path: str, **params: Any) -> tuple[dict[str, Any], str]:
            asked = f"{path}?{urlencode(window | params)}"
            answer: dict[str, Any] = client.get(asked).raise_for_status().json()
            return answer, f"GET {asked}"

        share, share_url = ask("/v1/metrics/gmv-share")
        cohort, cohort_url = ask("/v1/metrics/repurchase", kind="cohort", within_days=30)
        by_note = [
            (note, *ask("/v1/metrics/repurchase", kind="window", note_id=note)) for note in notes
        ]
    table = Table("指标", "数值", "", title=f"{start} – {end} 群聊经营数据")
    total = share["total"]
    table.add_row("GMV", yuan(total["gmv"]), f"{total['orders']} 笔订单")
    table.add_row("群内成交占比", percent(share["share"]["touch"]), "share.touch")
    table.add_row("群用户成交占比", percent(share["share"]["member"]), "share.member")
    table.add_section()
    for label, name in (("群用户", "group"), ("非群用户", "non_group")):
        found = cohort["by_segment"][name]
        counts = f"{found['repeat_buyers']} / {found['mature_buyers']} 人"
        table.add_row(f"30 天复购率（{label}）", percent(found["rate"]), counts)
    table.add_row("群用户 / 非群用户", f"{cohort['lift']} 倍", "lift")
    table.add_section()
    best = sorted(by_note, key=lambda row: (-row[1]["buyers"], row[0]))[:BEST]
    for note, answer, _ in best:
        counts = f"{answer['repeat_buyers']} / {answer['buyers']} 人复购"
        table.add_row(f"笔记「{notes[note]}」", percent(answer["rate"]), counts)
    console.print(table)
    for asked in (share_url, cohort_url, *(url for _, _, url in best)):
        console.print(asked, soft_wrap=True, highlight=False)


def percent(ratio: float | None) -> str:
    """A ratio for people."""
    return "–" if ratio is None else f"{ratio:.1%}"


def yuan(fen: int) -> str:
    """An amount in fen for people."""
    return f"¥{fen // 100:,}.{fen % 100:02}"

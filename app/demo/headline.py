"""The headline numbers of the sample brand, each with the URL that returns it."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from rich.console import Console
from rich.table import Table

BEST = 5


def show_numbers(base: str, key: str, start: date, end: date, console: Console) -> None:
    """Ask the REST API and print what it says, and the requests that were made."""
    headers = {"authorization": f"Bearer {key}"}
    window = {"start": start.isoformat(), "end": end.isoformat()}
    last_week = {"start": (end - timedelta(days=7)).isoformat(), "end": end.isoformat()}
    urls: list[str] = []
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:

        def ask(path: str, **params: Any) -> dict[str, Any]:
            asked = f"/v1/metrics/{path}?{urlencode(window | params)}"
            urls.append(f"{base}{asked}")
            answer: dict[str, Any] = client.get(asked).raise_for_status().json()
            return answer

        tables = [
            _headline(ask("gmv-share"), ask("repurchase", kind="cohort", within_days=30), window),
            _notes(ask("funnel", by="note", sort="-credited_gmv")),
            _retention(
                ask("retention", days="1,7,30"), ask("retention", days="1,7,30", kind="speak")
            ),
            _activity(ask("activity", bucket="week", **last_week)),
        ]
    for table in tables:
        console.print(table)
    console.print("以上数字由下列请求返回（curl -H 'Authorization: Bearer …'）:")
    for url in urls:
        console.print(f"  GET {url}", soft_wrap=True, highlight=False)


def _headline(share: dict[str, Any], cohort: dict[str, Any], window: dict[str, str]) -> Table:
    table = Table("指标", "数值", "", title=f"{window['start']} – {window['end']} 群聊经营数据")
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
    return table


def _notes(funnel: dict[str, Any]) -> Table:
    table = Table(
        *("笔记", "入群", "发言", "购买", "复购", "归因 GMV"), title=f"带来成交最多的 {BEST} 篇笔记"
    )
    for row in [row for row in funnel["rows"] if row["key"] is not None][:BEST]:
        counts = (row["joins"], row["speakers"], row["buyers"], row["repeat_buyers"])
        table.add_row(row["name"], *map(str, counts), yuan(row["credited_gmv"]))
    return table


def _retention(stay: dict[str, Any], speak: dict[str, Any]) -> Table:
    days = [f"D{row['day']}" for row in stay["rows"]]
    table = Table("留存", *days, title="入群后的留存")
    for label, answer in (("仍在群", stay), ("当天发言", speak)):
        table.add_row(label, *(percent(row["rate"]) for row in answer["rows"]))
    return table


def _activity(activity: dict[str, Any]) -> Table:
    table = Table("群", "成员", "入群", "退群", "消息", "发言人", "互动率", title="上周群活跃")
    for row in activity["rows"]:
        counts = (row[n] for n in ("members_end", "joins", "leaves", "messages", "speakers"))
        rate = percent(row["interaction_rate"])
        table.add_row(row["name"] or row["group_id"], *map(str, counts), rate)
    return table


def percent(ratio: float | None) -> str:
    """A ratio for people."""
    return "–" if ratio is None else f"{ratio:.1%}"


def yuan(fen: int) -> str:
    """An amount in fen for people."""
    return f"¥{fen // 100:,}.{fen % 100:02}"

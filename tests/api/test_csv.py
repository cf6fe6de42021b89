"""Answers as CSV: the same numbers, readable headers, and texts that stay texts."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.metrics.catalog import labels
from tests.api.door import problem
from tests.make import Brand, Service
from tests.metrics.told import MARCH, told

NAMES = ["=1+1", "+86", "-5", "@me", "＝1", "＋1", "－1", "＠1"]
STORY = """
    03-01 10:00 group.created   group_id=g1 name=福利群,一
    03-02 10:00 member.joined   group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-03 10:00 message.sent    group_id=g1 member_id=ann message_id=m1
    03-03 12:00 live.started    live_id=l1 title=早"场
    03-03 12:30 live.joined     live_id=l1 member_id=ann
    03-03 12:45 order.paid      order_id=o1 buyer_id=ann amount=1000
    03-05 12:00 order.paid      order_id=o2 buyer_id=ann amount=500
    03-06 12:00 order.paid      order_id=o3 buyer_id=bob amount=250
"""
ANSWERS: list[tuple[str, dict[str, str]]] = [
    ("gmv-share", {"bucket": "week"}),
    ("repurchase", {}),
    ("repurchase", {"kind": "cohort"}),
    ("repurchase", {"kind": "returning"}),
    ("repurchase", {"kind": "next_period"}),
    ("funnel", {"by": "note"}),
    ("retention", {}),
    ("retention", {"kind": "speak"}),
    ("activity", {}),
    ("lives", {}),
    ("before-after", {"days": "7"}),
]
EACH = pytest.mark.parametrize(("path", "params"), ANSWERS, ids=lambda part: str(part))


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(service, STORY)


def answered(brand: Brand, path: str, accept: str | None = "text/csv", **params: Any) -> Any:
    with brand.client as client:
        headers = {} if accept is None else {"accept": accept}
        if accept is None:
            client.headers.pop("accept")
        return client.get(f"/v1/metrics/{path}", params=MARCH | params, headers=headers)


def lines(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    text = answer.content.decode("utf-8-sig")
    assert text.count("\n") == text.count("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def label_texts(brand: Brand, path: str, **params: str) -> set[str]:
    return set(answered(brand, path, None, **params).json()["labels"].values())


def cells(row: dict[str, Any]) -> list[str]:
    """The values of a row of JSON as they stand in CSV."""
    return ["" if value is None else f"{value:.6f}" if isinstance(value, float) else str(value)
            for value in row.values()]  # fmt: skip


@EACH
def test_headers_are_labels(brand: Brand, path: str, params: dict[str, str]) -> None:
    found = answered(brand, path, **params)
    assert found.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    header, *rows = lines(found)
    assert rows
    assert all(len(row) == len(header) for row in rows)
    assert len(set(header)) == len(header)
    assert set(header) <= label_texts(brand, path, **params)
    english = lines(answered(brand, path, lang="en", **params))
    assert english[1:] == rows
    assert set(english[0]) <= set(
        answered(brand, path, None, lang="en", **params).json()["labels"].values()
    )
    assert all(cell.isascii() for cell in english[0])


@pytest.mark.parametrize(
    ("path", "params"), [a for a in ANSWERS if a[0] in ("funnel", "retention", "activity")]
)
def test_rows_are_the_rows(brand: Brand, path: str, params: dict[str, str]) -> None:
    json = answered(brand, path, None, **params).json()
    header, *rows = lines(answered(brand, path, **params))
    assert rows == [cells(row) for row in json["rows"]]
    assert header == [json["labels"][name] for name in json["rows"][0]]


def test_lives_in_local_time(brand: Brand) -> None:
    header, row = lines(answered(brand, "lives"))
    assert header[:4] == ["直播 ID", "直播标题", "开播时间", "结束时间"]
    assert row[:5] == ["l1", '早"场', "2025-03-03T12:00:00+08:00", "", "1"]


def test_group_share(brand: Brand) -> None:
    header, *rows = lines(answered(brand, "gmv-share", bucket="week"))
    assert [row[:2] for row in rows][:2] == [
        ["2025-03-01", "2025-03-03"],
        ["2025-03-03", "2025-03-10"],
    ]
    found = dict(zip(header, rows[1], strict=True))
    assert found["品牌 GMV（分）"] == "1750"
    assert found["仅群用户：GMV（分）"] == "1500"
    assert found["与群无关：订单数"] == "1"
    assert found["群用户成交 GMV 占比"] == "0.857143"
    assert found["群用户成交订单占比"] == "0.666667"
    # The week of the first two days has no order: nothing to divide by.
    assert dict(zip(header, rows[0], strict=True))["群用户成交 GMV 占比"] == ""


def test_repurchase_by_segment(brand: Brand) -> None:
    header, *rows = lines(answered(brand, "repurchase"))
    assert header == ["人群", "购买客户数", "窗口内复购客户数", "窗口复购率", "群用户复购倍数"]
    assert rows == [
        ["all", "2", "1", "0.500000", ""],
        ["group", "1", "1", "1.000000", ""],
        ["non_group", "1", "0", "0.000000", ""],
    ]
    header, *rows = lines(answered(brand, "repurchase", kind="cohort", lang="en"))
    assert header[2:4] == ["Mature buyers", "Immature buyers"]
    assert rows[0][:5] == ["all", "2", "2", "0", "1"]


def test_before_and_after(brand: Brand) -> None:
    assert lines(answered(brand, "before-after", days="7")) == [
        ["入群前后", "新入群客户数", "购买客户数", "购买次数", "GMV（分）"],
        ["before", "1", "0", "0", "0"],
        ["after", "1", "1", "2", "1500"],
        ["ratio", "", "", "", ""],
    ]


def test_money_says_its_unit(service: Service) -> None:
    for currency, zh, en in (
        ("CNY", "归因 GMV（分）", "Credited GMV (fen)"),
        ("JPY", "归因 GMV（JPY 最小货币单位）", "Credited GMV (minor unit of JPY)"),
    ):
        brand = service.brand(currency=currency)
        assert zh in lines(answered(brand, "funnel", by="note"))[0]
        assert en in lines(answered(brand, "funnel", by="note", lang="en"))[0]


def test_texts_are_no_formulas(brand: Brand, service: Service) -> None:
    brand = service.brand()
    names = [*NAMES, "\tx", "\rx", "a=b", "'x", '"=x"', "=a,b", "=a\r\nb"]
    brand.post(
        [
            {
                "id": f"e{n}",
                "type": "group.created",
                "time": "2025-03-01T10:00:00+08:00",
                "data": {"group_id": f"g{n:02}", "name": name},
            }
            for n, name in enumerate(names)
        ]
        + [
            {
                "id": f"j{n}",
                "type": "member.joined",
                "time": "2025-03-01T10:00:00+08:00",
                "data": {"group_id": f"g{n:02}", "member_id": "ann"},
            }
            for n in range(len(names))
        ]
    )
    brand.drain()
    answer = answered(brand, "activity", bucket="none")
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    safe = ["a=b", "'x", '"=x"']
    assert [row[1] for row in rows] == [name if name in safe else f"'{name}" for name in names]


@EACH
def test_the_file_has_a_name(brand: Brand, path: str, params: dict[str, str]) -> None:
    kind = {"repurchase": "window", "retention": "stay"}.get(path)
    parts = [path, params.get("kind", kind), "2025-03-01", "2025-04-01"]
    name = f"{'-'.join(part for part in parts if part)}.csv"
    said = answered(brand, path, **params).headers["content-disposition"]
    assert said == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/csv, application/json", "application/json"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.50", "application/json"),
        ("text/*", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/csv; header=present; q=1.0, */*;q=0.9", "text/csv"),
        ("text/html, text/csv;q=0.1", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/json;q=0.2, */*;q=0.1", "application/json"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("nonsense", "application/json"),
    ],
)
def test_which_type(brand: Brand, accept: str | None, kind: str) -> None:
    found = answered(brand, "lives", accept)
    assert found.status_code == 200
    assert found.headers["content-type"].split(";")[0] == kind
    assert found.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml;q=0.9, image/*", "*/*;q=0", "text/csv;q=0"]
)
@pytest.mark.parametrize("path", ["gmv-share", "repurchase", "retention", "activity", "lives"])
def test_neither(brand: Brand, path: str, accept: str) -> None:
    refused = answered(brand, path, accept)
    problem(refused, 406, "not_acceptable")
    assert refused.headers["vary"] == "Accept"


def test_problems_stay_problems(brand: Brand) -> None:
    problem(answered(brand, "lives", start="yesterday"), 400, "invalid", "start")
    problem(answered(brand, "lives", lang="fr"), 400, "invalid", "lang")


def test_every_header_comes_from_the_catalog(brand: Brand) -> None:
    header = lines(answered(brand, "activity"))[0]
    known = labels("activity", None, "CNY", "zh-CN")
    assert header == [known[name] for name in answered(brand, "activity", None).json()["rows"][0]]

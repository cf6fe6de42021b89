"""Imports through the API: from a file to numbers, repeats, corrections, reports."""

from datetime import datetime

import pytest

from app.crm import keys
from tests.make import Brand, Service
from tests.sheets.files import CSV, XLSX, csv, imported, problems, tally, upload, xlsx

ORDERS = csv(
    "订单号,买家ID,实付金额(元),下单时间,支付时间,退款金额,备注",
    "o1,b1,12.34,2025-03-01 11:59:00,2025-03-01 12:00:00,,x",
    'o2,b1,"1,200.00",2025-03-02 09:00:00,2025-03-02 09:01:00,200.00,',
    "o3,b2,99.9,2025/3/3 8:00,,,",
)
WINDOW = {"start": "2025-03-01", "end": "2025-04-01"}


def test_orders_become_numbers_once(brand: Brand) -> None:
    found = imported(brand, ORDERS, kind="orders", amounts="yuan", name="三月")
    assert (found["state"], found["encoding"], found["percent"]) == ("done", "utf-8", 100)
    assert tally(found) == (3, 3, 0, 0, 0)
    assert found["unknown_headers"] == ["备注"]
    # placed and paid of two, placed of the third, a refund.
    assert found["events"] == 6
    assert problems(brand, found) == [(3, "refunded_at", "assumed_time")]
    brand.drain()
    share = brand.ask("/v1/metrics/gmv-share", **WINDOW, basis="net")
    assert share["total"] == {"orders": 2, "gmv": 1234 + 120_000 - 20_000}
    again = imported(brand, ORDERS, kind="orders", amounts="yuan")
    assert tally(again) == (3, 0, 0, 3, 0)
    assert again["events"] == 0


def test_a_correction_wins_and_a_repeat_of_it_is_a_duplicate(brand: Brand) -> None:
    head = "order_id,buyer_id,amount,paid_at"
    first = csv(head, "o1,b1,100,2025-03-01T12:00:00+08:00", "o2,b1,5,2025-03-01T12:00:00+08:00")
    second = csv(head, "o1,b1,700,2025-03-01T12:00:00+08:00", "o2,b1,5,2025-03-01T12:00:00+08:00")
    for content, expected, gmv in (
        (first, (2, 2, 0, 0, 0), 105),
        (second, (2, 1, 1, 1, 0), 705),
        (second, (2, 0, 0, 2, 0), 705),
        (first, (2, 1, 1, 1, 0), 105),
    ):
        assert tally(imported(brand, content, kind="orders", amounts="fen")) == expected
        brand.drain()
        assert brand.ask("/v1/metrics/gmv-share", **WINDOW)["total"]["gmv"] == gmv


def test_a_dry_run_reports_and_stores_nothing(service: Service, brand: Brand) -> None:
    content = csv(
        "群ID,用户ID,入群时间,退群时间,来源笔记,手机",
        "g1,m1,2025-03-01 10:00:00,2025-03-05 10:00:00,n1,1",
        "g1,m2,2025-13-01 10:00:00,,n1,1",
        "g1,,2025-03-01 10:00:00,,n1,1",
        "g1,m3,,,n1,1",
        "g1,m4,2025-03-02 10:00:00,2025-03-01 10:00:00,,1",
        "g1,1.23457E+17,2025-03-02 10:00:00,,,1",
        "g1,m1,2025-03-01 10:00:00,2025-03-05 10:00:00,n2,1",
        "g1,m5,2999-03-02 10:00:00,,,1",
        "g1,m6,2025-03-02 10:00:00,,,1,9",
    )
    found = imported(brand, content, kind="memberships", dry_run=True)
    assert (found["state"], found["unknown_headers"]) == ("done", ["手机"])
    assert tally(found) == (9, 1, 0, 0, 8)
    assert problems(brand, found) == [
        (3, "入群时间", "invalid"),
        (4, "用户ID", "missing"),
        (5, "入群时间", "missing"),
        (6, "退群时间", "reversed"),
        (7, "用户ID", "digits_lost"),
        (8, None, "repeated"),
        (9, "入群时间", "time_out_of_range"),
        (10, None, "too_many_cells"),
    ]
    assert found["problems"]["invalid"] == 1
    stored = "SELECT count(*) FROM event WHERE brand_id = :b"
    assert service.sql(stored, b=brand.brand_id)[0][0] == 0
    real = imported(brand, content, kind="memberships")
    assert tally(real) == tally(found)
    brand.drain()
    activity = brand.ask(
        "/v1/metrics/activity", start="2025-03-01", end="2025-03-08", bucket="none", group_id="g1"
    )
    (row,) = activity["rows"]
    assert (row["joins"], row["leaves"]) == (1, 1)
    left = "SELECT count(*) FROM sheet_chunk WHERE brand_id = :b"
    assert service.sql(left, b=brand.brand_id)[0][0] == 0, "files go when they are read"


def test_customers_link_and_the_last_upload_wins(service: Service) -> None:
    brand = service.brand(identity_mode="separate")
    content = csv("用户ID,昵称,手机号,买家ID,属性:等级", "m1,小红,13800138000,b1,金")
    assert tally(imported(brand, content, kind="customers")) == (1, 1, 0, 0, 0)
    assert tally(imported(brand, content, kind="customers")) == (1, 0, 0, 1, 0)
    other = csv("用户ID,昵称", "m1,大红")
    assert tally(imported(brand, other, kind="customers")) == (1, 1, 1, 0, 0)
    brand.drain()
    rows = service.sql(
        "SELECT nickname, attributes FROM member WHERE brand_id = :b", b=brand.brand_id
    )
    assert [(row.nickname, row.attributes) for row in rows] == [("大红", {"等级": "金"})]
    links = "SELECT member_id, buyer_id FROM identity_link WHERE brand_id = :b"
    assert [tuple(row) for row in service.sql(links, b=brand.brand_id)] == [("m1", "b1")]


def test_a_row_that_is_wrong_does_not_repeat_what_is_personal(brand: Brand) -> None:
    content = csv("用户ID,手机号", "m1,1.38001E+10")
    found = imported(brand, content, kind="customers")
    (problem,) = brand.ask(f"/v1/imports/{found['id']}/problems")["items"]
    assert (problem["row"], problem["code"], problem["value"]) == (2, "digits_lost", None)
    assert "1.38001" not in problem["detail"]


def test_notes_with_reach_and_creator(service: Service, brand: Brand) -> None:
    content = csv(
        "笔记ID,笔记标题,发布时间,作者ID,作者,作者类型,MCN,阅读量,挂载群ID",
        "n1,春天,2025-03-01,c1,小红,达人,某机构,1200,g1 g2",
        "n2,夏天,,c1,小红,达人,某机构,5,",
    )
    assert tally(imported(brand, content, kind="notes")) == (2, 2, 0, 0, 0)
    brand.drain()
    rows = service.sql(
        "SELECT title, published_at, views, group_ids FROM note WHERE brand_id = :b"
        " ORDER BY note_id",
        b=brand.brand_id,
    )
    assert [(row.title, row.views, row.group_ids) for row in rows] == [
        ("春天", 1200, ["g1", "g2"]),
        ("夏天", 5, None),
    ]
    assert rows[0].published_at.isoformat() == "2025-02-28T16:00:00+00:00"
    (creator,) = service.sql(
        "SELECT name, kind, mcn FROM creator WHERE brand_id = :b", b=brand.brand_id
    )
    assert tuple(creator) == ("小红", "kol", "某机构")


def test_gbk_and_xlsx_say_the_same(brand: Brand) -> None:
    lines = ("订单号,买家ID,实付金额,支付时间,退款原因", "o1,b1,12.34,2025-03-01 12:00:00,尺码")
    found = imported(brand, csv(*lines, encoding="gbk"), kind="orders", amounts="yuan")
    assert (found["encoding"], tally(found)) == ("gb18030", (1, 1, 0, 0, 0))
    marked = csv(*lines, encoding="utf-8-sig")
    assert tally(imported(brand, marked, kind="orders", amounts="yuan")) == (1, 0, 0, 1, 0)
    sheet = xlsx(
        lines[0].split(","),
        ["o1", "b1", 12.34, datetime(2025, 3, 1, 12), "尺码"],  # noqa: DTZ001
    )
    found = imported(brand, sheet, XLSX, kind="orders", amounts="yuan")
    assert (found["state"], tally(found)) == ("done", (1, 0, 0, 1, 0)), found


@pytest.mark.parametrize(
    ("content", "media", "params", "code"),
    [
        (b"\xff\xfe\x00a", CSV, {}, "bad_encoding"),
        ("用户ID\r\nm\r\n".encode() + b"\xff\x81\xff", CSV, {}, "bad_encoding"),
        ("用户ID\r\n".encode("gbk"), CSV, {"encoding": "utf-8"}, "bad_encoding"),
        (b"\r\n \r\n", CSV, {}, "empty"),
        (csv("昵称", "x"), CSV, {}, "missing_header"),
        (csv("用户ID,member_id", "x,y"), CSV, {}, "repeated_header"),
        (csv("用户ID,昵称", 'm1,"x'), CSV, {}, "bad_csv"),
        (b"PK\x03\x04", CSV, {}, "not_csv"),
        (b"nothing", XLSX, {}, "not_xlsx"),
        (csv("会员编号", "m1"), CSV, {"header": "编号=member_id"}, "missing_header"),
        (csv("会员编号", "m1"), CSV, {"header": "会员编号=nothing"}, "unknown_column"),
    ],
)
def test_files_that_cannot_be_read_say_why(
    brand: Brand, content: bytes, media: str, params: dict[str, str], code: str
) -> None:
    found = imported(brand, content, media, **({"kind": "customers"} | params))
    assert (found["state"], found["code"]) == ("failed", code), found
    assert found["detail"]


def test_what_stands_before_a_break_is_kept(brand: Brand) -> None:
    found = imported(brand, csv("用户ID,昵称", "m1,x", 'm2,"x'), kind="customers")
    assert (found["state"], found["accepted"]) == ("failed", 1)
    mended = imported(brand, csv("用户ID,昵称", "m1,x", "m2,x"), kind="customers")
    assert tally(mended) == (2, 1, 0, 1, 0)


def test_a_unit_that_the_header_contradicts(brand: Brand) -> None:
    found = imported(brand, ORDERS, kind="orders", amounts="fen")
    assert found["code"] == "unit_contradicted"


def test_headers_can_be_mapped(brand: Brand) -> None:
    content = csv("会员编号,称呼", "m1,x")
    mapped = ["会员编号=member_id", "称呼=nickname"]
    assert tally(imported(brand, content, kind="customers", header=mapped)) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("params", "media", "status", "field"),
    [
        ({}, CSV, 400, "kind"),
        ({"kind": "members"}, CSV, 400, "kind"),
        ({"kind": "orders"}, CSV, 400, "amounts"),
        ({"kind": "orders", "amounts": "cents"}, CSV, 400, "amounts"),
        ({"kind": "notes", "timezone": "Mars"}, CSV, 400, "timezone"),
        ({"kind": "notes", "as_of": "2999-01-01T00:00:00Z"}, CSV, 400, "as_of"),
        ({"kind": "notes", "header": "x"}, CSV, 400, "header"),
        ({"kind": "notes"}, "application/json", 415, None),
    ],
)
def test_what_cannot_be_asked(
    brand: Brand, params: dict[str, str], media: str, status: int, field: str | None
) -> None:
    answer = upload(brand, b"x", media, **params)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


def test_an_empty_body_and_a_key_without_the_scope(service: Service, brand: Brand) -> None:
    assert upload(brand, b"", kind="notes").status_code == 422
    assert brand.ask("/v1/imports")["items"] == []
    key = service.within(lambda c: keys.create(c, brand.brand_id, "x", ["write", "read"]))
    weak = Brand(brand.base, brand.brand_id, key, brand.source_id, brand.secret)
    assert upload(weak, b"x", kind="notes").status_code == 403


def test_lists_by_pages_and_other_brands_see_nothing(service: Service, brand: Brand) -> None:
    ids = [imported(brand, csv("用户ID", f"m{n}"), kind="customers")["id"] for n in range(3)]
    seen, cursor = [], None
    while True:
        page = brand.ask("/v1/imports", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ids[::-1]
    other = service.brand()
    assert other.ask("/v1/imports")["items"] == []
    for path in (f"/v1/imports/{ids[0]}", f"/v1/imports/{ids[0]}/problems"):
        assert other.ask(path) is None
    with other.client as client:
        assert client.post(f"/v1/imports/{ids[0]}/cancel").status_code == 404
    with brand.client as client:
        assert client.post(f"/v1/imports/{ids[0]}/cancel").status_code == 409
        assert client.get("/v1/imports", params={"cursor": "x"}).status_code == 400

"""Exports are refused where their tables differ, and are of one snapshot."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from app.exports.agree import Paid, figures_of
from app.exports.content import Content
from app.exports.frame import Frame, frame_of
from app.exports.read import Disagree, NotReady
from tests.exports.reading import read_run, rows, table_of, week_run
from tests.make import Brand, Service
from tests.metrics.told import at, tell, told

AS_OF = at("03-10", "06:00")
LONG_AFTER = at("06-01")
STORY = """
    01-20 10:00 member.joined group_id=g1 member_id=bob
    01-28 12:00 order.paid order_id=p1 buyer_id=bob amount=100
    02-10 12:00 order.paid order_id=p2 buyer_id=bob amount=100
    03-03 10:00 member.joined group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-04 10:00 order.paid order_id=o1 buyer_id=ann amount=1000
    03-05 10:00 order.paid order_id=o2 buyer_id=cat amount=500
    03-06 10:00 order.refunded order_id=o1 refund_id=r1 amount=200
"""


@pytest.fixture
def brand(service: Service) -> Brand:
    return told(service, STORY)


def week(service: Service, brand: Brand, folder: Path, as_of: str = AS_OF) -> Content:
    return read_run(service, week_run(brand, "2025-W10", as_of), folder)


PLANTED = [
    # What is changed behind the service's back, and what is told of it.
    (
        "UPDATE order_credit SET amount = 1001 WHERE brand_id = :brand AND order_id = 'o1'",
        ["gmv is 1500 by group_share, but 1501 by orders"],
    ),
    (
        "UPDATE sale_sum SET gmv = gmv + 1 WHERE brand_id = :brand AND dimension = 'note'",
        ["gmv is 1500 by group_share, but 1502 by notes"],
    ),
    (
        "UPDATE sale_sum SET gmv = gmv + 1 WHERE brand_id = :brand AND dimension = 'cell'"
        " AND grain = 'day' AND key = 'neither'",
        [
            "gmv is 1501 by group_share, but 1500 by the shop's orders",
            "neither_gmv is 501 by group_share, but 500 by orders",
        ],
    ),
    (
        "UPDATE refund_credit SET amount = 199 WHERE brand_id = :brand",
        ["refunded_of_orders is 200 by orders, but 199 by refunds"],
    ),
    (
        "DELETE FROM joining WHERE brand_id = :brand AND member_id = 'ann'",
        ["joins is 1 by new_members, but 0 by notes"],
    ),
    (
        "UPDATE group_sum SET joins = joins + 1 WHERE brand_id = :brand AND grain = 'week'",
        ["joins is 1 by new_members, but 2 by groups"],
    ),
    (
        "UPDATE purchase_day SET next_at = NULL WHERE brand_id = :brand",
        ["repeat_buyers_all is 0 by repurchase, but 1 by buyers"],
    ),
    (
        "UPDATE purchase_day SET in_group = false WHERE brand_id = :brand",
        ["buyers_group is 0 by repurchase, but 1 by buyers"],
    ),
    (
        "DELETE FROM order_credit WHERE brand_id = :brand AND order_id = 'o2'",
        ["orders is 2 by group_share, but 1 by orders"],
    ),
]


@pytest.mark.parametrize(("statement", "expected"), PLANTED)
def test_what_was_tampered_with_is_refused(
    service: Service, brand: Brand, tmp_path: Path, statement: str, expected: list[str]
) -> None:
    week(service, brand, tmp_path, LONG_AFTER)
    service.sql(statement, brand=brand.brand_id)
    with pytest.raises(Disagree) as refused:
        week(service, brand, tmp_path, LONG_AFTER)
    assert set(expected) <= set(refused.value.sentences)


def test_what_waits_is_waited_for(service: Service, brand: Brand, tmp_path: Path) -> None:
    """With the brand's queues in somebody's hand nothing is derived meanwhile."""
    given = {"brand": brand.brand_id}
    service.sql(
        "UPDATE work_lease SET holder = 'test', leased_until = now() + interval '1 day'"
        " WHERE brand_id = :brand",
        **given,
    )
    service.sql("UPDATE order_credit SET amount = 1001 WHERE brand_id = :brand", **given)
    service.sql(
        "INSERT INTO dirty_customer (brand_id, customer_id) VALUES (:brand, 'm:ann'),"
        " (:brand, 'b:cat'), (:brand, 'm:bob')",
        **given,
    )
    with pytest.raises(NotReady) as refused:
        week(service, brand, tmp_path)
    assert refused.value.backlog.pending_recomputes == 3
    assert refused.value.sentences
    service.sql(
        "UPDATE work_lease SET holder = NULL, leased_until = now() WHERE brand_id = :brand", **given
    )
    brand.drain()
    assert week(service, brand, tmp_path).sums["gmv"] == 1500


def test_what_waits_but_changes_nothing_is_told(
    service: Service, brand: Brand, tmp_path: Path
) -> None:
    given = {"brand": brand.brand_id}
    service.sql(
        "UPDATE work_lease SET holder = 'test', leased_until = now() + interval '1 day'"
        " WHERE brand_id = :brand",
        **given,
    )
    service.sql("INSERT INTO dirty_customer (brand_id, customer_id) VALUES (:brand, 'x')", **given)
    found = {row["check"]: row for row in rows(week(service, brand, tmp_path), "data_quality")}
    assert found["pending_recomputes"]["value"] == 1
    assert found["pending_recomputes"]["severity"] == "warning"


def test_a_changed_frame_is_found(service: Service, brand: Brand, tmp_path: Path) -> None:
    """Each table whose sums are compared, with its first number changed."""
    content = week(service, brand, tmp_path)
    paid = Paid(2, 1500)
    assert figures_of(content.frames, "2025-W10", paid).differences == []
    changed = {
        "group_share": "gmv",
        "repurchase": "repeat_buyers",
        "notes": "credited_net_gmv",
        "creators": "joins",
        "mcns": "credited_orders",
        "groups": "credited_gmv",
        "orders": "net",
        "refunds": "amount",
    }
    for name, column in changed.items():
        frames = content.frames | {name: plus_one(content.frames[name], column)}
        assert figures_of(frames, "2025-W10", paid).differences, name
    for name in ("orders", "refunds", "new_members", "buyers"):
        frames = content.frames | {name: without_last(content.frames[name])}
        assert figures_of(frames, "2025-W10", paid).differences, name


def plus_one(frame: Frame, column: str) -> Frame:
    """The same table with 1 more in the last row's number."""
    table = table_of(frame)
    n = table.schema.get_field_index(column)
    values: list[Any] = table.column(n).to_pylist()
    values[-1] += 1
    return frame_of(frame.spec, table.set_column(n, column, pa.array(values, pa.int64())))


def without_last(frame: Frame) -> Frame:
    table = table_of(frame)
    return frame_of(frame.spec, table.slice(0, table.num_rows - 1))


def test_all_is_of_one_snapshot(service: Service, brand: Brand, tmp_path: Path) -> None:
    """Orders, refunds, joins and purchases arrive and are counted between any two reads."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    before = week(service, brand, first)
    heard: list[str] = []

    async def meddle(step: str, percent: int) -> None:
        n = len(heard)
        heard.append(f"{step} {percent}")
        if n % 4 == 0:
            tell(
                brand,
                f"""
                03-04 11:{n:02} order.paid     order_id=late{n} buyer_id=bob amount=77
                03-05 11:{n:02} order.refunded order_id=o1 refund_id=late{n} amount=1
                03-06 11:{n:02} member.joined  group_id=g2 member_id=late{n}
                01-27 11:{n:02} order.paid     order_id=first{n} buyer_id=new{n} amount=5
                """,
            )

    after = read_run(service, week_run(brand, "2025-W10", AS_OF), second, meddle)
    assert len(heard) > 8
    assert after.sums == before.sums
    for name in before.frames.keys() - {"data_quality"}:
        assert table_of(after.frames[name]).equals(table_of(before.frames[name])), name
    third = tmp_path / "third"
    third.mkdir()
    assert week(service, brand, third).sums["orders"] > before.sums["orders"]


def test_keyed_tables_are_in_the_order_of_their_bytes(service: Service, tmp_path: Path) -> None:
    names = ["é", "z", "Z", "a", "中", "😀", "a b", "a-b", "～", "_"]
    lines = [
        f"03-04 10:00 {type_}{name.replace(' ', '.')} {rest}"
        for name in names
        for type_, rest in (
            ("order.paid order_id=", f"buyer_id={name.replace(' ', '.')} amount=10"),
            ("member.joined group_id=", f"member_id={name.replace(' ', '.')}"),
        )
    ]
    brand = told(service, "\n".join(lines))
    content = week(service, brand, tmp_path)
    for name in ("orders", "new_members", "groups"):
        frame = content.frames[name]
        key = [row[frame.spec.key[0]] for row in rows(content, name)]
        assert len(key) == len(names)
        assert key == sorted(key, key=str.encode)


def test_an_empty_brand_has_empty_tables(service: Service, tmp_path: Path) -> None:
    content = week(service, service.brand(), tmp_path)
    assert content.sums["gmv"] == 0
    counted = {"group_share": 15, "repurchase": 15, "retention": 30}
    for name, frame in content.frames.items():
        if name not in ("data_quality", "definitions"):
            assert frame.rows == counted.get(name, 0), name
    assert pc.sum(table_of(content.frames["group_share"]).column("orders")).as_py() == 0


def test_settings_count_as_they_are_now(service: Service, brand: Brand, tmp_path: Path) -> None:
    run = msgspec.structs.replace(week_run(brand, "2025-W10", AS_OF), language="zh-CN")
    content = read_run(service, run, tmp_path)
    assert {row["table"] for row in rows(content, "definitions")} >= {"群", "直播", "入群留存"}

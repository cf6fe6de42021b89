"""Nobody who was erased is named by a file that is still there."""

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli.main import hongqun
from app.core import schedule
from app.core.db import open_pool, transaction
from app.exports import upkeep
from app.personal.listed import JOB
from tests.exports.published import publish, store_of
from tests.make import Brand, Service

AT = "2025-03-01T{}:00+08:00"
ORDERS, MEMBERS = "parquet/orders.parquet", "parquet/new_members.parquet"
PEOPLE = frozenset({ORDERS, MEMBERS, "csv/orders.csv", "book.xlsx"})


def furnish(brand: Brand) -> None:
    """u1 joined and bought, u2 joined, b3 bought."""
    n = 0

    def event(kind: str, **data: Any) -> dict[str, Any]:
        nonlocal n
        n += 1
        return {"id": f"e{n}", "type": kind, "time": AT.format("09:00"), "data": data}

    def order(id_: str, buyer: str) -> dict[str, Any]:
        return event("order.paid", order_id=id_, buyer_id=buyer, amount=100, currency="CNY")

    joined = [event("member.joined", group_id="g1", member_id=each) for each in ("u1", "u2")]
    brand.post([*joined, order("o1", "u1"), order("o3", "b3")])
    brand.drain()


def parquet(**columns: list[str]) -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


def book(*texts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("xl/sharedStrings.xml", "".join(f"<t>{text}</t>" for text in texts))
    return made.getvalue()


def files(*buyers: str, members: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of an export that names these."""
    return {
        ORDERS: parquet(order_id=[f"o-{b}" for b in buyers], buyer_id=[*buyers]),
        MEMBERS: parquet(group_id=["g1" for _ in members], member_id=[*members]),
        "csv/orders.csv": "\r\n".join(("buyer_id", *buyers)).encode(),
        "book.xlsx": book(*buyers, *members),
        "csv/groups.csv": b"group_id\r\ng1\r\n",
    }


@pytest.fixture
def brand(service: Service) -> Brand:
    made = service.brand()
    furnish(made)
    return made


def erase(brand: Brand, customer_id: str) -> None:
    with brand.client as client:
        answer = client.post(f"/v1/customers/{customer_id}/erase", json={"reason": "asked for"})
    assert answer.status_code == 200, answer.text


def tend(service: Service, brand: Brand) -> None:
    """Do what workers do by the clock, now; should one be at it, once more after it."""

    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")
        try:
            while True:
                async with transaction(pool, brand.brand_id) as connection:
                    await schedule.at_once(connection, brand.brand_id, JOB)
                if await upkeep.tend(pool, store_of(service), brand.brand_id):
                    return
                await asyncio.sleep(0.1)
        finally:
            await pool.dispose()

    asyncio.run(go())


def status(brand: Brand, export_id: str) -> dict[str, int | str]:
    """By file: 200, or why it is gone."""
    found = {}
    with brand.client as client:
        for name in files():
            answer = client.get(f"/v1/exports/{export_id}/files/{name}")
            found[name] = 200 if answer.status_code == 200 else answer.json()["code"]
    return found


def row(service: Service, brand: Brand, export_id: str) -> Any:
    (found,) = service.sql(
        "SELECT * FROM export WHERE brand_id = :b AND export_id = :id",
        b=brand.brand_id,
        id=export_id,
    )
    return found


def there(service: Service, brand: Brand) -> bytes:
    """All bytes that lie in the store of a brand, as they are and unpacked."""
    found = []
    for path in (Path(service.settings.exports) / str(brand.brand_id)).rglob("*"):
        if path.is_dir():
            continue
        found.append(path.read_bytes())
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as opened:
                found += [opened.read(name) for name in opened.namelist()]
        if path.suffix == ".parquet":
            found.append(repr(pq.read_table(path).to_pylist()).encode())
    return b"\n".join(found)


ALL = dict.fromkeys(PEOPLE, "erased") | {"csv/groups.csv": 200}


@pytest.mark.parametrize("one", [files("b3", "u1"), files("b3", members=("u2", "u1"))])
def test_files_that_name_the_erased_go(
    service: Service, brand: Brand, one: dict[str, bytes]
) -> None:
    export_id = publish(service, brand, one, people=PEOPLE)
    other = publish(service, brand, files("b3", members=("u2",)), people=PEOPLE)
    assert b"u1" in there(service, brand)
    erase(brand, "m:u1")
    tend(service, brand)
    assert status(brand, export_id) == ALL
    assert status(brand, other) == dict.fromkeys(files(), 200)
    left = there(service, brand)
    assert b"u1" not in left and b"u2" in left and b"b3" in left
    for each in (export_id, other):
        found = row(service, brand, each)
        assert (found.erased_at, found.removed_at) == (None, None)
    kept = row(service, brand, export_id).manifest["files"]
    assert {f["name"]: f.get("removed_why") for f in kept} == dict.fromkeys(PEOPLE, "erased") | {
        "csv/groups.csv": None
    }
    assert all(len(f["sha256"]) == 64 for f in kept)
    with brand.client as client:
        items = client.get("/v1/audit", params={"action": "export.withdraw"}).json()["items"]
    assert [(e["subject"], e["detail"]) for e in items] == [(export_id, {"files": 4})]


def test_an_export_that_all_names_people_goes_whole(service: Service, brand: Brand) -> None:
    unseen = {name: content for name, content in files("b3").items() if name == "book.xlsx"}
    export_id = publish(service, brand, unseen, people=PEOPLE)
    erase(brand, "m:u1")
    tend(service, brand)
    found = row(service, brand, export_id)
    assert (found.removed_why, found.prefix, found.erased_at is None) == ("erased", None, True)
    assert found.removed_at is not None and found.manifest["files"][0]["removed_why"] == "erased"
    assert there(service, brand) == b""
    assert status(brand, export_id)["book.xlsx"] == "erased"


def test_a_week_is_written_anew(service: Service, brand: Brand) -> None:
    for revision in (1, 2):
        export_id = publish(
            service, brand, files("u1"), people=PEOPLE, week="2025-W09", revision=revision
        )
    erase(brand, "b:u1")
    tend(service, brand)
    rows = service.sql(
        "SELECT created_by, previous_id FROM export"
        " WHERE brand_id = :b AND created_by <> 'cli' AND week = '2025-W09'",
        b=brand.brand_id,
    )
    assert [tuple(each) for each in rows] == [("system", export_id)]
    assert b"u1" not in there(service, brand)


def test_ids_of_customers_and_of_other_columns(service: Service, brand: Brand) -> None:
    by_customer = parquet(customer_id=["b:b3", "m:u1"])
    by_any = parquet(key=["g1", "u1"])
    by_neither = parquet(group_id=["u1"], customer_id=["b:b3"])
    by_change = parquet(customer_id=["b:b3"], row=["g1 / u1 / 2025"], before=["x"])
    by_link = parquet(link=["https://crm.example/v1/customers/m%3Au1/timeline"], cause=["x"])
    ids = [
        publish(service, brand, {ORDERS: each}, people=PEOPLE)
        for each in (by_customer, by_any, by_neither, by_change, by_link)
    ]
    erase(brand, "m:u1")
    tend(service, brand)
    found = [row(service, brand, each).removed_why for each in ids]
    assert found == ["erased", "erased", None, "erased", "erased"]


def test_an_equal_id_of_somebody_else_stays(service: Service) -> None:
    brand = service.brand(identity_mode="separate")
    furnish(brand)
    ids = [
        publish(service, brand, {ORDERS: parquet(**{column: ["u1"]})}, people=PEOPLE)
        for column in ("member_id", "buyer_id")
    ]
    erase(brand, "m:u1")
    tend(service, brand)
    assert [row(service, brand, each).removed_why for each in ids] == ["erased", None]


def test_what_was_asked_for_is_renamed(service: Service, brand: Brand) -> None:
    filters = {"buyer_id": "u1", "group_id": ["g1"], "customer_id": ["b:u1", "b:b3"]}
    export_id = publish(service, brand, {}, filters=filters)
    erase(brand, "m:u1")
    asked = row(service, brand, export_id).asked["filters"]
    assert asked["buyer_id"].startswith("erased-") and asked["group_id"] == ["g1"]
    assert asked["customer_id"] == [f"b:{asked['buyer_id']}", "b:b3"]


def test_files_are_kept_as_long_as_the_setting_says(service: Service, brand: Brand) -> None:
    def made(days: int) -> str:
        (at,) = service.sql("SELECT now() - make_interval(days => :days) AS at", days=days)
        return publish(service, brand, files("b3"), people=PEOPLE, finished_at=at.at)

    def setting(days: int | None) -> None:
        service.sql(
            "UPDATE brand SET export_days = :days WHERE brand_id = :b",
            days=days,
            b=brand.brand_id,
        )
        tend(service, brand)

    setting(None)
    young, old = made(9), made(11)
    tend(service, brand)
    assert [row(service, brand, each).removed_why for each in (young, old)] == [None, None]
    assert row(service, brand, young).expires_at is None
    setting(10)
    assert [row(service, brand, each).removed_why for each in (young, old)] == [None, "expired"]
    found = row(service, brand, young)
    assert (found.expires_at - found.finished_at).days == 10
    assert set(status(brand, old).values()) == {"expired"}
    assert set(status(brand, young).values()) == {200}
    gone = row(service, brand, old)
    assert gone.prefix is None and len(gone.manifest["files"]) == 5
    folder = Path(service.settings.exports) / str(brand.brand_id)
    assert [each.name for each in folder.iterdir()] == [young]
    # One that was removed does not come back, whatever the setting says then.
    setting(None)
    assert row(service, brand, old).removed_why == "expired"
    assert row(service, brand, young).expires_at is None


def test_files_of_a_brand_go_with_it(
    service: Service, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(service, brand, files("b3"), people=PEOPLE)
    folder = Path(service.settings.exports) / str(brand.brand_id)
    assert folder.exists()
    monkeypatch.setenv("DATABASE_URL", service.settings.database)
    monkeypatch.setenv("HONGQUN_EXPORT_URL", service.settings.exports)
    words = ["brand", "delete", "--brand", str(brand.brand_id), "--yes", "测试品牌"]
    ended = CliRunner().invoke(hongqun, words)
    assert ended.exit_code == 0, ended.output
    assert not folder.exists()

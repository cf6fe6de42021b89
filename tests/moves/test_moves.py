"""A brand comes and goes: exported, restored with the same numbers, deleted to the last row."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.main import hongqun
from app.crm import keys
from app.models.tables import metadata
from app.moves import delete
from app.moves.delete import REMAINS, branded, doors
from tests.make import Brand, Service
from tests.properties.bench import TABLES
from tests.stack import env

Run = Callable[..., Result]

OWN = ("brand_id", "phone_cipher", "phone_index")
"""Columns that each brand writes in its own way."""

SAID = ("event", "event_identity", "membership", "shop_order", "api_key", "tagging", "remark")
"""Tables that the clock does not write into."""

OPERATORS = {"tag_group", "tag", "tagging", "remark", "task", "segment"}


@pytest.fixture
def run(service: Service) -> Run:
    """Run a command beside the service, in this process."""

    def go(*words: str) -> Result:
        return CliRunner(env=env(service.settings)).invoke(hongqun, words)

    return go


def events() -> list[dict[str, Any]]:
    """A small world: members of two groups, purchases, a refund, a link, other sources and ids."""
    made: list[dict[str, Any]] = []

    def say(kind: str, day: int, /, **data: Any) -> None:
        time = f"2025-03-{day:02}T12:00:00+08:00"
        made.append({"id": f"e{len(made)}", "type": kind, "time": time, "data": data})

    say("note.published", 1, note_id="n1", title="春天", creator_id="c1")
    for n in range(4):
        source = {"kind": "note", "note_id": "n1"}
        say("member.joined", 2 + n, group_id=f"g{n % 2}", member_id=f"m{n}", source=source)
    for n in range(6):
        order = {"order_id": f"o{n}", "buyer_id": f"b{n % 3}", "amount": 100 + n, "currency": "CNY"}
        say("order.paid", 4 + n, **order)
    say("order.refunded", 12, order_id="o1", refund_id="r", amount=50)
    for n in range(2):
        say("identity.linked", 13, member_id=f"m{n}", buyer_id=f"b{n}")
    say("group.snapshot", 14, group_id="g0", member_ids=["m0", "m9"])
    say("member.updated", 15, member_id="m0", nickname="小红", attributes={"级": "金"})
    made[-1]["data"]["phone"] = "13800138000"
    made[3]["source"] = "bot"
    return made


def rows(service: Service, brand_id: int, name: str) -> list[tuple[Any, ...]]:
    columns = [c.name for c in metadata.tables[name].columns if c.name not in OWN]
    found = service.sql(f"SELECT {', '.join(columns)} FROM {name} WHERE brand_id = :b", b=brand_id)
    return sorted((tuple(row) for row in found), key=repr)


def answers(brand: Brand) -> list[Any]:
    window = {"start": "2025-03-01", "end": "2025-04-01"}
    found = [
        brand.ask("/v1/metrics/gmv-share", **window, basis=basis)
        for basis in ("gross", "net", "net_ledger")
    ]
    for path, asked in (
        ("repurchase", {"kind": "cohort"}),
        ("funnel", {"by": "note"}),
        ("activity", {}),
        ("before-after", {}),
    ):
        found.append(brand.ask(f"/v1/metrics/{path}", **window, **asked))
    return [json.loads(re.sub(r'"as_of": "[^"]+"', '"as_of": ""', json.dumps(f))) for f in found]


def write_as_operator(service: Service, brand_id: int) -> None:
    for statement in (
        "INSERT INTO tag_group (brand_id, tag_group_id, name) VALUES (:b, 'tg', '等级')",
        "INSERT INTO tag (brand_id, tag_id, tag_group_id, name) VALUES (:b, 't', 'tg', '金')",
        "INSERT INTO tagging (brand_id, tag_id, space, id, tagged_by)"
        " VALUES (:b, 't', 'member', 'm0', 'key:x')",
        "INSERT INTO remark (brand_id, remark_id, space, id, text, made_by)"
        " VALUES (:b, 'r', 'buyer', 'b0', '喜欢珍珠', 'key:x')",
        "INSERT INTO task (brand_id, task_id, space, id, title, due_at, made_by)"
        " VALUES (:b, 'k', 'member', 'm1', '回访', now(), 'key:x')",
        "INSERT INTO segment (brand_id, segment_id, name, rule, created_by)"
        """ VALUES (:b, 's', '老客', CAST('{"all": [1, null]}' AS jsonb), 'key:x')""",
    ):
        service.sql(statement, b=brand_id)


def test_a_brand_is_restored_with_the_same_numbers(
    service: Service, run: Run, tmp_path: Path
) -> None:
    brand = service.brand(
        name="珠宝", identity_mode="separate", touch_hours=3, timezone="Asia/Tokyo"
    )
    brand.post(events())
    body = json.dumps({k: v for k, v in events()[0].items() if k != "id"}).encode()
    assert brand.deliver(body).status_code == 202, "an event that takes its id from the delivery"
    brand.drain()
    write_as_operator(service, brand.brand_id)
    file = tmp_path / "brand.ndjson.gz"
    assert run("brand", "export", "--brand", str(brand.brand_id), str(file)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("brand", "export", "--brand", str(brand.brand_id), str(file)).exit_code != 0
    content = gzip.decompress(file.read_bytes())
    assert brand.secret.encode() not in content
    assert b"13800138000" in content, "as it came"

    result = run("brand", "restore", str(file))
    assert result.exit_code == 0, result.output
    (number,) = re.findall(r"^brand (\d+)$", result.stdout, re.MULTILINE)
    again = run("brand", "restore", str(file), "--brand", number)
    assert "accepted 0, duplicates 17" in again.stdout, again.output
    other = int(number)
    key = service.within(lambda c: keys.create(c, other, "test"))
    restored = Brand(brand.base, other, key, "", "")
    restored.drain()
    assert answers(restored) == answers(brand)
    for name in TABLES:
        if name in OPERATORS or name in ("event", "audit_head", "audit_entry"):
            continue
        assert rows(service, other, name) == rows(service, brand.brand_id, name), name
    for name in OPERATORS:
        assert rows(service, other, name) == rows(service, brand.brand_id, name) != [], name
    settings = [
        {k: v for k, v in each.ask("/v1/brand").items() if k not in ("brand_id", "created_at")}
        for each in (brand, restored)
    ]
    assert settings[0] == settings[1]
    assert len(rows(service, other, "webhook_source")) == 1


def test_events_without_payload_are_not_left_out_in_silence(
    service: Service, run: Run, tmp_path: Path
) -> None:
    brand = service.brand()
    brand.post(events())
    brand.drain()
    service.sql(
        "UPDATE event SET raw = '' WHERE brand_id = :b AND event_id = 'e0'", b=brand.brand_id
    )
    file = tmp_path / "brand.ndjson.gz"
    words = ("brand", "export", "--brand", str(brand.brand_id), str(file))
    refused = run(*words)
    assert (refused.exit_code, "--partial" in refused.stderr) == (1, True)
    assert not list(tmp_path.iterdir())
    assert run(*words, "--partial").exit_code == 0
    result = run("brand", "restore", str(file))
    assert f"accepted {len(events()) - 1}, duplicates 0" in result.stdout, result.output


def test_files_that_are_none_of_ours(service: Service, run: Run, tmp_path: Path) -> None:
    brand = service.brand()
    brand.post(events())
    whole = tmp_path / "whole.ndjson.gz"
    assert run("brand", "export", "--brand", str(brand.brand_id), str(whole)).exit_code == 0
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)
    for name, content in (
        ("cut.ndjson", b"".join(lines[:-1])),
        ("headless.ndjson", b"".join(lines[1:])),
        ("empty.ndjson", b""),
        ("fewer.ndjson", b"".join(lines[:5] + lines[6:])),
        ("later.ndjson", lines[0].replace(b'"format":1', b'"format":2')),
        ("broken.ndjson.gz", whole.read_bytes()[:-20]),
    ):
        (tmp_path / name).write_bytes(content)
        result = run("brand", "restore", str(tmp_path / name))
        assert result.exit_code == 1, name
        assert isinstance(result.exception, SystemExit), "no traceback"


def fill(service: Service, brand_id: int) -> set[str]:
    """Give the brand a row in every branded table that has none; gives all their names."""

    async def act(connection: AsyncConnection) -> None:
        # What a row refers to need not be there: only that all of them go is asked.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in branded():
            table = metadata.tables[name]
            needed = [c for c in table.columns if not c.nullable and c.server_default is None]
            values = {c.name: value(c) for c in needed if c.name != "brand_id"}
            names = ", ".join(["brand_id", *(f'"{each}"' for each in values)])
            given = ", ".join([":b", *values.values()])
            await connection.execute(
                text(f'INSERT INTO "{name}" ({names}) VALUES ({given}) ON CONFLICT DO NOTHING'),
                {"b": brand_id},
            )

    service.within(act)
    return set(branded())


def value(column: Any) -> str:
    """Something that fits into a column."""
    return CHECKED.get(column.name, VALUES[type(column.type).__name__])


CHECKED = {"role": "'owner'"}
"""Columns that take only some values."""

VALUES = {
    "Text": "'x'",
    "String": "'x'",
    "BigInteger": "1",
    "SmallInteger": "1",
    "Integer": "1",
    "Numeric": "1",
    "Boolean": "false",
    "LargeBinary": "''",
    "DateTime": "now()",
    "Date": "current_date",
    "Uuid": "gen_random_uuid()",
    "JSONB": "'{}'",
    "JSON": "'{}'",
    "ARRAY": "'{}'",
}


def left(service: Service, brand_id: int) -> dict[str, int]:
    counts = {
        name: service.sql(f'SELECT count(*) FROM "{name}" WHERE brand_id = :b', b=brand_id)[0][0]
        for name in branded()
    }
    return {name: count for name, count in counts.items() if count}


def test_a_brand_is_deleted_to_the_last_row(service: Service, run: Run) -> None:
    brand, other = service.brand(name="甲"), service.brand(name="乙")
    for each in (brand, other):
        each.post(events())
        each.drain()
        write_as_operator(service, each.brand_id)
    service.sql(
        "UPDATE work_lease SET leased_until = 'infinity' WHERE brand_id = :b", b=brand.brand_id
    )
    names = fill(service, brand.brand_id)
    assert left(service, brand.brand_id).keys() == names, "a row in every table"
    before = left(service, other.brand_id)
    words = ("brand", "delete", "--brand", str(brand.brand_id), "--yes")
    wrong = run(*words, "乙")
    assert (wrong.exit_code, isinstance(wrong.exception, SystemExit)) == (1, True)
    assert left(service, brand.brand_id).keys() == names
    result = run(*words, "甲")
    assert result.exit_code == 0, result.output
    assert left(service, brand.brand_id) == {}
    assert brand.client.get("/v1/brand").status_code == 401
    assert brand.deliver(b"{}").status_code == 404
    (remains,) = service.sql(f"SELECT * FROM {REMAINS} WHERE brand_id = :b", b=brand.brand_id)
    assert remains.finished_at is not None
    assert remains.rows["event"] == len(events()) + 1, "and the one that fills"
    assert "甲" not in repr(tuple(remains))
    assert run(*words, "甲").exit_code == 0, "again does no harm"
    other.drain()
    after = left(service, other.brand_id)
    assert {name: after[name] for name in SAID} == {name: before[name] for name in SAID}


def test_a_deletion_that_broke_off_is_finished(service: Service, run: Run) -> None:
    brand = service.brand(name="丙")
    brand.post(events())
    service.within(lambda c: delete.begin(c, brand.brand_id))
    assert brand.client.get("/v1/brand").status_code == 401, "at once"
    assert "event" in left(service, brand.brand_id)
    assert run("brand", "delete", "--brand", str(brand.brand_id), "--yes", "丙").exit_code == 0
    assert left(service, brand.brand_id) == {}


def test_doors_close_first() -> None:
    assert {"brand", "api_key", "webhook_source", "work_lease"} <= set(doors())
    assert "event" not in doors()
    assert doors()[-1] == "brand" or doors().index("brand") > doors().index("api_key")


def test_a_key_of_a_deleted_brand_is_refused_without_a_trace(service: Service, run: Run) -> None:
    brand = service.brand(name="丁")
    assert run("brand", "delete", "--brand", str(brand.brand_id), "--yes", "丁").exit_code == 0
    unknown = httpx.get(
        f"{service.base}/v1/brand",
        headers={"authorization": f"Bearer hq_999999_abcdefgh_{'a' * 40}"},
        trust_env=False,
    )
    assert brand.client.get("/v1/brand").json() == unknown.json()

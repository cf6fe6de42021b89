"""The commands for brands, keys, sources and data, as an operator types them."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from app.cli.main import hongqun
from app.core.errors import Problem
from tests.api.door import order
from tests.make import Brand, Service, lines
from tests.stack import env

Run = Any


@pytest.fixture
def run(service: Service) -> Run:
    """Run a command beside the service, in this process."""

    def go(*words: str) -> Result:
        return CliRunner(env=env(service.settings)).invoke(hongqun, words)

    return go


def made(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def status(service: Service, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    answer = httpx.get(f"{service.base}/v1/brand", headers=headers, trust_env=False)
    return answer.status_code


def test_a_brand_with_its_key_and_source(service: Service, run: Run) -> None:
    words = ("--name", "珠宝", "--timezone", "Europe/London", "--currency", "GBP", "--json")
    fresh = made(run("brand", "create", *words))
    assert set(fresh) == {"brand_id", "api_key", "source_id", "webhook_secret"}
    brand = Brand(
        service.base,
        int(fresh["brand_id"]),
        fresh["api_key"],
        fresh["source_id"],
        fresh["webhook_secret"],
    )
    settings = brand.ask("/v1/brand")
    assert (settings["name"], settings["timezone"], settings["currency"]) == (
        "珠宝",
        "Europe/London",
        "GBP",
    )
    sent = json.dumps(order("a", currency="GBP")).encode()
    assert brand.deliver(sent).status_code == 202
    with brand.client as client:
        assert client.patch("/v1/brand", json={"touch_hours": 3}).status_code == 200
    assert "珠宝" in run("brand", "list").output


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("--timezone", "Mars/Olympus"), "time zone"),
        (("--currency", "cny"), "ISO 4217"),
        (("--name", " "), "empty"),
    ],
)
def test_a_brand_that_cannot_be(run: Run, words: tuple[str, ...], word: str) -> None:
    result = run("brand", "create", "--name", "x", *words)
    assert result.exit_code != 0
    assert isinstance(result.exception, Problem)
    assert word in str(result.exception)


def test_problems_are_told_in_one_line(service: Service) -> None:
    def command(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        given = env(service.settings) | more
        line = [sys.executable, "-m", "app", *words]
        return subprocess.run(line, env=given, capture_output=True, text=True)

    bad = command("brand", "create", "--name", "x", "--timezone", "Mars/Olympus")
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    gone = command("brand", "list", DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert (gone.returncode, gone.stderr.count("\n")) == (2, 1)
    assert "cannot be reached" in gone.stderr


def test_keys_come_with_scopes_and_go_at_once(service: Service, run: Run, brand: Brand) -> None:
    id_ = str(brand.brand_id)
    key = made(run("key", "create", "--brand", id_, "--scope", "events:write", "--json"))["api_key"]
    assert status(service, key) == 403
    reader = made(run("key", "create", "--brand", id_, "--scope", "read", "--json"))["api_key"]
    assert status(service, reader) == 200
    key_id = reader.split("_")[2]
    assert key_id in run("key", "list", "--brand", id_).output
    assert run("key", "revoke", "--brand", id_, key_id).exit_code == 0
    assert status(service, reader) == 401
    assert run("key", "revoke", "--brand", id_, key_id).exit_code != 0
    assert run("key", "create", "--brand", "999999999").exit_code != 0
    assert run("key", "create", "--brand", id_, "--scope", "all").exit_code != 0


def test_a_source_and_its_rotation(run: Run, brand: Brand) -> None:
    id_ = str(brand.brand_id)
    fresh = made(run("source", "create", "--brand", id_, "--json"))
    other = Brand(
        brand.base, brand.brand_id, brand.key, fresh["source_id"], fresh["webhook_secret"]
    )
    assert other.deliver(json.dumps(order("a")).encode()).status_code == 202
    rotated = made(run("source", "rotate", "--brand", id_, "--json", fresh["source_id"]))
    assert rotated["webhook_secret"] != fresh["webhook_secret"]
    assert other.deliver(json.dumps(order("a")).encode()).status_code == 202
    assert run("source", "rotate", "--brand", id_, "src_1_nothing").exit_code != 0


# ---- data ----


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_a_file_is_imported_once(run: Run, brand: Brand, tmp_path: Path, name: str) -> None:
    content = b"\n".join(lines(order(str(n)) for n in range(2_500))) + b"\n"
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for expected in ("accepted 2500, duplicates 0", "accepted 0, duplicates 2500"):
        result = run("import", str(tmp_path / name), "--brand", str(brand.brand_id))
        assert (result.exit_code, expected in result.stdout) == (0, True), result.output
    assert run("drain", "--timeout", "60").exit_code == 0
    share = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
    assert share["total"] == {"orders": 2500, "gmv": 250_000}
    again = brand.post([order("0")])
    assert again == [{"accepted": 0, "duplicates": 1, "rejected": []}], "its source is api"


def test_what_a_file_has_wrong_is_told_by_line(run: Run, brand: Brand, tmp_path: Path) -> None:
    good, bad = lines([order("a"), order("b", amount=-1)])
    (tmp_path / "x.ndjson").write_bytes(b"\n".join([good, b"", b" ", bad, b"", b"nonsense"]))
    result = run("import", str(tmp_path / "x.ndjson"), "--brand", str(brand.brand_id))
    assert result.exit_code == 1
    assert "accepted 1, duplicates 0, rejected 2" in result.stdout
    assert "line 4: amount_out_of_range /data/amount" in result.stderr
    assert "line 6: invalid_json" in result.stderr
    letters = brand.ask("/v1/dead-letters")["items"]
    assert {(each["source"], each["code"]) for each in letters} == {
        ("api", "invalid_json"),
        ("api", "amount_out_of_range"),
    }


def test_a_sheet_is_imported(run: Run, brand: Brand, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(
        "订单号,买家ID,实付金额,支付时间,门店\n"
        "o1,b1,12.34,2025-03-01 12:00:00,甲\no2,b1,x,2025-03-01 12:00:00,甲\n",
        "gbk",
    )
    words = ("import", str(file), "--brand", str(brand.brand_id))
    assert run(*words).exit_code == 2, "a kind is required"
    assert run(*words, "--kind", "orders").exit_code == 2, "and the unit of amounts"
    whole = (*words, "--kind", "orders", "--amounts", "yuan")
    for given, said in (
        (("--dry-run",), "accepted 1 (corrected 0), duplicates 0, rejected 1, nothing stored"),
        ((), "accepted 1 (corrected 0), duplicates 0, rejected 1"),
        ((), "accepted 0 (corrected 0), duplicates 1, rejected 1"),
    ):
        result = run(*whole, *given)
        assert (result.exit_code, result.stdout.strip()) == (1, said), result.output
        assert "row 3: invalid 实付金额" in result.stderr
        assert "headers left out: 门店" in result.stderr
    assert run("drain", "--brand", str(brand.brand_id), "--timeout", "60").exit_code == 0
    share = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
    assert share["total"] == {"orders": 1, "gmv": 1234}


def test_files_and_brands_that_are_none(run: Run, brand: Brand, tmp_path: Path) -> None:
    id_ = str(brand.brand_id)
    whole = gzip.compress(b"\n".join(lines([order("a")])))
    for name, content in (("a.ndjson.gz", b"no gzip"), ("b.ndjson.gz", whole[:-12])):
        (tmp_path / name).write_bytes(content)
        result = run("import", str(tmp_path / name), "--brand", id_)
        assert result.exit_code == 1
        assert "cannot be unpacked" in result.stderr
        assert isinstance(result.exception, SystemExit), "no traceback"
    (tmp_path / "c.ndjson").write_bytes(b"")
    assert run("import", str(tmp_path / "c.ndjson"), "--brand", id_).exit_code == 0
    for nobody in ("999999999", "9" * 30, "-1", "x"):
        for words in (("import", str(tmp_path / "c.ndjson")), ("drain",)):
            result = run(*words, "--brand", nobody)
            assert result.exit_code != 0, words
            assert isinstance(result.exception, SystemExit), (words, nobody)
    assert run("import", str(tmp_path / "nowhere"), "--brand", id_).exit_code == 2


def test_drain_says_when_its_time_is_over(run: Run, service: Service, brand: Brand) -> None:
    service.sql(
        "UPDATE work_lease SET leased_until = 'infinity' WHERE brand_id = :b", b=brand.brand_id
    )
    brand.post([order("a")])
    words = ("drain", "--brand", str(brand.brand_id))
    late = run(*words, "--timeout", "0.5")
    assert late.exit_code == 1
    assert "1 events" in late.stderr
    service.sql("UPDATE work_lease SET leased_until = now() WHERE brand_id = :b", b=brand.brand_id)
    assert run(*words, "--timeout", "30").exit_code == 0

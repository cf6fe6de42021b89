"""The commands for operators, keys that are rotated, and the audit log."""

import json
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from app.cli.main import hongqun
from tests.make import Brand, Service
from tests.stack import env

Run = Any


@pytest.fixture
def run(service: Service) -> Run:
    """Run a command beside the service, in this process."""

    def go(*words: str, given: str | None = None) -> Result:
        return CliRunner(env=env(service.settings)).invoke(hongqun, words, input=given)

    return go


def log_in(brand: Brand, login: str, password: str) -> int:
    asked = {"brand_id": str(brand.brand_id), "login": login, "password": password}
    answer = httpx.post(f"{brand.base}/v1/sessions", json=asked, trust_env=False)
    return answer.status_code


def test_the_first_owner(run: Run, brand: Brand, service: Service) -> None:
    service.sql("DELETE FROM login_address")
    id_ = ("--brand", str(brand.brand_id))
    words = ("operator", "create", *id_, "--role", "owner", "--json")
    made = json.loads(run(*words, "--login", "Lin@example.com").stdout)
    assert made["login"] == "lin@example.com"
    assert log_in(brand, "lin@example.com", made["password"]) == 201
    given = run(*words, "--login", "wang", "--password-stdin", given="wang's password\n")
    assert "password" not in json.loads(given.stdout)
    assert log_in(brand, "wang", "wang's password") == 201
    for login, password in (("wang", "x" * 10), ("王", "x" * 10), ("chen", "short"), ("chen", "")):
        bad = run(*words, "--login", login, "--password-stdin", given=f"{password}\n")
        assert bad.exit_code != 0, login
    listed = run("operator", "list", *id_).output
    assert "wang" in listed
    fresh = json.loads(run("operator", "reset", *id_, "--login", "wang", "--json").stdout)
    assert log_in(brand, "wang", "wang's password") == 401
    assert log_in(brand, "wang", fresh["password"]) == 201
    assert run("operator", "disable", *id_, "--login", "wang").exit_code == 0
    assert log_in(brand, "wang", fresh["password"]) == 401
    assert run("operator", "disable", *id_, "--login", "lin@example.com").exit_code != 0
    assert run("operator", "enable", *id_, "--login", "wang").exit_code == 0
    assert log_in(brand, "wang", fresh["password"]) == 201
    assert run("operator", "reset", *id_, "--login", "nobody").exit_code == 1


def test_a_key_gets_a_successor(run: Run, brand: Brand) -> None:
    id_ = ("--brand", str(brand.brand_id))
    key = brand.key.split("_")[2]
    made = json.loads(run("key", "rotate", *id_, key, "--json").stdout)["api_key"]
    for each in (brand.key, made):
        headers = {"authorization": f"Bearer {each}"}
        answer = httpx.get(f"{brand.base}/v1/session", headers=headers, trust_env=False)
        assert answer.status_code == 200
    assert run("key", "rotate", *id_, "nokey").exit_code == 1


def test_the_log_is_verified(run: Run, brand: Brand, service: Service) -> None:
    id_ = ("--brand", str(brand.brand_id))
    for name in ("a", "b"):
        assert run("source", "create", *id_, "--name", name).exit_code == 0
    assert f"brand {brand.brand_id}: 2 entries, 0 faults" in run("audit", "verify", *id_).stdout
    number, head = run("audit", "head", *id_).stdout.split()
    assert number == str(brand.brand_id)
    assert f"{number} {head}" in run("audit", "head").stdout
    assert run("audit", "verify", *id_, "--head", head).exit_code == 0
    other = head[:-1] + ("0" if head[-1] != "0" else "1")
    rewritten = run("audit", "verify", *id_, "--head", other)
    assert rewritten.exit_code == 1
    assert "rewritten" in rewritten.stdout
    assert run("audit", "verify", *id_, "--head", "x").exit_code == 2
    assert run("audit", "verify", "--head", head).exit_code == 2
    assert run("audit", "verify", "--brand", "999999999").exit_code == 1


def test_making_a_brand_is_recorded(run: Run, service: Service) -> None:
    made = json.loads(run("brand", "create", "--name", "x", "--json").stdout)
    rows = service.sql(
        "SELECT actor, action, subject FROM audit_entry WHERE brand_id = :b ORDER BY seq",
        b=int(made["brand_id"]),
    )
    assert [tuple(row) for row in rows] == [
        ("cli", "brand.create", made["brand_id"]),
        ("cli", "key.create", made["api_key"].split("_")[2]),
        ("cli", "source.create", made["source_id"]),
    ]

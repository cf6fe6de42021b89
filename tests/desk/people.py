"""What tests of merges do and look at."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.derive import beside
from tests.make import Brand, Service

TABLES = ("identity", *beside.BY_CUSTOMER, *beside.SUMS)


def send(brand: Brand, method: str, path: str, status: int = 200, **body: Any) -> Any:
    """The answer to a request, which must have this status."""
    with brand.client as client:
        answer = client.request(method, path, json=body if method != "GET" else None)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def merge(brand: Brand, a: Any, b: Any, **more: Any) -> Any:
    return send(brand, "POST", "/v1/identity-merges", a=a, b=b, **more)


def undo(brand: Brand, merge_id: str, **more: Any) -> Any:
    return send(brand, "POST", f"/v1/identity-merges/{merge_id}/undo", **more)


def customers(answer: Any) -> dict[str, list[str]]:
    """The customers of an answer, each with its identities."""
    return {
        each["customer_id"]: [f"{i['space'][0]}:{i['id']}" for i in each["identities"]]
        for each in answer["customers"]
    }


def derived(service: Service, brand: Brand) -> dict[str, list[str]]:
    """Every row of the brand that is worked out from its facts, as text."""

    async def read(connection: AsyncConnection) -> dict[str, list[str]]:
        found = {}
        for name in TABLES:
            rows = await connection.scalars(
                text(f"SELECT CAST(to_jsonb(t) AS text) FROM {name} AS t WHERE brand_id = :b"),
                {"b": brand.brand_id},
            )
            found[name] = sorted(rows)
        return found

    return service.within(read)

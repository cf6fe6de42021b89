"""Events for the workers, and what must come of them."""

from typing import Any

from tests.make import Brand, Service

DAY = "2025-03-01"
TIME = f"{DAY}T12:00:00Z"
WINDOW = {"start": "2025-03-01", "end": "2025-03-02"}


def order(n: int, buyers: int = 50) -> dict[str, Any]:
    data = {"order_id": f"o{n}", "buyer_id": f"b{n % buyers}", "amount": 1, "currency": "CNY"}
    return {"id": f"e{n}", "type": "order.paid", "time": TIME, "data": data}


def orders(count: int) -> list[dict[str, Any]]:
    return [order(n) for n in range(count)]


def counted(brand: Brand) -> int:
    """How many orders the numbers have."""
    total: int = brand.ask("/v1/metrics/gmv-share", **WINDOW)["total"]["orders"]
    return total


def pending(service: Service, brand: Brand) -> int:
    (row,) = service.sql("SELECT count(*) FROM pending_event WHERE brand_id = :b", b=brand.brand_id)
    return int(row[0])


def slip_in(service: Service, brand: Brand, raw: str, event_id: str = "poison") -> None:
    """Put an event in front of all others that intake would never have taken."""
    given = {"b": brand.brand_id, "id": event_id, "raw": raw}
    service.sql(
        "INSERT INTO event_identity (brand_id, source, event_id, content_hash)"
        " VALUES (:b, 'api', :id, '')",
        b=brand.brand_id,
        id=event_id,
    )
    service.sql(
        "INSERT INTO event (brand_id, event_no, source, event_id, raw)"
        " VALUES (:b, 1, 'api', :id, :raw)",
        **given,
    )
    service.sql("INSERT INTO pending_event (brand_id, event_no) VALUES (:b, 1)", b=brand.brand_id)

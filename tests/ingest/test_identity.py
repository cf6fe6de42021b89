"""Who an event is: its id and source, or those of the request it came in."""

import json

import msgspec
import pytest

from app.ingest.decode import Rejection

from .reading import SENDER, accepted, event, read, refused

ALONE = msgspec.structs.replace(SENDER, fallback_id="msg_1")
NAMELESS = {k: v for k, v in event().items() if k != "id"}


@pytest.mark.parametrize("id_", ["x", "x" * 128, "红" * 128, "😀" * 128, " ", "a/b"])
def test_an_id_has_up_to_128_characters(id_: str) -> None:
    assert accepted(event(id=id_), ALONE).event_id == id_


@pytest.mark.parametrize("id_", ["", "x" * 129, "红" * 129, "😀" * 129, 7, True, ["x"], {}])
def test_another_id_is_invalid(id_: object) -> None:
    assert refused(event(id=id_), ALONE) == ("invalid", "/id")


def test_a_missing_id_is_the_webhook_id() -> None:
    assert accepted(NAMELESS, ALONE).event_id == "msg_1"
    assert accepted(event(id=None), ALONE).event_id == "msg_1"
    assert accepted(event(), ALONE).event_id == "e1"


@pytest.mark.parametrize("fallback", [None, "", "x" * 129])
def test_a_missing_id_without_a_webhook_id_is_invalid(fallback: str | None) -> None:
    sender = msgspec.structs.replace(SENDER, fallback_id=fallback)
    assert refused(NAMELESS, sender) == ("invalid", "/id")
    assert refused(event(id=None), sender) == ("invalid", "/id")


def test_a_missing_source_is_the_senders() -> None:
    assert accepted(event()).source == "src_1"
    assert accepted(event(source=None)).source == "src_1"
    assert accepted(event(source="//shop/1")).source == "//shop/1"
    assert refused(event(source="")) == ("invalid", "/source")


def test_the_content_is_apart_from_the_identity() -> None:
    one = accepted(event())
    two = accepted(event(id="e2", source="s", subject="x", extension=1))
    assert one.content_hash == two.content_hash
    assert one.content_hash != accepted(event(more={"amount": 1})).content_hash
    assert one.content_hash != accepted(event(more={"kind": None})).content_hash
    assert one.content_hash != accepted(event("order.placed")).content_hash


def test_the_raw_text_is_kept_as_it_came() -> None:
    text = json.dumps(event(), indent=2, ensure_ascii=False) + "\n"
    assert accepted(text).raw == text


@pytest.mark.parametrize("base64", ["eyJhIjoxfQ==", ""])
def test_binary_data_is_refused_with_a_hint(base64: str) -> None:
    only = {k: v for k, v in event().items() if k != "data"} | {"data_base64": base64}
    for binary in (only, only | {"data": None}, event(data_base64=base64)):
        verdict = read(binary)
        assert isinstance(verdict, Rejection)
        assert (verdict.code, verdict.field) == ("invalid", "/data_base64")
        assert "data as a JSON object" in verdict.detail
    accepted(event(data_base64=None))


def test_of_duplicate_keys_the_last_counts() -> None:
    text = json.dumps(event())
    assert accepted(text.replace('"id"', '"id": "e0", "id"')).event_id == "e1"
    twice = text.replace('"amount"', '"amount": 1, "amount"')
    assert accepted(twice).content_hash == accepted(text).content_hash
    data = text.replace(
        '"data"',
        '"data": {"order_id": "o", "buyer_id": "b", "amount": 1, "currency": "CNY"}, "data"',
    )
    assert accepted(data).content_hash == accepted(text).content_hash


def test_of_two_types_none_counts() -> None:
    text = json.dumps(event())
    code, field = refused(text.replace('"type"', '"type": "order.placed", "type"'))
    assert (code, field) == ("unknown_type", "/type")

"""Bodies that the CloudEvents SDK of PyPI makes are understood."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.conversion import to_structured
from cloudevents.v1.http import CloudEvent as OldCloudEvent

from app.ingest.body import KINDS, split

from .contract import TYPES
from .reading import accepted, refused

WHEN = datetime(2025, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def attributes(type_: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "source": "//shop/1",
        "type": type_,
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "dataschema": "https://example.com/schema",
        "subject": "x",
        "traceparent": "00-abc",
        **more,
    }


def body_of(headers: Any, body: bytes) -> list[bytes]:
    media_type = {name.lower(): value for name, value in headers.items()}["content-type"]
    return split(body, KINDS[media_type.partition(";")[0]])


@pytest.mark.parametrize("type_", TYPES)
def test_an_event_of_the_sdk_is_accepted(type_: str) -> None:
    required, more = TYPES[type_]
    message = to_structured_event(CloudEvent(attributes(type_, time=WHEN), required | more))
    (raw,) = body_of(message.headers, message.body)
    verdict = accepted(raw)
    assert (verdict.source, verdict.event_id) == ("//shop/1", "e1")


@pytest.mark.parametrize("type_", TYPES)
def test_an_event_of_the_old_sdk_is_accepted_and_the_same(type_: str) -> None:
    required, more = TYPES[type_]
    old = to_structured(OldCloudEvent(attributes(type_, time=WHEN.isoformat()), required | more))
    new = to_structured_event(CloudEvent(attributes(type_, time=WHEN), required | more))
    (old_raw,), (new_raw,) = body_of(*old), body_of(new.headers, new.body)
    assert accepted(old_raw).content_hash == accepted(new_raw).content_hash


def test_a_batch_of_the_sdk_is_accepted() -> None:
    messages = [
        to_structured_event(
            CloudEvent(attributes("group.dismissed", time=WHEN, id=str(n)), {"group_id": "g1"})
        )
        for n in range(3)
    ]
    batch = json.dumps([json.loads(message.body) for message in messages]).encode()
    raws = split(batch, KINDS["application/cloudevents-batch+json"])
    assert [accepted(raw).event_id for raw in raws] == ["0", "1", "2"]


def test_binary_data_of_the_sdk_is_refused() -> None:
    message = to_structured_event(
        CloudEvent(attributes("group.dismissed", time=WHEN), b'{"group_id": "g1"}')
    )
    (raw,) = body_of(message.headers, message.body)
    assert refused(raw) == ("invalid", "/data_base64")


def test_the_binary_mode_has_another_media_type_or_no_type() -> None:
    message = to_binary_event(
        CloudEvent(attributes("group.dismissed", time=WHEN), {"group_id": "g1"})
    )
    (raw,) = body_of(message.headers, message.body)
    assert refused(raw) == ("invalid", "/type")


def test_an_older_version_of_cloudevents_is_invalid() -> None:
    raw = json.dumps(attributes("group.dismissed", specversion="0.3", time=WHEN.isoformat()))
    assert refused(raw) == ("invalid", "/specversion")

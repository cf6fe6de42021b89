"""Standard Webhooks signatures: what is authentic, and what a stranger may send."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from app.ingest.signature import refusal, sign

NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = '{"id": "e1", "text": "你好"}'
OLD, NEW, FOREIGN = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in range(1, 4))
GOOD = sign(NEW, "msg_1", AT, BODY.encode())


def why(
    signatures: str | None = GOOD,
    id_: str | None = "msg_1",
    timestamp: str | None = str(AT),
    body: str = BODY,
    secrets: tuple[str, ...] = (NEW, OLD),
) -> str | None:
    return refusal(secrets, id_, timestamp, signatures, body.encode(), NOW)


# ---- authentic ----


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([OLD, NEW]))
def test_the_signer_of_standardwebhooks_is_understood(body: str, secret: str) -> None:
    theirs = Webhook(secret).sign("msg_1", NOW, body)
    assert theirs == sign(secret, "msg_1", AT, body.encode())
    assert why(theirs, body=body) is None


def test_the_verifier_of_standardwebhooks_understands_us() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(NEW, "msg_1", now, BODY.encode()),
    }
    assert Webhook(NEW).verify(BODY, headers) == {"id": "e1", "text": "你好"}


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_either_live_secret_signs(secret: str) -> None:
    assert why(sign(secret, "msg_1", AT, BODY.encode())) is None


def test_one_good_signature_among_others_is_enough() -> None:
    foreign = sign(FOREIGN, "msg_1", AT, BODY.encode())
    assert why(f"v1a,abc {foreign} v1 , {GOOD}") is None


@pytest.mark.parametrize("shift", [-300, 300])
def test_five_minutes_are_tolerated(shift: int) -> None:
    signed = sign(NEW, "msg_1", AT + shift, BODY.encode())
    assert why(signed, timestamp=str(AT + shift)) is None


def test_an_id_beyond_ascii_is_taken_as_the_server_hands_it_over() -> None:
    as_latin_1 = "消息".encode().decode("latin-1")
    assert why(sign(NEW, "消息", AT, BODY.encode()), id_=as_latin_1) is None


# ---- not authentic ----


def test_a_foreign_secret_is_refused() -> None:
    assert why(sign(FOREIGN, "msg_1", AT, BODY.encode()))


def test_a_retired_secret_is_refused() -> None:
    signed = sign(OLD, "msg_1", AT, BODY.encode())
    assert why(signed, secrets=(NEW,))
    assert why(signed, secrets=())


def test_id_timestamp_and_body_are_signed() -> None:
    assert why() is None
    assert why(id_="msg_2")
    assert why(timestamp=str(AT + 1))
    assert why(body=BODY + " ")


@pytest.mark.parametrize("shift", [-301, 301, -86_400, 86_400])
def test_more_than_five_minutes_are_stale(shift: int) -> None:
    reason = why(sign(NEW, "msg_1", AT + shift, BODY.encode()), timestamp=str(AT + shift))
    assert reason is not None
    assert "5 minutes" in reason


def test_ten_signatures_are_looked_at() -> None:
    foreign = sign(FOREIGN, "msg_1", AT, BODY.encode())
    assert why(" ".join([foreign] * 9 + [GOOD])) is None
    assert why(" ".join([foreign] * 10 + [GOOD]))


# ---- malformed ----


@pytest.mark.parametrize("header", ["id_", "timestamp", "signatures"])
@pytest.mark.parametrize("value", [None, ""])
def test_each_header_is_required(header: str, value: str | None) -> None:
    reason = why(**{header: value})  # type: ignore[arg-type]
    assert reason is not None
    assert "required" in reason


@pytest.mark.parametrize(
    "timestamp",
    ["1e3", "-1", "+1", "٣", "1.5", " 1", "0x1", "1_000", "nan", "\0", "²", "9" * 12, "9" * 9999],
)
def test_a_timestamp_is_digits(timestamp: str) -> None:
    assert why(timestamp=timestamp)


@pytest.mark.parametrize(
    "signatures",
    [
        " ",
        ",",
        "v1",
        "v1,",
        "v1,=",
        "v1,A",
        "v1,!!!!",
        "v1,你好",
        "v1,\0",
        "v1,\ud800",
        "v1,AAAA",
        GOOD.replace("v1,", "v1a,"),
        GOOD.replace("v1,", "v2,"),
        GOOD.replace("v1,", "v1"),
        GOOD.replace("v1,", "V1,"),
        GOOD.removeprefix("v1,"),
        GOOD + "=",
        GOOD + "\0",
        GOOD + ",v1",
        GOOD[:-5],
        GOOD[:10] + "\n" + GOOD[10:],
        "v1," + "A" * 1_000_000,
        "v1," * 1_000_000,
        "v1 " * 1_000_000,
    ],
    ids=range(24),
)
def test_a_malformed_signature_is_refused(signatures: str) -> None:
    assert why(signatures)


anything = st.none() | st.text(st.characters()) | st.text(st.sampled_from("v1, =A9\0é"))


@settings(deadline=None)
@given(anything, anything, anything)
def test_no_headers_raise(signatures: str | None, id_: str | None, timestamp: str | None) -> None:
    assert why(signatures, id_, timestamp)
    assert why(signatures)
    assert why(GOOD, id_)
    assert why(GOOD, timestamp=timestamp)

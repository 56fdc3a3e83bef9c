"""Encryption and signature of Web Push against the example of the standard and wrong keys."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from db.domain.people.push import SERVICES, Browser
from db.vapid import CURVE, PushKey, decoded, encoded
from tests.support.builders import NOW
from workers.integrations.web_push import BrowserGone, PushClient, encrypted, topic_of

EXAMPLE = Browser(
    "ivan",
    "Chrome, Android",
    "https://push.example/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
    "",
    NOW,
)
"""The browser of RFC 8291, appendix A."""


def test_the_example_of_the_standard_is_encrypted_as_there() -> None:
    secret = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    sender = ec.derive_private_key(secret, CURVE)
    salt = decoded("DGv6ra1nlYgDCS1FRnbzlw")

    body = encrypted(b"When I grow up, I want to be a watermelon", EXAMPLE, sender, salt)

    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_no_two_messages_are_encrypted_alike() -> None:
    bodies = {encrypted(b"the same", EXAMPLE) for _ in range(3)}

    assert len(bodies) == 3


@pytest.mark.parametrize("wrong", ["", "AAAA", "B" * 87, "ключ", "===="])
def test_no_key_is_a_browser_that_is_gone(wrong: str) -> None:
    key = PushKey.new()
    browser = replace(EXAMPLE, p256dh=wrong, server_key=key.public)
    browser = replace(browser, endpoint="https://fcm.googleapis.com/wp/1")
    client = PushClient(key, SERVICES, None)

    with pytest.raises(BrowserGone, match="keys"):
        client.send(browser, b"{}", "topic", timedelta(hours=1))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/push",
        "http://fcm.googleapis.com/wp/1",
        "https://fcm.googleapis.com.evil.example/wp/1",
        "https://push.example/1",
    ],
)
def test_nothing_is_sent_to_a_host_that_is_not_allowed_any_more(endpoint: str) -> None:
    key = PushKey.new()
    client = PushClient(key, SERVICES, None)

    with pytest.raises(BrowserGone, match="not among the allowed"):
        client.send(
            replace(EXAMPLE, endpoint=endpoint, server_key=key.public), b"{}", "", timedelta(1)
        )


def test_a_topic_is_short_and_in_the_alphabet_of_the_standard() -> None:
    assert topic_of("D-2026-00001:task") == topic_of("D-2026-00001:task")
    assert topic_of("D-2026-00001:task") != topic_of("D-2026-00001:due")
    assert len(topic_of("Ж" * 300)) == 32


@pytest.mark.parametrize("wrong", ["", "A", "A" * 42, "AAAA" * 11, "%" * 43, "ключ", "A" * 43])
def test_a_text_that_is_no_private_key_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - from several libraries
        PushKey.parse(wrong)


def test_a_key_is_written_as_it_is_read() -> None:
    key = PushKey.new()

    again = PushKey.parse(key.text)

    assert (again.text, again.public) == (key.text, key.public)
    assert len(decoded(key.public)) == 65

"""The own password, changed over HTTP: verified, valid at once, and not logged."""

import logging

import httpx2
import pytest

from tests.integration.api.conftest import Office
from tests.integration.api.people.test_staff import added, status

NEW = "Совсем-другой-Pass-9"
ADDRESS = "/api/v1/me/password"


def change(office: Office, login: str, given: str, present: str, new: str) -> httpx2.Response:
    """``given``: password of the call itself."""
    body = {"presentPassword": present, "newPassword": new}
    return httpx2.post(office.url + ADDRESS, json=body, auth=(login, given), timeout=30)


def wrong_fields(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [each["field"] for each in answer.json()["errors"]]


def test_the_new_password_is_valid_and_the_old_one_forgotten_at_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login, old = added(office)
    assert status(office, login, old) == 200  # which is cached

    answer = change(office, login, old, old, NEW)

    assert (answer.status_code, answer.content) == (204, b"")
    assert office.engine.passwords[login] == NEW
    assert status(office, login, old) == 401
    assert status(office, login, NEW) == 200
    assert change(office, login, NEW, NEW, NEW).status_code == 204  # as after a lost answer
    assert old not in caplog.text
    assert NEW not in caplog.text


def test_a_wrong_or_weak_password_changes_nothing(office: Office) -> None:
    login, old = added(office)

    wrong = change(office, login, old, "Guessed-2026", NEW)
    weak = change(office, login, old, old, "weak")

    assert wrong_fields(wrong) == ["presentPassword"]
    assert wrong_fields(weak) == ["newPassword"]
    assert "не меньше 10 знаков" in weak.json()["detail"]
    assert not any(word in wrong.text + weak.text for word in (old, NEW, "Guessed"))
    assert office.engine.passwords[login] == old
    assert status(office, login, old) == 200

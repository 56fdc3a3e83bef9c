"""Camunda Admin through the webapp proxy: the first people are made with its own pages."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.desk import DESK, PATIENCE, log_in, talkative
from tests.integration.api.webapp_proxy.doorway import an_application
from tests.support.engine.harness import PASSWORD, RunningEngine, Tasklist

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = [pytest.mark.engine, pytest.mark.browser]

NEW_PASSWORD = "Pit-2027-other"


@pytest.fixture
def front(bare_engine: RunningEngine, tmp_path: Path) -> Iterator[str]:
    secret = bare_engine.secrets.api
    with an_application(tmp_path, bare_engine.webapp_url, engine_password=secret) as (url, _):
        yield url


@pytest.fixture
def newcomer(bare_engine: RunningEngine) -> Iterator[str]:
    """A person in no group. Yields: the login."""
    login = f"new{uuid.uuid4().hex[:8]}"
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник"}
    wanted = {"profile": profile, "credentials": {"password": PASSWORD}}
    bare_engine.admin.post("/user/create", wanted)
    yield login
    bare_engine.admin.delete(f"/user/{login}")


def choose_group(page: Page, group: str) -> None:
    """Two haste traps of Camunda Admin that a person is hardly ever quick enough for: its dialog
    stays empty when it is opened before the page knows the person's groups, and draws its list
    twice, which takes the clicked box away but keeps the choice.
    """
    expect(page.get_by_text("is currently not member of any groups")).to_be_visible()
    page.get_by_text("Add to a group").click()
    box = page.locator(".modal-content tr", has_text=group).get_by_role("checkbox")
    box.click()
    expect(box).to_be_checked()


def test_the_administrator_adds_a_group_and_resets_a_password(
    chromium: Browser, bare_engine: RunningEngine, front: str, newcomer: str
) -> None:
    secret = bare_engine.secrets.admin
    context = chromium.new_context(**DESK)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = talkative(context.new_page())
    page.goto(f"{front}/camunda/app/tasklist/default/")
    log_in(page, "admin", secret)

    page.goto(f"{front}/camunda/app/admin/default/#/users/{newcomer}?tab=groups")
    choose_group(page, "lawyers")
    dialog = page.locator(".modal-content")
    dialog.get_by_role("button", name="Add Groups").click()
    dialog.get_by_role("button", name="OK").click()
    expect(page.locator("table", has_text="lawyers").first).to_be_visible()

    page.goto(f"{front}/camunda/app/admin/default/#/users/{newcomer}?tab=account")
    page.locator("#inputAuthenticationUserPassword").fill(secret)
    page.locator("#inputPassword").fill(NEW_PASSWORD)
    page.locator("#inputPasswordRepeat").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change Password").click()
    expect(page.get_by_text("Changed the password", exact=False).first).to_be_visible()
    context.close()

    assert Tasklist(front, newcomer, NEW_PASSWORD).answer.ok

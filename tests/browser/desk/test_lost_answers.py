"""The phone of a driver whose answers are lost on their way, on the real API and engine."""

import uuid
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenDesk
from tests.support.documents.samples import a_png
from tests.support.suite.deal_driver import STEPS, begun
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

FILE, PRESS = "/files/ttnFile", "/submit-form"


class LostAnswers:
    """Loses the first answer to each of some calls, after the server has done what was asked."""

    def __init__(self, page: Page, *calls: str) -> None:
        self._left = list(calls)
        self.answered: list[tuple[str, int]] = []
        """Call and status of all answers that were lost or came."""
        self._tools: CDPSession = page.context.new_cdp_session(page)
        self._tools.on("Fetch.requestPaused", self._paused)
        patterns = [{"urlPattern": f"*{call}*", "requestStage": "Response"} for call in calls]
        self._calls = calls
        self._tools.send("Fetch.enable", {"patterns": patterns})

    def _paused(self, told: dict[str, Any]) -> None:
        answer = {"requestId": told["requestId"]}
        call = next(one for one in self._calls if one in told["request"]["url"])
        self.answered.append((call, told["responseStatusCode"]))
        if call in self._left:
            self._left.remove(call)
            self._tools.send("Fetch.failRequest", {**answer, "errorReason": "ConnectionReset"})
        else:
            self._tools.send("Fetch.continueResponse", answer)


def test_a_photo_and_a_press_whose_answers_are_lost_take_effect_once(
    desk: OpenDesk, suite: RunningSuite
) -> None:
    client = f"ООО «Дальняя дорога {uuid.uuid4().hex[:6]}»"
    told: dict[str, Any] = {"people": suite.people, "name": client}
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, **told)
    begun(suite, story, STEPS - 1)
    phone = desk("driver1", "/phone", phone=True)
    expect(phone.locator("deal-form .deal-bar")).to_be_visible()
    if (other := phone.locator(".later button", has_text=client)).count():
        other.click()  # the driver has something more urgent of another test
    expect(phone.locator("deal-form")).to_contain_text(client)
    lost = LostAnswers(phone, FILE, PRESS)

    photo: Any = {"name": "ттн.png", "mimeType": "image/png", "buffer": a_png(64, 48)}
    phone.locator("deal-form input[type=file]").set_input_files([photo])
    expect(phone.locator("deal-form .deal-file")).to_contain_text("ждёт отправки")
    phone.get_by_role("button", name="Подтвердить отгрузку", exact=True).click()
    waiting = phone.get_by_role("region", name="Не отправлено")
    expect(waiting).to_contain_text("«Подтвердить отгрузку»")
    expect(waiting).to_contain_text("Нет связи")
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(waiting).to_be_hidden()

    assert lost.answered == [(FILE, 201), (FILE, 201), (PRESS, 204), (PRESS, 409)]
    story.stage_is("won")
    history = story("manager").api("GET", f"/deals/{story.deal_id}/files")
    files = [one for one in history.json()["items"] if one["field"] == "ttnFile"]
    assert [(one["name"], one["version"]) for one in files] == [("ттн.png", 1)]
    eventually(lambda: not suite.engine.root_instances(story.deal_id))

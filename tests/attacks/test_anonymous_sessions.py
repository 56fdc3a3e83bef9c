"""A client without cookies requests many pages, each of which would create an engine session."""

from functools import partial
from pathlib import Path

import httpx2

from api.webapp_proxy.anonymous_sessions import ONE_NETWORK
from tests.integration.api.webapp_proxy.doorway import an_application, remember
from tests.integration.api.webapp_proxy.webapp_stand_in import Told, WebappStandIn

PAGE = "/camunda/app/welcome/default/"
NEW = (("Set-Cookie", "JSESSIONID=A0B1C2; Path=/camunda; HttpOnly"),)


def test_a_stranger_cannot_fill_the_engine_with_sessions(tmp_path: Path) -> None:
    with WebappStandIn() as engine, an_application(tmp_path, engine.url) as (url, app):
        engine.began = partial(remember, app)
        engine.told[PAGE] = Told(body="<html></html>", headers=NEW)
        with httpx2.Client(base_url=url, timeout=60) as stranger:
            answers = []
            for _ in range(ONE_NETWORK.burst * 2):
                stranger.cookies.clear()
                answers.append(stranger.get(PAGE).status_code)

        # A session that became free meanwhile is used up first: there is one every two seconds.
        tries = (httpx2.get(url + PAGE, headers={"Accept": "text/html"}) for _ in range(10))
        refused = next(answer for answer in tries if answer.status_code != 200)
        colleague = {"JSESSIONID": engine.session_of("lawyer1")}
        inside = httpx2.get(url + PAGE, cookies=colleague)

    assert answers[: ONE_NETWORK.burst] == [200] * ONE_NETWORK.burst
    assert answers.count(200) < ONE_NETWORK.burst * 1.5
    assert (refused.status_code, inside.status_code) == (429, 200)
    assert "Подождите минуту" in refused.text

"""Sessions and the throttle when a person changes the own password at the desk."""

import httpx2

from tests.integration.api.auth.test_authenticator import House, house, running
from tests.integration.api.webapp_proxy.webapp_stand_in import PASSWORD, Told

__all__ = ["house", "running"]  # fixtures

NEW = "Совсем-другой-Pass-9"
CREDENTIALS = "/engine-rest/user/lawyer1/credentials"


def own(house: House, session: str, present: str) -> httpx2.Response:
    return httpx2.post(
        f"{house.url}/api/v1/me/password",
        json={"presentPassword": present, "newPassword": NEW},
        cookies={"JSESSIONID": session},
        headers={"Origin": house.url, "X-Requested-With": "XMLHttpRequest"},
        timeout=20,
    )


def is_open(house: House, session: str) -> bool:
    return house.get(cookies={"JSESSIONID": session}).status_code == 200


def test_the_other_sessions_end_and_this_one_stays(house: House) -> None:
    house.engine.told[CREDENTIALS] = Told(204, b"")
    here, elsewhere, colleague = map(house.engine.session_of, ("lawyer1", "lawyer1", "manager1"))
    assert all(is_open(house, each) for each in (here, elsewhere, colleague))

    answer = own(house, here, PASSWORD)

    assert answer.status_code == 204, answer.text
    assert [is_open(house, each) for each in (here, elsewhere, colleague)] == [True, False, True]


def test_a_stolen_session_cannot_guess(house: House) -> None:
    session = house.engine.session_of("lawyer1")

    answers = [own(house, session, f"Guess-{number}-2026") for number in range(8)]

    refused = [each for each in answers if each.status_code == 429]
    assert {each.status_code for each in answers} == {422, 429}
    assert int(refused[0].headers["Retry-After"]) > 0
    assert own(house, session, PASSWORD).status_code == 429
    assert house.engine.asked("/credentials") == []


def test_a_silent_engine_leaves_the_sessions_and_says_so(house: House) -> None:
    here, elsewhere = house.engine.session_of("lawyer1"), house.engine.session_of("lawyer1")
    assert is_open(house, here)
    house.engine.told["/engine-rest/identity/verify"] = Told(503, {"type": "Down"})

    unverified = own(house, here, PASSWORD)
    del house.engine.told["/engine-rest/identity/verify"]
    untouched = is_open(house, elsewhere)
    house.engine.told[CREDENTIALS] = Told(503, {"type": "Down"})
    uncertain = own(house, here, PASSWORD)

    assert (unverified.status_code, untouched) == (503, True)
    assert (uncertain.status_code, uncertain.json()["code"]) == (504, "PASSWORD_UNCERTAIN")
    assert (is_open(house, here), is_open(house, elsewhere)) == (True, False)

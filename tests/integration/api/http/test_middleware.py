"""Middleware of all requests, and trust in X-Forwarded-* headers."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from api.settings import ApiSettings
from tests.integration.api.webapp_proxy.doorway import an_application, remember
from tests.integration.api.webapp_proxy.webapp_stand_in import PASSWORD, WebappStandIn

CHANGE = "/api/v1/notifications/1/read"
LOGIN = "/camunda/api/admin/auth/user/default/login/tasklist"


@pytest.fixture
def engine() -> Iterator[WebappStandIn]:
    with WebappStandIn() as stand_in:
        stand_in.people = {"lawyer1": ["lawyers", "salesManagers"]}
        yield stand_in


@pytest.mark.parametrize("path", [LOGIN, "/api/v1/deals"])
def test_a_body_that_stands_still_is_given_up(
    engine: WebappStandIn, tmp_path: Path, path: str
) -> None:
    with an_application(tmp_path, engine.url, stall_seconds=0.3) as (url, app):
        engine.began = partial(remember, app)
        session = engine.session_of("lawyer1")
        place = urlsplit(url)
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {place.netloc}",
            f"Origin: {url}",
            f"Cookie: JSESSIONID={session}",
            "X-Requested-With: XMLHttpRequest",
            "Content-Type: application/json",
            "Content-Length: 100",
        ]
        with socket.create_connection((place.hostname, place.port), 10) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n{").encode())
            answer = connection.makefile("rb").read()

    assert b" 408 " in answer.splitlines()[0]
    assert b"BODY_TOO_SLOW" in answer


def test_behind_tls_cookies_are_secure_and_the_public_address_is_ours(
    engine: WebappStandIn, tmp_path: Path
) -> None:
    public = {"public_url": "https://deals.example.ru", "trusted_proxies": "127.0.0.1"}
    by_proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    form = {"username": "lawyer1", "password": PASSWORD}

    with an_application(tmp_path, engine.url, **public) as (url, app):
        engine.began = partial(remember, app)
        answer = httpx2.post(url + LOGIN, data=form, headers=by_proxy, timeout=20)
        cookies = {"JSESSIONID": engine.session_of("lawyer1")}
        ours = {"X-Requested-With": "XMLHttpRequest", "Origin": "https://deals.example.ru"}
        changed = httpx2.post(url + CHANGE, cookies=cookies, headers=ours, timeout=20)
        direct = httpx2.post(url + CHANGE, cookies=cookies, headers={**ours, "Origin": url})

    assert all(cookie.endswith("; Secure") for cookie in answer.headers.get_list("set-cookie"))
    assert engine.asked("/login")[0].headers["x-forwarded-for"] == "203.0.113.7"
    assert (changed.status_code, direct.status_code) == (404, 403)


def test_without_a_trusted_proxy_nobody_names_another_address(
    engine: WebappStandIn, tmp_path: Path
) -> None:
    form = {"username": "lawyer1", "password": "wrong"}

    with an_application(tmp_path, engine.url) as (url, _):
        answers = [
            httpx2.post(url + LOGIN, data=form, headers={"X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(4)
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def test_the_server_believes_no_proxy_by_itself() -> None:
    options = ApiSettings(_env_file=None).server_options()

    assert (options["proxy_headers"], options["server_header"]) == (False, False)

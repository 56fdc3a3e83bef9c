"""Notifications over a real HTTPS push service, read by another implementation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.domain.people.notices import TITLES, NoticeKind
from db.domain.people.push import TIME_TO_LIVE, Browser
from db.vapid import PushKey
from tests.support.fakes.ports import Office, an_office
from tests.support.servers.push_service import PushService, UserAgent, a_push_service
from workers.background.push_sender import LEASE, PushSender
from workers.integrations.web_push import PushClient

SITE, DEAL = "https://deals.pit.example", "D-2026-00001"
KEY = PushKey.new()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    with a_push_service(tmp_path) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.certificate))
        yield running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_sender(
    office: Office, service: PushService, clock: Clock | None = None, key: PushKey = KEY
) -> PushSender:
    client = PushClient(key, [service.host], SITE)
    return PushSender(office.database.writing, client, clock=clock or Clock())


def a_browser(
    office: Office, service: PushService, agent: UserAgent, login: str = "ivan"
) -> Browser:
    address = f"https://{service.host}/wp/{agent.auth}"
    made = Browser(
        login, "Chrome", address, agent.key.public, agent.auth, KEY.public, datetime.now(UTC)
    )
    with office.database.writing() as store:
        store.pushes.subscribe(made)
    return made


def notify(office: Office, kind: NoticeKind = NoticeKind.TASK, deal: str | None = DEAL) -> None:
    with office.database.writing() as store:
        store.pushes.add("ivan", kind, deal)


def left(office: Office) -> int:
    """Number of notifications that wait, due or not."""
    with office.database.writing() as store:
        store.pushes.add("ivan", NoticeKind.DIGEST, "D-none")
        return store.pushes.prune(datetime.now(UTC) + timedelta(days=1)) - 1


def test_a_browser_reads_kind_and_deal_and_the_service_knows_the_sender(
    office: Office, service: PushService
) -> None:
    agent = UserAgent()
    a_browser(office, service, agent)
    notify(office)
    notify(office, NoticeKind.DIGEST, None)
    sender = a_sender(office, service)

    assert [sender.round() for _ in range(3)] == [1, 1, 0]

    first, second = agent.read(service.received)
    assert first["message"] == {
        "title": TITLES[NoticeKind.TASK],
        "body": f"Сделка {DEAL}",
        "path": f"/deals/{DEAL}",
        "tag": f"{DEAL}:task",
    }
    assert second["message"]["path"] == "/notifications"
    claims = first["claims"]
    assert (claims["aud"], claims["sub"]) == (f"https://{service.host}", SITE)
    assert (claims["alg"], claims["key"]) == ("ES256", KEY.public)
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() < 86_400
    headers = service.received[0].headers
    assert headers["content-encoding"] == "aes128gcm"
    assert 0 < int(headers["ttl"]) <= TIME_TO_LIVE.total_seconds()
    assert len(headers["topic"]) == 32
    assert headers["topic"] != service.received[1].headers["topic"]
    assert len(service.received[0].body) < 4096


def test_a_newer_one_of_the_same_kind_and_deal_takes_the_place_of_the_older(
    office: Office, service: PushService
) -> None:
    agent = UserAgent()
    a_browser(office, service, agent)
    for _ in range(3):
        notify(office)
    sender = a_sender(office, service)

    assert [sender.round() for _ in range(2)] == [1, 0]
    notify(office)
    sender.round()

    topics = {one.headers["topic"] for one in service.received}
    assert (len(service.received), len(topics)) == (2, 1)


def test_a_sender_that_died_after_sending_sends_again_under_the_same_topic(
    office: Office, service: PushService
) -> None:
    agent = UserAgent()
    browser = a_browser(office, service, agent)
    notify(office)
    client = PushClient(KEY, [service.host], SITE)
    with office.database.writing() as store:
        (message,) = store.pushes.lease(timedelta(0))
    client.send(browser, b"{}", f"{message.deal_id}:{message.kind}", timedelta(hours=1))

    a_sender(office, service).round()

    assert len({one.headers["topic"] for one in service.received}) == 1
    assert left(office) == 0


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_with_all_that_waits(
    office: Office, service: PushService, status: int
) -> None:
    gone, other = UserAgent(), UserAgent()
    a_browser(office, service, gone)
    notify(office)
    notify(office, NoticeKind.DUE)
    kept = a_browser(office, service, other)
    service.answers = [(status, {})]
    sender = a_sender(office, service)

    assert [sender.round(), sender.round()] == [1, 0]

    with office.database.reading() as store:
        assert [one.id for one in store.pushes.browsers("ivan", KEY.public)] == [kept.id]


@pytest.mark.parametrize(
    ("answer", "pause"),
    [((503, {}), 10), ((429, {"Retry-After": "300"}), 300), ((403, {}), 10)],
)
def test_a_service_in_trouble_gets_a_pause_and_the_message_waits(
    office: Office, service: PushService, answer: tuple[int, dict[str, str]], pause: int
) -> None:
    agent, clock = UserAgent(), Clock()
    a_browser(office, service, agent)
    notify(office)
    service.answers = [answer]
    sender = a_sender(office, service, clock)

    assert sender.round() == 1
    notify(office, NoticeKind.DUE)
    clock.seconds = pause - 1
    assert sender.round() == 0
    clock.seconds = pause * 1.2 + 1
    assert sender.round() == 1  # the one that is due; the first waits for its own next attempt

    (read,) = agent.read(service.received[1:])
    assert read["message"]["tag"] == f"{DEAL}:due"
    assert left(office) == 1


def test_a_silent_service_does_not_delay_the_others(
    office: Office, service: PushService, tmp_path: Path
) -> None:
    agent = UserAgent()
    a_browser(office, service, agent)
    silent = Browser(
        "ivan",
        "Firefox",
        "https://localhost:1/wp/1",
        agent.key.public,
        agent.auth,
        KEY.public,
        datetime.now(UTC),
    )
    with office.database.writing() as store:
        store.pushes.subscribe(silent)
    for kind in (NoticeKind.TASK, NoticeKind.DUE):
        notify(office, kind)
    client = PushClient(KEY, [service.host, "localhost:1"], SITE)
    sender = PushSender(office.database.writing, client, clock=Clock())

    assert sum(sender.round() for _ in range(6)) == 3
    assert len(service.received) == 2


@pytest.mark.parametrize("status", [400, 413, 301])
def test_a_message_that_is_refused_for_good_is_dropped(
    office: Office, service: PushService, status: int
) -> None:
    a_browser(office, service, UserAgent())
    notify(office)
    service.answers = [(status, {"Location": f"https://{service.host}/elsewhere"})]

    a_sender(office, service).round()

    assert (len(service.received), left(office)) == (1, 0)
    with office.database.reading() as store:
        assert len(store.pushes.browsers("ivan", KEY.public)) == 1


def test_old_news_are_not_sent_and_a_browser_of_another_key_is_forgotten(
    office: Office, service: PushService
) -> None:
    a_browser(office, service, UserAgent())
    notify(office)
    with office.database.writing() as store:
        assert store.pushes.prune(datetime.now(UTC) + timedelta(seconds=1)) == 1
    notify(office)

    a_sender(office, service, key=PushKey.new()).round()

    assert service.received == []
    with office.database.reading() as store:
        assert store.pushes.browsers("ivan", KEY.public) == []


def test_an_untrusted_certificate_gets_nothing(
    office: Office, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    a_browser(office, service, UserAgent())
    notify(office)

    a_sender(office, service).round()

    assert (service.received, left(office)) == ([], 1)


def test_a_message_is_leased_to_one_sender_only(office: Office, service: PushService) -> None:
    a_browser(office, service, UserAgent())
    notify(office)

    with office.database.writing() as store:
        assert len(store.pushes.lease(LEASE)) == 1
        assert store.pushes.lease(LEASE) == []

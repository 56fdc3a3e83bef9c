"""Addresses of push services that come from outside."""

import pytest

from db.domain.people.push import LONGEST_ENDPOINT, SERVICES, host_of, is_allowed, services_of


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("fcm.googleapis.com", "/fcm/send/dQw:APA91b-_x"),
        ("updates.push.services.mozilla.com", "/wpush/v2/gAAA"),
        ("web.push.apple.com", "/QGuQyavXutnMH"),
        ("wns2-par02p.notify.windows.com", "/w/?token=BQY%2f%3d"),
    ],
)
def test_the_services_of_known_browsers_are_allowed(host: str, path: str) -> None:
    assert host_of(f"https://{host}{path}") == host
    assert host_of(f"https://{host}:443{path}") == host
    assert is_allowed(host, SERVICES)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/wp/1",
        "https://fcm.googleapis.com",
        "https://user@fcm.googleapis.com/1",
        "https://fcm.googleapis.com\\@evil.example/1",
        "https://fcm.googleapis.com/\\evil",
        "https://fcm.googleapis.com /1",
        "https://fcm.googleapis.com/1\r\nX: y",
        "https://[::1]/1",
        "https://FCM.googleapis.com/1",
        "https://fcm.googleapis.com/" + "x" * LONGEST_ENDPOINT,
        "file:///etc/passwd",
        "",
    ],
)
def test_anything_but_a_plain_https_address_is_none(endpoint: str) -> None:
    assert host_of(endpoint) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "postgres",
        "169.254.169.254",
        "evilfcm.googleapis.com",
        "fcm.googleapis.com.evil.example",
        "googleapis.com",
        "fcm.googleapis.com:8443",
    ],
)
def test_other_hosts_and_ports_are_not_allowed(host: str) -> None:
    assert host_of(f"https://{host}/1") == host
    assert not is_allowed(host, SERVICES)


def test_an_administrator_names_services_with_their_port() -> None:
    services = services_of(" Push.Example , localhost:8443,")

    assert services == ["push.example", "localhost:8443"]
    assert is_allowed("eu.push.example", services)
    assert is_allowed("localhost:8443", services)
    assert not is_allowed("localhost", services)


@pytest.mark.parametrize("text", ["", ",", "https://push.example", "push.example/x", "*", ".ru"])
def test_a_list_without_hosts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fcm"):
        services_of(text)

"""Settings of notifications that browsers show, shared by API and worker."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from db.config.settings import Settings
from db.domain.people.push import SERVICES, services_of
from db.vapid import PushKey


def _key(text: SecretStr) -> SecretStr:
    """Raises: ValueError."""
    try:
        PushKey.parse(text.get_secret_value())
    except ValueError:
        raise ValueError(
            "нужен закрытый ключ VAPID: 43 знака base64url, новый печатает manage.py push-key"
        ) from None
    return text


def _services(text: str) -> str:
    """Raises: ValueError."""
    services_of(text)
    return text


class PushSettings(Settings):
    """Read from ``PUSH_*`` variables by API and worker."""

    push_private_key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        None, validation_alias="PUSH_PRIVATE_KEY"
    )
    """Private VAPID key of the company in base64url. Not set: no notifications by browsers, and
    pages do not offer them. With another key everybody has to switch them on anew."""
    push_services: Annotated[str, AfterValidator(_services)] = Field(
        ",".join(SERVICES), validation_alias="PUSH_SERVICES"
    )
    """Hosts of push services that notifications may be sent to, comma-separated: the host itself,
    its subdomains, and the port if it is not 443."""

    @property
    def push_key(self) -> PushKey | None:
        """The parsed `PUSH_PRIVATE_KEY`."""
        key = self.push_private_key
        return None if key is None else PushKey.parse(key.get_secret_value())

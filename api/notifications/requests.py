"""Request schemas of notifications."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.http.schema import RequestSchema
from db.domain.people.push import LONGEST_ENDPOINT, host_of
from db.vapid import decoded, point_of

AUTH_BYTES = 16


def _endpoint(text: str) -> str:
    """Raises: ValueError."""
    if host_of(text) is None:
        raise ValueError("нужен адрес https:// службы уведомлений")
    return text


def _public_key(text: str) -> str:
    """Raises: ValueError."""
    try:
        point_of(text)
    except ValueError:
        raise ValueError("нужен открытый ключ браузера") from None
    return text


def _auth(text: str) -> str:
    """Raises: ValueError."""
    try:
        known = len(decoded(text)) == AUTH_BYTES
    except ValueError:
        known = False
    if not known:
        raise ValueError("нужен секрет браузера")
    return text


class NewPreference(RequestSchema):
    """Channels of one kind of notifications: e-mail, bell and browsers."""

    mail: bool = Field(title="Присылать письмом")
    bell: bool = Field(title="Отмечать у колокольчика")
    push: bool = Field(title="Показывать браузером")


class NewBrowser(RequestSchema):
    """Subscription that a browser got from its push service."""

    endpoint: Annotated[str, Field(max_length=LONGEST_ENDPOINT), AfterValidator(_endpoint)] = Field(
        title="Адрес у службы уведомлений"
    )
    key: Annotated[str, Field(max_length=100), AfterValidator(_public_key)] = Field(
        title="Открытый ключ браузера"
    )
    auth: Annotated[str, Field(max_length=40), AfterValidator(_auth)] = Field(
        title="Секрет браузера"
    )


class ReadUpTo(RequestSchema):
    """The newest notification that the person has seen."""

    up_to: int = Field(title="Номер самого нового уведомления", ge=1, le=2**31 - 1)

"""Request schemas of notifications."""

from pydantic import Field

from api.http.schema import RequestSchema


class NewPreference(RequestSchema):
    """Channels of one kind of notifications: e-mail and bell."""

    mail: bool = Field(title="Присылать письмом")
    bell: bool = Field(title="Отмечать у колокольчика")


class ReadUpTo(RequestSchema):
    """The newest notification that the person has seen."""

    up_to: int = Field(title="Номер самого нового уведомления", ge=1, le=2**31 - 1)

"""Response schemas of liveness and readiness."""

from pydantic import Field

from api.http.schema import ResponseSchema


class Alive(ResponseSchema):
    """The process answers requests."""

    status: str = Field("alive", title="Состояние", examples=["alive"])


class Ready(ResponseSchema):
    """State of each component: "ok" or a short description of the trouble; the antivirus may be
    "off"."""

    status: str = Field(title="ready или notReady", examples=["ready"])
    database: str = Field(title="База данных", examples=["ok"])
    engine: str = Field(title="Движок процессов", examples=["ok"])
    worker: str = Field(title="Исполнители", examples=["ok"])
    antivirus: str = Field(title="Антивирус; off: файлы не проверяются", examples=["ok"])
    mail: str = Field(title="Письма; готовность от них не зависит", examples=["ok"])

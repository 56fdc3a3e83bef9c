"""Request schemas of user tasks."""

from pydantic import Field

from api.http.schema import Line, Login, RequestSchema


class Delegation(RequestSchema):
    """To whom a task is given, and why."""

    person: Login = Field(title="Кому", examples=["lawyer2"])
    reason: Line = Field(
        title="Причина", min_length=3, max_length=500, examples=["Уезжаю к клиенту"]
    )

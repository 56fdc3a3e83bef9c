"""Request schemas of a handover."""

from pydantic import Field

from api.http.schema import Line, Login, RequestSchema


class Handover(RequestSchema):
    """To whom everything of a person is given, and why."""

    to: Login = Field(title="Кому", examples=["manager2"])
    reason: Line = Field(title="Почему", min_length=1, examples=["Увольняется"])

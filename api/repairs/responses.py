"""Response schemas of repairs."""

from datetime import datetime

from pydantic import Field

from api.http.schema import ResponseSchema


class PartsOrderSchema(ResponseSchema):
    """Order of parts for a repair: a deal of «Запасные части»."""

    deal_id: str = Field(title="Номер сделки", examples=["D-2026-00007"])
    part: str | None = Field(title="Что заказано")
    stage: str = Field(title="Стадия", examples=["Подбор по схеме"])
    is_open: bool = Field(title="Ещё не выдано и не отменено")


class CostOfferSchema(ResponseSchema):
    """Offer of the cost that was sent to the client by e-mail; its link is known to nobody else."""

    created_at: datetime = Field(title="Отправлено")
    expires_at: datetime = Field(title="Действует до")
    is_open: bool = Field(title="Клиент ещё может ответить")
    answer: str | None = Field(title="Ответ клиента: agreed или clientRefused")
    answered_at: datetime | None = Field(title="Когда ответил")

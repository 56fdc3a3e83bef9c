"""Response schemas of the board."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from api.deals.responses import DealLine
from api.http.schema import Named, PersonSchema, ResponseSchema


class CardTask(ResponseSchema):
    """An open task of a deal, as its card shows it."""

    id: str = Field(title="Номер задачи")
    name: str = Field(title="Задача", examples=["Собрать документы"])
    due_at: datetime | None = Field(title="Срок")
    person: PersonSchema | None = Field(title="У кого")
    group: Named | None = Field(title="Чью группу ждёт, пока никто не взял")
    mine: bool = Field(title="Задача ваша")


class DealCard(DealLine):
    """A deal on the board."""

    tasks: list[CardTask] = Field(title="Открытые задачи")


class CardPage(ResponseSchema):
    """A page of one column, those that came to the stage last first."""

    cards: list[DealCard] = Field(title="Карточки")
    next: str | None = Field(title="Адрес следующей страницы")


class BoardColumn(CardPage):
    """A stage with its totals and its first cards."""

    stage: Named = Field(title="Стадия")
    moves: list[str] = Field(title="Стадии, на которые отсюда переводят вручную")
    count: int = Field(title="Открытых сделок")
    amount: Decimal = Field(title="Сумма сделок", examples=["1500000.00"])
    amount_text: str = Field(title="Сумма для чтения", examples=["1 500 000 ₽"])


class ClosingStage(Named):
    """A stage that closes a deal."""

    outcome: str = Field(title="Исход: won, lost")


class BoardSchema(ResponseSchema):
    """The open deals of a direction that the caller may read."""

    direction: Named = Field(title="Направление")
    managers: Named = Field(title="Роль, которая ведёт сделки")
    amount_label: str | None = Field(title="Какое поле считается суммой", examples=["Лимит"])
    columns: list[BoardColumn] = Field(title="Стадии по порядку")
    closing: list[ClosingStage] = Field(title="Закрывающие стадии")
    tasks_known: bool = Field(title="Движок ответил: задачи на карточках полные")

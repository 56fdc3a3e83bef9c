"""Response schemas of approval rounds, decisions and the reliability check."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.http.schema import PersonSchema, ResponseSchema


class ChangedField(ResponseSchema):
    """A changed field with its old and new value as readable text."""

    code: str = Field(title="Код поля", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    old: str = Field(title="Было", examples=["500 000 ₽"])
    new: str = Field(title="Стало", examples=["300 000 ₽"])


class OfferedField(ChangedField):
    """A field of a counter-offer; the form writes ``value`` to the deal when it is accepted."""

    value: Any = Field(title="Предложенное значение", examples=["300000.00"])


class AnswerFieldSchema(ResponseSchema):
    """A field of a decision, to be filled by the approver."""

    code: str = Field(title="Код", examples=["demand"])
    label: str = Field(title="Подпись", examples=["Спрос, штук в месяц"])
    kind: str = Field(title="Тип значения", examples=["integer"])
    list: str | None = Field(title="Список")
    hint: str = Field(title="Подсказка")


class AnswerSchema(ResponseSchema):
    """An answer of an approver."""

    code: str = Field(title="Код", examples=["demand"])
    label: str = Field(title="Подпись", examples=["Спрос, штук в месяц"])
    text: str = Field(title="Ответ", examples=["40"])


class StepSchema(ResponseSchema, title="StepShape"):
    """A step of the approval chain."""

    code: str = Field(title="Код шага", examples=["head"])
    name: str = Field(title="Шаг", examples=["Согласование условий"])
    role: str = Field(title="Роль", examples=["salesHeads"])
    role_name: str = Field(title="Название роли", examples=["Руководитель отдела продаж"])
    edits: list[str] = Field(title="Поля, которые согласующий может изменить")
    answers: list[AnswerFieldSchema] = Field(title="Поля решения, нужные для согласования")
    parallel: str | None = Field(
        title="Группа шагов, которые решают одновременно, не видя решений друг друга"
    )


class DecisionSchema(ResponseSchema, title="DecisionShape"):
    """The decision of one person in one task."""

    step: str = Field(title="Код шага", examples=["head"])
    step_name: str = Field(title="Шаг")
    role: str = Field(title="Роль")
    role_name: str = Field(title="Название роли")
    person: PersonSchema = Field(title="Кто решил")
    outcome: str = Field(title="Решение: approved, rejected", examples=["rejected"])
    comment: str = Field(title="Комментарий")
    at: datetime = Field(title="Когда")
    changed: list[ChangedField] = Field(title="Правки согласующего")
    answers: list[AnswerSchema] = Field(title="Ответы согласующего")


class RejectionSchema(DecisionSchema, title="RejectionShape"):
    """A rejection with its counter-offer."""

    offer: list[OfferedField] = Field(title="Встречное предложение")


class RoundSchema(ResponseSchema, title="RoundShape"):
    """One pass through the approval chain."""

    number: int = Field(title="Номер круга", examples=[1])
    state: str = Field(title="Состояние: open, approved, rejected, withdrawn")
    opened_at: datetime = Field(title="Начат")
    closed_at: datetime | None = Field(title="Завершён")
    decisions: list[DecisionSchema] = Field(title="Решения по порядку")


class ApprovalSchema(ResponseSchema, title="ApprovalShape"):
    """All approval rounds of a deal, with the changes since the last one and its rejection."""

    round: int | None = Field(title="Открытый круг")
    steps: list[StepSchema] = Field(title="Шаги согласования")
    rounds: list[RoundSchema] = Field(title="Круги согласования")
    changed_since_last_round: list[ChangedField] = Field(title="Изменено с прошлого круга")
    rejection: RejectionSchema | None = Field(title="Последний отказ")
    rejections: list[RejectionSchema] = Field(title="Все отказы последнего круга")


class ReliabilitySchema(ResponseSchema, title="ReliabilityShape"):
    """The reliability check of the client, to which decisions refer."""

    verdict: str = Field(title="Результат проверки, код")
    verdict_text: str = Field(title="Результат проверки")
    source: str | None = Field(title="Источник проверки")
    comment: str | None = Field(title="Комментарий к проверке")
    checked_by: PersonSchema | None = Field(title="Кто проверил")
    checked_at: str | None = Field(title="Дата проверки", examples=["2026-11-23"])

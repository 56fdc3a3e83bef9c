"""Response schemas of the processes of a deal."""

from datetime import datetime

from pydantic import Field

from api.http.schema import PersonSchema, ResponseSchema


class ProcessLine(ResponseSchema):
    """A process instance of a deal."""

    id: str = Field(title="Номер экземпляра процесса")
    process: str = Field(title="Процесс", examples=["new-client"])
    name: str = Field(title="Название", examples=["Новый клиент"])
    started_at: datetime = Field(title="Начат")
    ended_at: datetime | None = Field(title="Закончен")
    state: str = Field(title="Состояние: running, completed, canceled", examples=["running"])
    caller_id: str | None = Field(title="Экземпляр, который его вызвал")


class ProcessList(ResponseSchema):
    """Processes of a deal, the latest first."""

    items: list[ProcessLine] = Field(title="Процессы")


class ProcessStep(ResponseSchema):
    """One visit of a process to a step."""

    activity: str = Field(title="Элемент схемы", examples=["Task_ApproveTerms"])
    name: str = Field(title="Шаг", examples=["Согласовать условия"])
    started_at: datetime = Field(title="Начат")
    ended_at: datetime | None = Field(title="Закончен")
    canceled: bool = Field(title="Прерван")
    person: PersonSchema | None = Field(title="Кто выполнял")
    called_id: str | None = Field(title="Экземпляр процесса, который шаг вызвал")


class ProcessPicture(ProcessLine):
    """A process on its diagram: the deal's position and what happened."""

    svg: str = Field(title="Схема с отметками, документ SVG")
    steps: list[ProcessStep] = Field(title="Пройденные и текущие шаги по порядку")
    complete: bool = Field(title="Шаги с самого начала, а не только последние")

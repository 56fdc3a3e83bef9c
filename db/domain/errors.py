"""Errors of the domain: refusals of a business rule and outages of outside systems.

`Refusal`: the business rule refuses. The API answers with a problem (statuses in
`api.http.problems`), a worker reports a BPMN error with `code`. The message is a Russian sentence
for the person who must act; attributes and `details` carry the data.
`Unavailable`: an outside system does not answer. The API answers 503, a worker retries later.
Anything else is a bug: the API answers 500, a worker reports an incident at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar


class Refusal(Exception):
    """A business rule refuses the action; retrying it unchanged will not help."""

    code: ClassVar[str] = "REFUSED"
    sentence: ClassVar[str] = ""
    """Default message."""

    def __init__(self, sentence: str = "", **details: Any) -> None:
        """``details``: machine-readable data of the refusal, JSON types only."""
        super().__init__(sentence or self.sentence)
        self.details: Mapping[str, Any] = details


class DealNotFound(Refusal):
    """The deal does not exist, or the caller has no access to it."""

    code = "DEAL_NOT_FOUND"

    def __init__(self, deal_id: str) -> None:
        super().__init__(f"Сделка {deal_id} не найдена или у вас нет к ней доступа.")
        self.deal_id = deal_id


class AccessDenied(Refusal):
    """The caller lacks the permission."""

    code = "ACCESS_DENIED"
    sentence = "Недостаточно прав для этого действия."


@dataclass(frozen=True)
class FieldProblem:
    """One invalid value: field, Russian label, what is wrong and how to fix it."""

    field: str
    label: str
    message: str


class FieldsInvalid(Refusal):
    """Values of one or more fields are invalid; all of them are reported."""

    code = "FIELDS_INVALID"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        listing = "; ".join(f"«{p.label}»: {p.message}" for p in problems)
        errors = [{"field": p.field, "label": p.label, "message": p.message} for p in problems]
        super().__init__(f"Исправьте поля и сохраните ещё раз. {listing}", errors=errors)
        self.problems = tuple(problems)


class FieldsMissing(Refusal):
    """Fields that the stage requires are empty."""

    code = "FIELDS_MISSING"

    def __init__(self, stage: str, missing: Sequence[tuple[tuple[str, ...], str]]) -> None:
        """``missing``: pairs of alternative field codes and their joined label."""
        names = "; ".join(label for _, label in missing)
        super().__init__(
            f"Перед стадией «{stage}» заполните: {names}.",
            missing=[{"fields": list(fields), "label": label} for fields, label in missing],
        )


class FieldsLocked(Refusal):
    """Fields cannot be edited at the deal's stage."""

    code = "FIELDS_LOCKED"

    def __init__(self, stage: str, labels: Sequence[str], fields: Sequence[str]) -> None:
        super().__init__(
            f"На стадии «{stage}» нельзя менять: {', '.join(labels)}. "
            "Дождитесь окончания согласования или верните сделку на предыдущую стадию.",
            fields=list(fields),
        )


class StageUnknown(Refusal):
    """The direction has no such stage."""

    code = "STAGE_UNKNOWN"

    def __init__(self, direction: str, stage: str) -> None:
        super().__init__(f"В направлении «{direction}» нет стадии «{stage}».")


class StageNotAllowed(Refusal):
    """The stage cannot follow the current one."""

    code = "STAGE_NOT_ALLOWED"

    def __init__(self, current: str, wanted: str, allowed: Sequence[tuple[str, str]]) -> None:
        """``allowed``: pairs of stage code and Russian name that may be chosen now."""
        names = ", ".join(f"«{name}»" for _, name in allowed) or "нет (ждём шаг процесса)"
        super().__init__(
            f"Со стадии «{current}» нельзя перейти на «{wanted}». Доступные стадии: {names}.",
            allowed=[{"code": code, "name": name} for code, name in allowed],
        )


class DealChanged(Refusal):
    """Optimistic locking: the deal has a newer version."""

    code = "DEAL_CHANGED"

    def __init__(self, seen: int, current: int, changed: Sequence[str] = ()) -> None:
        what = f" Изменено: {', '.join(changed)}." if changed else ""
        super().__init__(
            f"Пока вы работали, сделку изменили (версия {seen} → {current}).{what} "
            "Обновите карточку и повторите.",
            seen=seen,
            current=current,
            changed=list(changed),
        )


class DealClosed(Refusal):
    """The deal is won or lost and cannot be changed."""

    code = "DEAL_CLOSED"

    def __init__(self, deal_id: str) -> None:
        super().__init__(f"Сделка {deal_id} уже закрыта, изменить её нельзя.")


class NoTemporaryTerms(Refusal):
    """The deal has no agreed temporary terms in force."""

    code = "NO_TEMPORARY_TERMS"

    def __init__(self, deal_id: str) -> None:
        super().__init__(
            f"В сделке {deal_id} нет действующих временных условий: они не заданы, ещё не "
            "согласованы или уже закончились. Период предложенных условий меняют в карточке."
        )


class ReasonMissing(Refusal):
    """A deal is lost without a reason from the list."""

    code = "REASON_MISSING"
    sentence = "Выберите причину проигрыша из списка."


class DecisionMissing(Refusal):
    """An approval task was completed without a decision."""

    code = "DECISION_MISSING"
    sentence = "Решение не выбрано: нажмите «Согласовать» или «Отклонить»."


class CommentMissing(Refusal):
    """A rejection or return was sent without its reason."""

    code = "COMMENT_MISSING"
    sentence = "Укажите причину отказа: её увидит менеджер сделки."


class AnswerMissing(Refusal):
    """A task was completed without one of its answers."""

    code = "ANSWER_MISSING"
    sentence = "Действие не выбрано: нажмите одну из кнопок под карточкой."


class RepairNotWaiting(Refusal):
    """Parts are ordered for a deal that is no repair waiting for parts."""

    code = "REPAIR_NOT_WAITING"
    sentence = "Запчасти заказывают, когда ремонт на стадии «Ожидание запчастей»."


class CostNotAsked(Refusal):
    """A cost is offered for a deal that is no repair whose cost is to be agreed."""

    code = "COST_NOT_ASKED"
    sentence = "Стоимость отправляют, когда ремонт на стадии «Согласование стоимости»."


class LinksUnavailable(Refusal):
    """A link cannot be sent because the public address of the site is not configured."""

    code = "LINKS_UNAVAILABLE"
    sentence = (
        "Письмо со ссылкой не отправить: адрес сайта не настроен. Позвоните клиенту или попросите "
        "администратора задать API_PUBLIC_URL."
    )


class IdentityUnchecked(Refusal):
    """Goods were handed out without a check of the recipient."""

    code = "IDENTITY_UNCHECKED"
    sentence = "Проверьте доверенность или паспорт получателя и отметьте это, затем выдайте заказ."


class FourEyes(Refusal):
    """An approver decides about a deal of their own."""

    code = "FOUR_EYES"
    sentence = "Нельзя согласовать собственную сделку. Передайте задачу другому согласующему."


class NumberMissing(Refusal):
    """The number of a document of 1C is empty."""

    code = "NUMBER_MISSING"

    def __init__(self, what: str = "договора") -> None:
        super().__init__(f"Введите номер {what} из 1С.")


class NumberRefused(Refusal):
    """1C does not confirm the number; ``kind`` is the reason."""

    code = "ONEC_NUMBER_REFUSED"

    def __init__(
        self,
        kind: str,
        sentence: str,
        candidates: Sequence[Mapping[str, Any]] = (),
        searched: Mapping[str, Any] | None = None,
    ) -> None:
        """``candidates``: rows of 1C to choose from; ``searched``: the search conditions."""
        super().__init__(
            sentence,
            kind=kind,
            searched=None if searched is None else dict(searched),
            candidates=[dict(candidate) for candidate in candidates],
        )
        self.kind, self.candidates, self.searched = kind, tuple(candidates), searched


class DocumentMissing(Refusal):
    """The document that the task requires is not uploaded."""

    code = "DOCUMENT_MISSING"

    def __init__(self, label: str) -> None:
        super().__init__(f"Приложите файл «{label}» и завершите задачу ещё раз.")


class ListItemNotFound(Refusal):
    """The universal list has no such item."""

    code = "LIST_ITEM_NOT_FOUND"

    def __init__(self, list_code: str, item: str) -> None:
        super().__init__(f"В списке «{list_code}» нет значения «{item}».")


class ListItemInUse(Refusal):
    """A list item that deals refer to cannot be deleted."""

    code = "LIST_ITEM_IN_USE"

    def __init__(self, item: str, deals: int) -> None:
        super().__init__(
            f"Значение «{item}» удалить нельзя. Сделок, где оно стоит или стояло: {deals}. "
            "Снимите отметку «Действует», и его больше не выберут.",
            deals=deals,
        )


class ListItemChanged(Refusal):
    """The item has another version; ``current`` is None if it was deleted."""

    code = "LIST_ITEM_CHANGED"

    def __init__(self, item: str, current: str | None) -> None:
        if current is None:
            sentence = f"Пока вы работали, значение «{item}» удалили. Обновите список."
        else:
            sentence = (
                f"Пока вы работали, значение «{item}» изменили. Ваши правки не записаны, чтобы не "
                "стереть чужие: откройте то, что записано сейчас, и внесите правки ещё раз."
            )
        super().__init__(sentence, current=current)
        self.current = current


class ListItemExists(Refusal):
    """The code of a new list item is taken."""

    code = "LIST_ITEM_EXISTS"

    def __init__(self, code: str, item: str) -> None:
        super().__init__(
            f"Код «{code}» уже занят значением «{item}». Выберите для нового значения другой код "
            "или измените то, что есть.",
            errors=[{"field": "code", "label": "Код", "message": "Такой код уже есть."}],
        )


class AbsenceNotFound(Refusal):
    """The absence does not exist."""

    code = "ABSENCE_NOT_FOUND"
    sentence = "Такого отсутствия нет, обновите список."


class MailNotFound(Refusal):
    """The e-mail does not exist."""

    code = "MAIL_NOT_FOUND"
    sentence = "Такого письма нет, обновите список."


class MailSent(Refusal):
    """A sent e-mail cannot be sent again."""

    code = "MAIL_SENT"
    sentence = "Письмо уже отправлено. Повторить можно только то, что не ушло."


class FileRefused(Refusal):
    """An uploaded file is not accepted."""

    code = "FILE_REFUSED"


class FileTooLarge(FileRefused):
    """An uploaded file exceeds a size limit."""

    code = "FILE_TOO_LARGE"


class Unavailable(Exception):
    """An outside system is temporarily unavailable; the same call may succeed after
    ``retry_after``.
    """

    def __init__(self, reason: str, *, retry_after: timedelta = timedelta(minutes=1)) -> None:
        super().__init__(reason)
        self.retry_after = retry_after

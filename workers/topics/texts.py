"""What steps say to people: notifications, letters, refusals of 1C. Russian."""

from dataclasses import dataclass

from workers.gateways.onec.port import (
    Ambiguous,
    Contract,
    ContractAnswer,
    Difference,
    MarkedDeleted,
    Mismatch,
    NotFound,
)


@dataclass(frozen=True)
class Template:
    """A notification; the same words with ``subject`` go by mail. Filled with `Words`."""

    code: str
    subject: str
    text: str
    once_per: str
    """round or move: how often the same person may hear of it."""


@dataclass(frozen=True)
class Words:
    """What templates may speak of."""

    deal: str
    client: str
    direction: str
    stage: str
    manager: str
    round: int
    refusal: str = ""
    """Who refused and why; blank unless the last round was refused."""


TEMPLATES = {
    template.code: template
    for template in (
        Template(
            "termsAgreed",
            "Условия согласованы: {deal}",
            "Условия по сделке {deal} согласованы, договор приложен. Свяжитесь с клиентом и "
            "выставьте счёт: ваша задача «Вести клиента» уже в списке.",
            "round",
        ),
        Template(
            "termsRejected",
            "Условия отклонены: {deal}",
            "Условия по сделке {deal} отклонены. {refusal} Пересогласуйте условия с клиентом "
            "или закройте сделку с причиной: задача «Пересогласовать условия» уже в списке.",
            "round",
        ),
        Template(
            "overdue",
            "Просрочена сделка {deal}",
            "Сделка {deal} слишком долго на стадии «{stage}», срок прошёл. Менеджер: {manager}. "
            "Помогите менеджеру или передайте сделку другому.",
            "move",
        ),
    )
}


def nobody_for(role: str, group: str, why: str, deal: str) -> str:
    return (
        f"Для сделки {deal} нет сотрудника роли «{role}» ({why}): задачу видит вся группа "
        f"«{group}». Исправьте список «Направления отгрузки» или укажите замещение."
    )


def task_passed_to_you(task: str) -> str:
    """``task``: its name, which in our diagrams ends with the deal's."""
    return f"Вам передана задача «{task}»."


def task_passed_on(task: str, left: str, to: str | None, group: str | None) -> str:
    where = f"её получает {to}" if to else f"её видит вся группа «{group}»"
    return (
        f"Задача «{task}» была у сотрудника {left}, который больше не работает в этой роли: "
        f"{where}. Исправьте список «Направления отгрузки»."
    )


def nobody_to_tell(role: str, deal: str) -> str:
    return (
        f"По сделке {deal} некого уведомить: в роли «{role}» нет сотрудников. "
        "Добавьте сотрудника в группу."
    )


def outbox_stuck(deal: str, minutes: int) -> str:
    return (
        f"Процесс по сделке {deal} не получает сообщение уже {minutes} мин. Попытки продолжаются. "
        "Проверьте, работает ли движок процессов и нет ли инцидентов по сделке."
    )


def mail_refused(subject: str) -> str:
    return (
        f"Письмо «{subject}» не принято почтовым сервером. Проверьте адрес получателя и настройки "
        "почты, затем отправьте письмо ещё раз."
    )


FAILURE_SUBJECT = "Сбой в сделке {deal}"


def step_stopped(step: str, deal: str) -> str:
    return (
        f"По сделке {deal} остановился шаг «{step}», сам он больше не повторится. Устраните "
        "причину и повторите шаг: задача «Разобрать сбой» уже в списке."
    )


def stray_stopped(step: str, process: str) -> str:
    return (
        f"Остановился шаг «{step}» процесса «{process}», который не связан ни с одной сделкой. "
        "Разберите или удалите его в Cockpit."
    )


def retried_note(comment: str) -> str:
    return f"Разбор сбоя: {comment}"


def returned_note(comment: str) -> str:
    return f"Оператор 1С вернул реквизиты на исправление: {comment}"


def number_refusal(number: str, answer: ContractAnswer) -> str:
    """Why 1C does not confirm the number, and what the operator can do."""
    match answer:
        case NotFound(searched, near):
            if not searched.counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {searched.inn}. Заведите контрагента и договор, "
                    "затем введите номер ещё раз."
                )
            hint = f" Похожие договоры клиента: {_listed(near)}." if near else ""
            return f"В 1С у этого клиента нет договора № {number}.{hint} Проверьте номер."
        case Ambiguous(candidates):
            return (
                f"Под номером {number} в 1С несколько договоров клиента: {_listed(candidates)}. "
                "Введите номер точно как в 1С."
            )
        case Mismatch(_, differences):
            what = "; ".join(_difference(one) for one in differences)
            return (
                f"Договор № {number} в 1С не подходит к сделке: {what}. "
                "Исправьте в 1С или верните карточку менеджеру."
            )
        case MarkedDeleted(what, _, alternative):
            name = "Договор" if what == "contract" else "Контрагент"
            hint = f" Возможно, нужен {_named(alternative)}." if alternative else ""
            return f"{name} по номеру {number} помечен в 1С на удаление.{hint} Проверьте номер."
    return f"1С не подтвердила номер {number}. Проверьте номер и попробуйте ещё раз."


REQUISITES = {
    "inn": "ИНН",
    "kpp": "КПП",
    "organisation": "организация",
    "date": "дата договора",
}


def _difference(one: Difference) -> str:
    return f"{REQUISITES[one.field]}: ожидали «{one.expected}», в 1С «{one.found or 'пусто'}»"


def _listed(contracts: tuple[Contract, ...]) -> str:
    return ", ".join(_named(contract) for contract in contracts[:5])


def _named(row: object) -> str:
    if isinstance(row, Contract):
        since = f" от {row.date:%d.%m.%Y}" if row.date else ""
        return f"№ {row.number}{since}"
    return f"«{getattr(row, 'name', '')}»"

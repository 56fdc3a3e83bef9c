"""What steps say to people: notifications and letters. Russian."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A notification; the same words with ``subject`` go by mail. Filled with `Words`."""

    code: str
    subject: str
    text: str
    once_per: str
    """round, move or try (one way of delivery): how often the same person may hear of it."""


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
        Template(
            "orderReturned",
            "Оператор вернул заказ: {deal}",
            "Оператор 1С не может отгрузить заказ по сделке {deal} и написал почему: причина в "
            "заметках сделки. Задача «Вести клиента» уже в списке.",
            "move",
        ),
        Template(
            "onecSilent",
            "1С не отвечает, ждёт номер: {deal}",
            "Номер из 1С по сделке {deal} введён, но 1С давно не отвечает. Проверьте связь с 1С "
            "и решите, ждать ли дальше: задача «Принять решение без 1С» уже в списке.",
            "move",
        ),
        Template(
            "pickupWaits",
            "Клиент не забирает заказ: {deal}",
            "Заказ по сделке {deal} собран и ждёт клиента {client} на складе. Позвоните клиенту и "
            "договоритесь, когда он приедет.",
            "try",
        ),
        Template(
            "deliveryStatus",
            "Нет подтверждения доставки: {deal}",
            "Заказ по сделке {deal} передан курьеру или почте, но получение не подтверждено. "
            "Узнайте статус по трек-номеру в карточке сделки.",
            "try",
        ),
        Template(
            "shipped",
            "Заказ отгружен: {deal}",
            "Заказ по сделке {deal} дошёл до клиента {client}. Стадия сделки: «{stage}».",
            "move",
        ),
        Template(
            "temporaryTermsEnded",
            "Временные условия закончились: {deal}",
            "По сделке {deal} закончился период временных условий: временная группа наценки и "
            "временный лимит сняты, действуют обычные. Предупредите клиента.",
            "round",
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


def task_passed_on(task: str, left: str, to: str | None, group: str | None, *, listed: bool) -> str:
    """``listed``: a list names the person who left, and must be mended."""
    where = f"её получает {to}" if to else f"её видит вся группа «{group}»"
    return (
        f"Задача «{task}» была у сотрудника {left}, который больше не работает в этой роли: "
        f"{where}.{' Исправьте список «Направления отгрузки».' if listed else ''}"
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
        f"Письмо «{subject}» не принято почтовым сервером. Исправьте адрес получателя в его "
        "учётной записи и отправьте письмо ещё раз: manage.py mails --resend."
    )


def mails_wait(why: str) -> str:
    return (
        f"Письма не уходят больше часа и ждут. {why} Исправленные настройки действуют после "
        "перезапуска исполнителей; отправить сразу: manage.py mails --resend."
    )


FAILURE_SUBJECT = "Сбой в сделке {deal}"


def step_stopped(step: str, deal: str) -> str:
    return (
        f"По сделке {deal} остановился шаг «{step}», сам он больше не повторится. Устраните "
        "причину и повторите шаг: задача «Разобрать сбой» уже в списке."
    )


def side_not_started(deal: str, process: str) -> str:
    return (
        f"По сделке {deal} движок не принимает процесс «{process}». Попытки продолжаются. "
        "Проверьте, развёрнута ли схема процесса, и журнал исполнителей."
    )


ONEC_CHANGED_SUBJECT = "Изменения в 1С: {deal}"


def onec_changed(deal: str, differences: str) -> str:
    return f"По сделке {deal} в 1С не то, что было. {differences} Сверьте документы сделки."


def difference_accepted(comment: str) -> str:
    return f"Расхождение с 1С принято: {comment}"


def difference_gone(comment: str) -> str:
    return f"Расхождения с 1С больше нет, принимать нечего. Комментарий: {comment}"


DIFFERENCE_CHANGED = (
    "Пока вы отвечали, в 1С изменилось ещё что-то. Принимается только то, что показано: прочитайте "
    "расхождение заново и ответьте ещё раз."
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


def unusual_number_note(number: str, warnings: Sequence[str]) -> str:
    return f"Номер {number} принят, но проверьте: {'; '.join(warnings)}."


def order_returned_note(comment: str) -> str:
    return f"Оператор 1С вернул заказ менеджеру: {comment}"

"""Russian texts of notifications, e-mails and notes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NotificationTemplate:
    """Subject and text of a notification and its e-mail, with placeholders of `TemplateValues`."""

    code: str
    subject: str
    text: str
    once_per: str
    """A person gets it once per approval round, stage move (move) or delivery attempt (try)."""


@dataclass(frozen=True)
class TemplateValues:
    """Values for the placeholders of the templates."""

    deal: str
    client: str
    direction: str
    stage: str
    manager: str
    round: int
    refusal: str = ""
    """Who rejected the latest round, and their comments; empty unless it was rejected."""


TEMPLATES = {
    template.code: template
    for template in (
        NotificationTemplate(
            "termsAgreed",
            "Условия согласованы: {deal}",
            "Условия по сделке {deal} согласованы, договор приложен. Свяжитесь с клиентом и "
            "выставьте счёт: ваша задача «Вести клиента» уже в списке.",
            "round",
        ),
        NotificationTemplate(
            "termsRejected",
            "Условия отклонены: {deal}",
            "Условия по сделке {deal} отклонены. {refusal} Пересогласуйте условия с клиентом "
            "или закройте сделку с причиной: задача «Пересогласовать условия» уже в списке.",
            "round",
        ),
        NotificationTemplate(
            "approvalGranted",
            "Согласовано: {deal}",
            "Сделка {deal} согласована, круг {round}. Стадия сделки: «{stage}».",
            "round",
        ),
        NotificationTemplate(
            "approvalRefused",
            "Не согласовано: {deal}",
            "Сделка {deal} не согласована, круг {round}. {refusal} Исправьте карточку и подайте "
            "её снова или закройте сделку с причиной: ваша задача уже в списке.",
            "round",
        ),
        NotificationTemplate(
            "overdue",
            "Просрочена сделка {deal}",
            "Сделка {deal} слишком долго на стадии «{stage}», срок прошёл. Менеджер: {manager}. "
            "Помогите менеджеру или передайте сделку другому.",
            "move",
        ),
        NotificationTemplate(
            "orderReturned",
            "Оператор вернул заказ: {deal}",
            "Оператор 1С не может отгрузить заказ по сделке {deal} и написал почему: причина в "
            "заметках сделки. Задача «Вести клиента» уже в списке.",
            "move",
        ),
        NotificationTemplate(
            "onecSilent",
            "1С не отвечает, ждёт номер: {deal}",
            "Номер из 1С по сделке {deal} введён, но 1С давно не отвечает. Проверьте связь с 1С "
            "и решите, ждать ли дальше: задача «Принять решение без 1С» уже в списке.",
            "move",
        ),
        NotificationTemplate(
            "pickupWaits",
            "Клиент не забирает заказ: {deal}",
            "Заказ по сделке {deal} собран и ждёт клиента {client} на складе. Позвоните клиенту и "
            "договоритесь, когда он приедет.",
            "try",
        ),
        NotificationTemplate(
            "deliveryStatus",
            "Нет подтверждения доставки: {deal}",
            "Заказ по сделке {deal} передан курьеру или почте, но получение не подтверждено. "
            "Узнайте статус по трек-номеру в карточке сделки.",
            "try",
        ),
        NotificationTemplate(
            "shipped",
            "Заказ отгружен: {deal}",
            "Заказ по сделке {deal} дошёл до клиента {client}. Стадия сделки: «{stage}».",
            "move",
        ),
        NotificationTemplate(
            "equipmentWaits",
            "Клиент не забирает технику: {deal}",
            "Техника по обращению {deal} неделю ждёт клиента {client}. Позвоните и договоритесь, "
            "когда он приедет.",
            "try",
        ),
        NotificationTemplate(
            "equipmentAbandoned",
            "Техника на хранении больше месяца: {deal}",
            "Техника по обращению {deal} ждёт клиента {client} больше месяца. Отправьте ему "
            "письменное уведомление о хранении и приложите копию к обращению.",
            "try",
        ),
        NotificationTemplate(
            "temporaryTermsEnded",
            "Временные условия закончились: {deal}",
            "По сделке {deal} закончился период временных условий: временная группа наценки и "
            "временный лимит сняты, действуют обычные. Предупредите клиента.",
            "round",
        ),
    )
}


def no_assignee(role: str, group: str, why: str, deal: str, listed_in: str) -> str:
    """Return the alert that a task of a role has no assignee and stays with its group."""
    return (
        f"Для сделки {deal} нет сотрудника роли «{role}» ({why}): задачу видит вся группа "
        f"«{group}». Исправьте список «{listed_in}» или укажите замещение."
    )


def task_assigned_to_you(task: str) -> str:
    """Return the text for the new assignee; ``task``: its name, which contains the deal's title."""
    return f"Вам передана задача «{task}»."


def task_reassigned(
    task: str, left: str, to: str | None, group: str | None, *, listed_in: str | None
) -> str:
    """Return the text for administrators; ``listed_in``: name of a list that names ``left``."""
    where = f"её получает {to}" if to else f"её видит вся группа «{group}»"
    return (
        f"Задача «{task}» была у сотрудника {left}, который больше не работает в этой роли: "
        f"{where}.{f' Исправьте список «{listed_in}».' if listed_in else ''}"
    )


def no_recipients(role: str, deal: str) -> str:
    """Return the alert that nobody was notified, because the role has no members."""
    return (
        f"По сделке {deal} некого уведомить: в роли «{role}» нет сотрудников. "
        "Добавьте сотрудника в группу."
    )


def outbox_stuck(deal: str, minutes: int) -> str:
    """Return the alert that the engine still does not accept a message from the outbox."""
    return (
        f"Процесс по сделке {deal} не получает сообщение уже {minutes} мин. Попытки продолжаются. "
        "Проверьте, работает ли движок процессов и нет ли инцидентов по сделке."
    )


def mail_refused(subject: str) -> str:
    """Return the alert that the mail server rejected an e-mail."""
    return (
        f"Письмо «{subject}» не принято почтовым сервером. Исправьте адрес получателя в его "
        "учётной записи и отправьте письмо ещё раз: manage.py mails --resend."
    )


def mails_waiting(why: str) -> str:
    """Return the alert that no e-mail can be sent; all of them wait."""
    return (
        f"Письма не уходят больше часа и ждут. {why} Исправленные настройки действуют после "
        "перезапуска исполнителей; отправить сразу: manage.py mails --resend."
    )


FAILURE_SUBJECT = "Сбой в сделке {deal}"


def step_failed(step: str, deal: str) -> str:
    """Return the alert that a step of a deal's process has an incident."""
    return (
        f"По сделке {deal} остановился шаг «{step}», сам он больше не повторится. Устраните "
        "причину и повторите шаг: задача «Разобрать сбой» уже в списке."
    )


def side_process_refused(deal: str, process: str) -> str:
    """Return the alert that the engine refuses to start a side process."""
    return (
        f"По сделке {deal} движок не принимает процесс «{process}». Попытки продолжаются. "
        "Проверьте, развёрнута ли схема процесса, и журнал исполнителей."
    )


ONEC_CHANGED_SUBJECT = "Изменения в 1С: {deal}"


def onec_changed(deal: str, differences: str) -> str:
    """Return the text for the manager about a change in 1C."""
    return f"По сделке {deal} в 1С не то, что было. {differences} Сверьте документы сделки."


def difference_accepted(comment: str) -> str:
    """Return the note that a discrepancy with 1C was accepted."""
    return f"Расхождение с 1С принято: {comment}"


def difference_gone(comment: str) -> str:
    """Return the note that a discrepancy with 1C disappeared before it was accepted."""
    return f"Расхождения с 1С больше нет, принимать нечего. Комментарий: {comment}"


DIFFERENCE_CHANGED = (
    "Пока вы отвечали, в 1С изменилось ещё что-то. Принимается только то, что показано: прочитайте "
    "расхождение заново и ответьте ещё раз."
)


def stray_step_failed(step: str, process: str) -> str:
    """Return the alert about an incident of a process without a deal."""
    return (
        f"Остановился шаг «{step}» процесса «{process}», который не связан ни с одной сделкой. "
        "Разберите или удалите его в Cockpit."
    )


def retried_note(comment: str) -> str:
    """Return the note with which an administrator retries a failed step."""
    return f"Разбор сбоя: {comment}"


def returned_note(comment: str) -> str:
    """Return the note with which the 1C operator returns the requisites for correction."""
    return f"Оператор 1С вернул реквизиты на исправление: {comment}"


def unusual_number_note(number: str, warnings: Sequence[str]) -> str:
    """Return the note that a number was accepted with warnings."""
    return f"Номер {number} принят, но проверьте: {'; '.join(warnings)}."


def order_returned_note(comment: str) -> str:
    """Return the note with which the 1C operator returns the order to the manager."""
    return f"Оператор 1С вернул заказ менеджеру: {comment}"


REPAIR_STEPS = {
    "diagnosis": "Диагностика",
    "warranty": "Гарантийное решение",
    "cost": "Согласование стоимости",
    "repair": "Ремонт",
    "check": "Проверка",
    "handover": "Выдача",
}


def repair_note(step: str, comment: str) -> str:
    """Return the note with which somebody explains an answer in a repair."""
    return f"{REPAIR_STEPS[step]}: {comment}"

"""Russian texts of notifications, e-mails and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class NotificationTemplate:
    """Subject and text of a notification and its e-mail, with placeholders of `TemplateValues`."""

    code: str
    subject: str
    text: str
    once_per: str
    """A person gets it once per approval round, stage move (move) or delivery attempt (try)."""
    recipients: tuple[str, ...] = ("manager",)
    """Whom the text addresses: manager, heads, or the codes of roles."""


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
            ("heads",),
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
            ("portalAdmins",),
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
            ("onecOperators",),
        ),
        NotificationTemplate(
            "shipped",
            "Заказ отгружен: {deal}",
            "Заказ клиента {client} по сделке {deal} отгружен. Стадия сделки: «{stage}».",
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
            ("manager", "heads"),
        ),
    )
}


def no_assignee(role: str, group: str, why: str, deal: str, listed_in: str) -> str:
    """Return the alert that a task of a role has no assignee and stays with its group."""
    return (
        f"Для сделки {deal} нет сотрудника роли «{role}» ({why}): задачу видит вся группа "
        f"«{group}». Исправьте список «{listed_in}» или укажите замещение."
    )


REMINDER_SUBJECT, OVERDUE_SUBJECT = "Скоро срок: {task}", "Срок прошёл: {task}"


def due_soon(task: str, due: str, standing_in_for: str | None) -> str:
    """Return the reminder before the due date; ``standing_in_for``: name of an absent assignee."""
    who = f"Вы замещаете сотрудника {standing_in_for}. " if standing_in_for else ""
    return (
        f"{who}Срок задачи «{task}»: {due}. Выполните её до срока; если не успеваете, "
        "предупредите руководителя."
    )


def free_task_due_soon(task: str, due: str) -> str:
    """Return the reminder for the group of a task that nobody has taken."""
    return f"Задачу «{task}» никто не взял, её срок: {due}. Возьмите её, если вы свободны."


def overdue(task: str, due: str, assignee: str | None, role: str) -> str:
    """Return the escalation; ``assignee``: name, None for a task that nobody has taken."""
    whose = f"Исполнитель: {assignee}." if assignee else f"Её никто не взял, роль: «{role}»."
    return (
        f"Задача «{task}» не выполнена, срок прошёл {due}. {whose} "
        "Узнайте причину, помогите или передайте задачу другому."
    )


def your_task_is_overdue(task: str, due: str) -> str:
    """Return the notice for the assignee of an overdue task."""
    return f"Срок вашей задачи «{task}» прошёл {due}. Руководитель об этом знает. Выполните её."


DIGEST_LINES = 50
"""Tasks that a morning's letter names; the others are counted."""


@dataclass(frozen=True)
class DigestLine:
    """An overdue task in the morning's letter."""

    task: str
    deal: str
    """Title of the deal."""
    due: str
    assignee: str | None
    """Name; None for a task that nobody has taken."""
    link: str
    """Address of the deal; empty without a public address."""


def digest_notice(count: int, day: date) -> tuple[str, str]:
    """Return subject and text of the morning's notification of ``count`` overdue tasks."""
    subject = f"Просроченные задачи на {day:%d.%m.%Y}: {count}"
    return subject, f"{subject}. Узнайте причины, помогите или передайте задачи другим."


def digest_letter(lines: Sequence[DigestLine], count: int, day: date) -> str:
    """Return the text of the morning's letter; ``count``: of all tasks, named or not."""
    told = [
        f"{number}. {line.task}. Сделка {line.deal}, срок {line.due}, "
        + (f"исполнитель {line.assignee}." if line.assignee else "никто не взял.")
        + (f"\n   {line.link}" if line.link else "")
        for number, line in enumerate(lines, 1)
    ]
    if count > len(lines):
        told.append(f"И ещё задач: {count - len(lines)}.")
    return "\n".join([digest_notice(count, day)[1], "", *told])


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


def client_mail_refused(subject: str) -> str:
    """Return the notice for the manager that an e-mail to the client was rejected."""
    return (
        f"Письмо клиенту «{subject}» не принято почтовым сервером. Проверьте адрес в карточке, "
        "исправьте его и отправьте письмо ещё раз или позвоните клиенту."
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


def item_correction_note(comment: str) -> str:
    """Return the note with which the 1C operator asks to correct names or codes of a product."""
    return f"Оператор 1С просит исправить название или коды товара: {comment}"


def order_returned_note(comment: str) -> str:
    """Return the note with which the 1C operator returns the order to the manager."""
    return f"Оператор 1С вернул заказ менеджеру: {comment}"


def parts_came(repair: str, parts: str) -> str:
    """Return the notice for the manager of a repair whose parts have come."""
    return f"Запчасти для ремонта {repair} выданы (сделка {parts}), ремонт продолжается."


def parts_refused(repair: str, parts: str) -> str:
    """Return the notice for the manager of a repair that gets no parts."""
    return (
        f"Запчасти для ремонта {repair} не будет: сделка {parts} закрыта без выдачи. Закажите "
        "другую или решите с клиентом, что делать: задача «Вести сделку» уже в списке."
    )


def continued_note(paid: str) -> str:
    """Return the note in a request without warranty about the deal that continues it."""
    return f"Случай не гарантийный, ремонт продолжается платным в сделке {paid}."


def continues_note(request: str) -> str:
    """Return the note in a paid repair about the request that it continues."""
    return (
        f"Продолжение гарантийного обращения {request}: фотографии и документы приёма в нём. "
        "Техника уже в сервисе."
    )


def paid_repair(request: str, paid: str, *, written: bool) -> str:
    """Return the notice for the manager that a request goes on as a paid repair."""
    client = (
        "Клиенту отправлено письмо."
        if written
        else "Адреса почты в карточке нет: позвоните клиенту."
    )
    return f"Случай {request} не гарантийный, ремонт продолжается платным: {paid}. {client}"


def repair_not_continued(repair: str, why: str) -> str:
    """Return the notice for the manager that the repair cannot go on although the parts came."""
    return (
        f"Запчасти для ремонта {repair} выданы, но ремонт не продолжился: {why} Исправьте карточку "
        "и переведите сделку на стадию «Ремонт»."
    )


def client_subject(about: str) -> str:
    """Return the subject of an e-mail to the client; ``about``: machine or topic of the request."""
    return f"Ваше обращение: {about}"[:250]


def client_letter(about: str, text: str, deal_id: str, ready_by: str | None) -> str:
    """Return the text of an e-mail to the client; ``ready_by``: promised date, None without one."""
    promise = f" Срок готовности: {ready_by}." if ready_by else ""
    return (
        f"Здравствуйте!\n\n{about}. {text}{promise}\n\nНомер обращения: {deal_id}. Назовите его, "
        "если будете звонить."
    )


def step_note(step: str, comment: str) -> str:
    """Return the note with which somebody explains an answer of a step."""
    return f"{step}: {comment}"


def item_returned_note(comment: str) -> str:
    """Return the note with which the 1C operator returns a new product to its manager."""
    return f"Оператор 1С вернул товар менеджеру: {comment}"

"""Command for e-mails that were not sent."""

import getpass
from datetime import UTC, datetime

from db.domain.deals.entities import Mail, MailState
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say

EVERY = "all"
STATES = {MailState.WAITING: "ждёт", MailState.FAILED: "отказ"}


def mails(settings: SuiteSettings, resend: list[str] | None) -> None:
    """List unsent e-mails, or send them again: numbers, or `all`."""
    if resend is None:
        _list(settings)
        return
    with known_database(settings).writing() as store:
        known = {mail.id for mail in store.mails.unsent(limit=100_000)}
        wanted = known if resend == [EVERY] else _numbers(resend)
        if unknown := sorted(wanted - known):
            raise SystemExit(
                f"Нет неотправленных писем с номерами: {', '.join(map(str, unknown))}. "
                "Список: manage.py mails"
            )
        for mail_id in sorted(wanted):
            store.mails.resend(mail_id, f"manage:{getpass.getuser()}"[:64], datetime.now(UTC))
    say(f"Будут отправлены ещё раз: {len(wanted)}. Что не ушло, покажет: manage.py mails")


def _list(settings: SuiteSettings) -> None:
    with known_database(settings).reading() as store:
        found = store.mails.unsent()
    for mail in found:
        print(_line(mail))
    if not found:
        say("Неотправленных писем нет.")


def _line(mail: Mail) -> str:
    """Format one e-mail without its address, so that the list may be shown to a helper."""
    tried = f"попыток: {mail.attempts}"
    why = f" {mail.last_error}" if mail.last_error else ""
    return f"{mail.id}  {STATES[mail.state]}  {mail.recipient}  «{mail.subject}», {tried}.{why}"


def _numbers(given: list[str]) -> set[int]:
    if wrong := [one for one in given if not (one.isascii() and one.isdigit() and len(one) < 10)]:
        raise SystemExit(f"Нужны номера писем или all, а не: {', '.join(wrong)}.")
    return {int(one) for one in given}

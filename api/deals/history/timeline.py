"""Timeline of a deal: history, e-mails and completed tasks merged into one order, page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlencode

from api.deals.access import DealContext
from api.deals.history.responses import Timeline, TimelineEntry
from api.deals.history.views import KnownRounds, change, is_readable
from api.engine.gateway import EngineGateway
from bpmn.camunda.client.rest import HistoricTask
from db.domain.deals.entities import Mail, MailState, Note, NoteKind
from db.domain.deals.history import HistoryRow, Kind
from db.domain.errors import Unavailable
from db.domain.fields.values import money

CURSOR = r"^[0-9]{1,16}-[hmt][A-Za-z0-9-]{1,64}$"
"""Instant in microseconds, source and id of the last event of the page before."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
LAST_ID = 2**31 - 1
SAME_INSTANT = 20
"""Tasks that may have ended in one millisecond, the precision of the engine."""


class Topic(StrEnum):
    """Subject of an event; the filters of the timeline are these."""

    FIELDS = "fields"
    STAGES = "stages"
    DECISIONS = "decisions"
    NUMBERS = "numbers"
    FILES = "files"
    NOTES = "notes"
    PEOPLE = "people"
    SHIPPING = "shipping"
    MAIL = "mail"
    TASKS = "tasks"


TOPIC_LIST = f"^({'|'.join(Topic)})(,({'|'.join(Topic)})){{0,9}}$"
TOPICS: Mapping[Kind, Topic] = {
    Kind.CREATED: Topic.STAGES,
    Kind.FIELD: Topic.FIELDS,
    Kind.STAGE: Topic.STAGES,
    Kind.MANAGER: Topic.PEOPLE,
    Kind.FILE: Topic.FILES,
    Kind.DOWNLOAD: Topic.FILES,
    Kind.DECISION: Topic.DECISIONS,
    Kind.ROUND: Topic.DECISIONS,
    Kind.NOTE: Topic.NOTES,
    Kind.NUMBER: Topic.NUMBERS,
    Kind.SHIPMENT: Topic.SHIPPING,
    Kind.DELIVERY: Topic.SHIPPING,
    Kind.ONEC: Topic.NUMBERS,
    Kind.ASSIGNMENT: Topic.PEOPLE,
    Kind.PROCESS: Topic.STAGES,
    Kind.CORRECTION: Topic.NUMBERS,
}
HISTORY, MAILS, TASKS = "h", "m", "t"
MAIL_STATES = {
    MailState.WAITING: "ещё не отправлено",
    MailState.SENT: "отправлено",
    MailState.FAILED: "не доставлено",
}
NOTE_LABELS = {NoteKind.NOTE: "Заметка", NoteKind.CALL: "Звонок", NoteKind.INVOICE: "Счёт"}


@dataclass(frozen=True, order=True)
class Moment:
    """Place of an event in the order: instant, source, id in the source."""

    at: datetime
    source: str
    number: int = 0
    text: str = ""
    """Id of a task; other sources have numbers."""

    @property
    def cursor(self) -> str:
        """The place as it is in an address."""
        return f"{(self.at - EPOCH) // MICROSECOND}-{self.source}{self.text or self.number}"

    @classmethod
    def read(cls, cursor: str) -> "Moment":
        """The place that a cursor names; a number too big to be one precedes everything."""
        instant, _, rest = cursor.partition("-")
        at = EPOCH + int(instant) * MICROSECOND
        if rest[0] == TASKS:
            return cls(at, TASKS, text=rest[1:])
        number = int(rest[1:]) if rest[1:].isdecimal() else 0
        return cls(at, rest[0], min(number, LAST_ID))

    def bound(self, source: str) -> tuple[datetime, int]:
        """Instant and id that the rows of a numbered source must precede."""
        if source == self.source:
            return self.at, self.number
        return self.at, LAST_ID if source < self.source else 0


@dataclass(frozen=True)
class TimelineQuery:
    """One page of the timeline."""

    topics: Collection[Topic]
    before: Moment
    limit: int
    given: Mapping[str, str]
    """Parameters of the request that its next page repeats."""

    @classmethod
    def of(cls, topics: str | None, before: str | None, limit: int) -> "TimelineQuery":
        """The query of a request."""
        given = {"limit": str(limit)} | ({"topics": topics} if topics else {})
        wanted = frozenset(Topic(one) for one in topics.split(",")) if topics else frozenset(Topic)
        return cls(wanted, Moment.read(before) if before else Moment(NEVER, TASKS), limit, given)

    def tasks(self, gateway: EngineGateway, deal_id: str) -> tuple[Sequence[HistoricTask], bool]:
        """Completed tasks before the page's end, and whether the engine told them."""
        if Topic.TASKS not in self.topics:
            return (), True
        ended_by = None if self.before.at == NEVER else self.before.at + timedelta(milliseconds=1)
        try:
            return gateway.ended_tasks(deal_id, ended_by, self.limit + SAME_INSTANT), True
        except Unavailable:
            return (), False

    def page(
        self, context: DealContext, tasks: Sequence[HistoricTask], *, tasks_known: bool
    ) -> Timeline:
        """The events before the place of the query that the caller may see."""
        events: dict[Moment, HistoryRow | Mail | HistoricTask] = {}
        kinds = [kind for kind, topic in TOPICS.items() if topic in self.topics]
        store, deal_id, several = context.store, context.deal.id, self.limit + 1
        if kinds:
            at, number = self.before.bound(HISTORY)
            rows = store.history.before(deal_id, kinds, at=at, id=number, limit=several)
            events |= {Moment(row.at, HISTORY, row.id): row for row in rows}
        if Topic.MAIL in self.topics:
            at, number = self.before.bound(MAILS)
            mails = store.mails.about(deal_id, at=at, id=number, limit=several)
            events |= {Moment(mail.created_at, MAILS, mail.id): mail for mail in mails}
        ended = [task for task in tasks if task.ended_at is not None]
        events |= {
            Moment(task.ended_at, TASKS, text=task.id): task for task in ended if task.ended_at
        }
        order = sorted((each for each in events if each < self.before), reverse=True)
        shown = {each: events[each] for each in order[: self.limit]}
        more = len(order) > self.limit
        return Timeline(
            items=_Entries.of(context, list(shown.values())).build(shown),
            next=self._next(deal_id, order[self.limit - 1]) if more else None,
            tasks_known=tasks_known,
        )

    def _next(self, deal_id: str, last: Moment) -> str:
        query = urlencode({**self.given, "before": last.cursor})
        return f"/api/v1/deals/{deal_id}/timeline?{query}"


@dataclass(frozen=True)
class _Entries:
    """Builds the entries of a page from its events."""

    context: DealContext
    rounds: KnownRounds
    notes: Mapping[int, Note]

    @classmethod
    def of(cls, context: DealContext, events: Collection[object]) -> "_Entries":
        rows = [event for event in events if isinstance(event, HistoryRow)]
        ids = [row.new["id"] for row in rows if row.kind is Kind.NOTE]
        notes = context.store.notes.some(context.deal.id, ids) if ids else ()
        return cls(context, KnownRounds.of(context, rows), {note.id: note for note in notes})

    def build(
        self, events: Mapping[Moment, HistoryRow | Mail | HistoricTask]
    ) -> list[TimelineEntry]:
        found = []
        for moment, event in events.items():
            if isinstance(event, HistoryRow):
                if is_readable(self.context, event, self.rounds):
                    found.append(self._change(moment, event))
            elif isinstance(event, Mail):
                found.append(self._mail(moment, event))
            else:
                found.append(self._task(moment, event))
        return found

    def _change(self, moment: Moment, row: HistoryRow) -> TimelineEntry:
        told = change(self.context, row, self.rounds)
        entry = TimelineEntry.of(told, id=f"{HISTORY}{row.id}", topic=TOPICS[row.kind])
        if row.kind is Kind.FILE:
            entry.file_id = row.new["id"]
        if row.kind is Kind.NOTE and (note := self.notes.get(row.new["id"])) is not None:
            entry.label, entry.new_text = NOTE_LABELS[note.kind], _note_text(note)
        if row.kind is Kind.DOWNLOAD:
            entry.new_text = "файл открыт"
        return entry

    def _mail(self, moment: Moment, mail: Mail) -> TimelineEntry:
        to = self.context.names.of(mail.recipient)
        return TimelineEntry(
            id=f"{MAILS}{mail.id}",
            at=moment.at,
            topic=Topic.MAIL,
            actor=None,
            subject="",
            label="Письмо",
            old_text="",
            new_text=f"{mail.subject} (кому: {to}, {MAIL_STATES[mail.state]})",
        )

    def _task(self, moment: Moment, task: HistoricTask) -> TimelineEntry:
        person = None if task.assignee is None else self.context.names.person(task.assignee)
        return TimelineEntry(
            id=f"{TASKS}{task.id}",
            at=moment.at,
            topic=Topic.TASKS,
            actor=person,
            subject=task.id,
            label="Задача выполнена",
            old_text="",
            new_text=task.name,
        )


def _note_text(note: Note) -> str:
    if note.kind is not NoteKind.INVOICE:
        return note.text
    amount = money(Decimal(note.amount)) if note.amount is not None else ""
    return f"№ {note.invoice_number} на {amount}. {note.text}".strip()

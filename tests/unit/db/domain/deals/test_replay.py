"""Property: a deal replayed from its history is the deal, after every change."""

import copy
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.history import Cause, Change, HistoryRow, Kind
from db.domain.deals.replay import first_manager, replay
from db.domain.deals.stages import go_back, lose, move, reassign
from db.domain.errors import Refusal
from tests.support.builders import NOW, a_catalog, a_deal, ready_values

CATALOG = a_catalog()


class AllActive:
    """List names of a test: every item is active."""

    def is_active(self, list_code: str, item: str) -> bool:
        return True

    def name_of(self, list_code: str, item: str) -> str:
        return item


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "counterparty": st.sampled_from(["ООО «Сад»", "ИП Лес", None]),
        "limit": st.sampled_from(["1.00", "2500000.50", None]),
        "signerIsDirector": st.sampled_from([True, False, None]),
        "inn": st.sampled_from(["7712345671", None]),
    },
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), FIELDS),
        st.tuples(st.just("fill"), st.none()),
        st.tuples(
            st.just("move"),
            st.sampled_from([s.code for s in CATALOG.directions["newClients"].stages]),
        ),
        st.tuples(st.just("back"), st.sampled_from(["newClient", "collectingDocuments"])),
        st.tuples(st.just("give"), st.sampled_from(["manager1", "manager2", "manager3"])),
        st.tuples(st.just("lose"), st.none()),
        st.tuples(st.just("file"), st.sampled_from(["companyCard", "signatureCard"])),
        st.tuples(st.just("correct"), st.booleans()),
    ),
    max_size=25,
)


class Book:
    """Keeps the history of one deal as the store does."""

    def __init__(self, deal: Deal) -> None:
        self.rows: list[HistoryRow] = []
        self.deal = deal
        self.keep(
            [Change(Kind.CREATED, "", None, {"direction": deal.direction, "stage": deal.stage})]
        )
        self.keep([Change(Kind.FIELD, code, None, value) for code, value in deal.values.items()])

    def keep(self, changes: list[Change]) -> None:
        for change in changes:
            number = len(self.rows) + 1
            at = NOW + timedelta(seconds=number)
            self.rows.append(
                HistoryRow(
                    number,
                    self.deal.id,
                    at,
                    "somebody",
                    Cause.API,
                    None,
                    change.kind,
                    change.subject,
                    change.old,
                    change.new,
                    self.deal.version,
                )
            )

    def save(self) -> None:
        if self.deal.changes:
            self.deal.version += 1
            self.keep(self.deal.changes)
            self.deal.changes.clear()


def play(book: Book, what: str, given_value: object) -> None:
    deal = book.deal
    match what:
        case "write":
            assert isinstance(given_value, dict)
            write(CATALOG, deal, given_value, AllActive())
        case "fill":
            write(CATALOG, deal, ready_values(), AllActive(), by_worker=True)
        case "move":
            move(CATALOG, deal, str(given_value), at=NOW, by_process=True)
        case "back":
            go_back(CATALOG, deal, str(given_value), at=NOW)
        case "give":
            reassign(deal, str(given_value))
        case "lose":
            lose(CATALOG, deal, "price", None, AllActive(), at=NOW)
        case "file":
            deal.files |= {str(given_value)}
            book.keep([Change(Kind.FILE, str(given_value), None, {"id": "1"})])
        case "correct" if deal.correcting is not given_value:
            deal.record(Change(Kind.CORRECTION, "contractNumber", deal.correcting, given_value))
            deal.correcting = bool(given_value)


def told(deal: Deal) -> Deal:
    """The deal without what its history does not tell to the microsecond, or at all."""
    closed = None if deal.closed_at is None else NOW
    return replace(deal, moves=0, changes=[], created_at=NOW, stage_since=NOW, closed_at=closed)


@given(STEPS)
def test_replay_of_every_beginning_of_the_history_is_the_deal_at_that_time(
    steps: list[tuple[str, object]],
) -> None:
    book = Book(a_deal(values={"counterparty": "ООО «Первое»"}))
    snapshots = [(len(book.rows), copy.deepcopy(told(book.deal)))]
    for what, value in steps:
        try:
            play(book, what, value)
        except Refusal:
            book.deal.changes.clear()
            continue
        book.save()
        snapshots.append((len(book.rows), copy.deepcopy(told(book.deal))))

    manager = first_manager(book.rows, book.deal.manager)
    for rows, snapshot in snapshots:
        replayed = replay(CATALOG, book.rows[:rows], manager)
        assert replayed is not None
        assert told(replayed) == snapshot


def test_nothing_is_replayed_of_a_deal_that_did_not_exist() -> None:
    assert replay(CATALOG, [], "manager1") is None

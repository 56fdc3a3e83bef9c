"""The storage port: one transaction over all repositories, implemented by `db.store`.

A `Store` is one transaction: everything done through it is kept together or not at all. Nothing
here commits; `OpenStore` does at the end of its `with` block, or rolls back on an exception.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Protocol

from db.domain.catalog import Catalog
from db.ports.administration import (
    Absences,
    Lists,
    LoginAttempts,
    Templates,
    Tokens,
    WebSessions,
    Workers,
)
from db.ports.board import Board, SavedViews
from db.ports.deals import (
    Attachments,
    Bindings,
    CostOffers,
    Deals,
    History,
    Notes,
    OrderRequests,
    Rounds,
    Runs,
    SideProcesses,
)
from db.ports.messaging import (
    Idempotency,
    Leases,
    Mails,
    Notifications,
    Outbox,
    ProcessedTasks,
    Processes,
    Pushes,
    Retention,
    Traces,
)
from db.ports.reports import Reports


class Store(Protocol):
    """One transaction over all repositories."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def deals(self) -> Deals: ...
    @property
    def board(self) -> Board: ...
    @property
    def views(self) -> SavedViews: ...
    @property
    def history(self) -> History: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def bindings(self) -> Bindings: ...
    @property
    def cost_offers(self) -> CostOffers: ...
    @property
    def order_requests(self) -> OrderRequests: ...
    @property
    def absences(self) -> Absences: ...
    @property
    def side_processes(self) -> SideProcesses: ...
    @property
    def attachments(self) -> Attachments: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def lists(self) -> Lists: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def pushes(self) -> Pushes: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def processed(self) -> ProcessedTasks: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def traces(self) -> Traces: ...
    @property
    def templates(self) -> Templates: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def workers(self) -> Workers: ...
    @property
    def login_attempts(self) -> LoginAttempts: ...
    @property
    def web_sessions(self) -> WebSessions: ...

    def preload(self, deal_ids: Collection[str]) -> Collection[str]:
        """Lock deals that this transaction handles together; reads of them need few statements.

        Returns: ids of the deals that exist and that no other transaction has locked.
        """
        ...


OpenStore = Callable[[], AbstractContextManager[Store]]
"""Opens one transaction: commits at the end of the block, rolls back on an exception."""


class Conflict(Exception):
    """Another transaction wrote the same key first; roll back and read what it stored."""

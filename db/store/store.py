"""One transaction over all repositories: `db.ports.store.Store` on a SQLAlchemy session."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.domain.catalog import Catalog
from db.store.administration.absences import SqlAbsences
from db.store.administration.lists import CommittedItems, SqlLists
from db.store.administration.login_attempts import SqlLoginAttempts
from db.store.administration.templates import SqlTemplates
from db.store.administration.tokens import SqlTokens, SqlWorkers
from db.store.administration.web_sessions import SqlWebSessions
from db.store.deals.approval_rounds import SqlRounds
from db.store.deals.attachments import SqlAttachments
from db.store.deals.board import SqlBoard
from db.store.deals.cost_offers import SqlCostOffers
from db.store.deals.deals import SqlDeals
from db.store.deals.fulfillment import SqlRuns
from db.store.deals.history import SqlHistory
from db.store.deals.notes import SqlNotes
from db.store.deals.onec_bindings import SqlBindings
from db.store.deals.order_requests import SqlOrderRequests
from db.store.deals.reports import SqlReports
from db.store.deals.side_processes import SqlSideProcesses
from db.store.deals.views import SqlViews
from db.store.messaging.idempotency import SqlIdempotency, SqlProcessedTasks, SqlProcesses
from db.store.messaging.leases import SqlLeases
from db.store.messaging.mails import SqlMails
from db.store.messaging.notifications import SqlNotifications
from db.store.messaging.outbox import SqlOutbox
from db.store.messaging.pushes import SqlPushes
from db.store.messaging.retention import SqlRetention
from db.store.messaging.traces import SqlTraces


class SqlStore:
    """All repositories on one session; `db.store.database.Database` commits."""

    def __init__(self, session: Session, catalog: Catalog, items: CommittedItems) -> None:
        self._session = session
        self.catalog = catalog
        self.history = SqlHistory(session)
        self.deals = SqlDeals(session, self.history, catalog)
        self.board = SqlBoard(session, self.deals)
        self.views = SqlViews(session)
        self.reports = SqlReports(session)
        self.rounds = SqlRounds(session)
        self.runs = SqlRuns(session)
        self.bindings = SqlBindings(session)
        self.order_requests = SqlOrderRequests(session)
        self.cost_offers = SqlCostOffers(session)
        self.absences = SqlAbsences(session)
        self.side_processes = SqlSideProcesses(session)
        self.attachments = SqlAttachments(session, self.history, self.deals.files)
        self.notes = SqlNotes(session, self.history)
        self.lists = SqlLists(session, catalog, self.history, items)
        self.notifications = SqlNotifications(session)
        self.mails = SqlMails(session)
        self.pushes = SqlPushes(session)
        self.outbox = SqlOutbox(session)
        self.processes = SqlProcesses(session)
        self.processed = SqlProcessedTasks(session)
        self.idempotency = SqlIdempotency(session)
        self.leases = SqlLeases(session)
        self.retention = SqlRetention(session)
        self.traces = SqlTraces(session)
        self.templates = SqlTemplates(session)
        self.tokens = SqlTokens(session)
        self.workers = SqlWorkers(session)
        self.login_attempts = SqlLoginAttempts(session)
        self.web_sessions = SqlWebSessions(session)

    def preload(self, deal_ids: Collection[str]) -> Collection[str]:
        free = self.deals.preload(deal_ids)
        self.runs.expect(free)
        self.rounds.expect(free)
        return free

    def flush(self) -> None:
        """Send the rows that are collected until the end of the transaction."""
        self.history.flush()

    def ping(self) -> None:
        self._session.execute(text("SELECT 1"))

    def seed(self) -> None:
        """Add the catalog's list items to a fresh database."""
        self.lists.seed()

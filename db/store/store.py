"""One transaction over everything we keep: `ports.Store` on a SQLAlchemy session."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.domain.catalog import Catalog
from db.store.absences import SqlAbsences
from db.store.access import SqlTokens, SqlWorkers
from db.store.attachments import SqlAttachments
from db.store.deals import SqlDeals
from db.store.fulfilment import SqlRuns
from db.store.history import SqlHistory
from db.store.leases import SqlLeases
from db.store.lists import SqlLists
from db.store.login_attempts import SqlLoginAttempts
from db.store.mails import SqlMails
from db.store.memory import SqlIdempotency, SqlProcessedTasks, SqlProcesses
from db.store.notes import SqlNotes
from db.store.notifications import SqlNotifications
from db.store.onec import SqlBindings
from db.store.outbox import SqlOutbox
from db.store.rounds import SqlRounds
from db.store.side_processes import SqlSideProcesses
from db.store.web_sessions import SqlWebSessions


class SqlStore:
    """Nothing here commits; `db.store.database.Database` does."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self.catalog = catalog
        self.history = SqlHistory(session)
        self.deals = SqlDeals(session, self.history)
        self.rounds = SqlRounds(session)
        self.runs = SqlRuns(session)
        self.bindings = SqlBindings(session)
        self.absences = SqlAbsences(session)
        self.side_processes = SqlSideProcesses(session)
        self.attachments = SqlAttachments(session, self.history)
        self.notes = SqlNotes(session, self.history)
        self.lists = SqlLists(session, catalog)
        self.notifications = SqlNotifications(session)
        self.mails = SqlMails(session)
        self.outbox = SqlOutbox(session)
        self.processes = SqlProcesses(session)
        self.processed = SqlProcessedTasks(session)
        self.idempotency = SqlIdempotency(session)
        self.leases = SqlLeases(session)
        self.tokens = SqlTokens(session)
        self.workers = SqlWorkers(session)
        self.login_attempts = SqlLoginAttempts(session)
        self.web_sessions = SqlWebSessions(session)

    def ping(self) -> None:
        self._session.execute(text("SELECT 1"))

    def seed(self) -> None:
        """Add what the catalogue says a fresh database holds."""
        self.lists.seed()

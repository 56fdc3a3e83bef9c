"""Deals that the measured topics read: complete, with files, and with an approval round each."""

import uuid
from collections.abc import Iterator, Mapping

from sqlalchemy import insert

from db.catalog import load_catalog
from db.domain.approval.rounds import Round
from db.domain.deals.history import Actor, Cause
from db.store.database import Database, connect
from db.store.tables import AttachmentRow
from tests.support.builders import MANAGER, NOW, READY_FILES, a_ready_deal
from tests.support.fakes.ports import a_stored_file

ACTOR = Actor(MANAGER, Cause.API)


class Deals:
    """A migrated deal database with its deals."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, load_catalog())
        self._database.migrate()
        self._engine = connect(url)
        self._ready: list[str] = []

    def ready(self, count: int) -> list[str]:
        """Ids of deals that collect documents; the same ones every time, for topics that read."""
        if len(self._ready) < count:
            self._ready += self._add(count - len(self._ready), "collectingDocuments")
        return self._ready[:count]

    def waiting_for_approval(self, count: int) -> list[str]:
        """Ids of new deals that ask for approval."""
        return self._add(count, "termsApproval")

    def open_rounds(self, instances: Mapping[str, str]) -> None:
        """Open an approval round for each process instance: instance id → deal id."""
        with self._database.writing() as store:
            for instance_id, deal_id in instances.items():
                deal = store.deals.get(deal_id)
                store.rounds.open(
                    Round(
                        deal_id,
                        0,
                        "collectingDocuments",
                        NOW,
                        MANAGER,
                        instance_id,
                        "newClientTerms",
                        dict(deal.values),
                    )
                )

    def close(self) -> None:
        self._engine.dispose()
        self._database.close()

    def _add(self, count: int, stage: str) -> list[str]:
        with self._database.writing() as store:
            ids = [
                store.deals.add(a_ready_deal(stage=stage, files=frozenset()), ACTOR).id
                for _ in range(count)
            ]
        with self._engine.begin() as connection:
            connection.execute(insert(AttachmentRow), list(_files(ids)))
        return ids


def _files(ids: list[str]) -> Iterator[dict[str, object]]:
    for deal_id in ids:
        for code in READY_FILES:
            file = a_stored_file(deal_id, code, file_id=str(uuid.uuid4()))
            yield {**file.__dict__, "version": 1}

"""Quota of files: bytes per deal, bytes per person and day, and a reserve on the disk."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.http.clock import now
from api.http.problems import HttpRefusal
from db.ports.store import Store
from db.store.blobs import free_bytes

DAY = timedelta(days=1)


class QuotaExceeded(HttpRefusal):
    code = "FILES_QUOTA_EXCEEDED"
    status = 413


class DiskNearlyFull(HttpRefusal):
    code = "NO_ROOM_FOR_FILES"
    status = 507

    def __init__(self) -> None:
        super().__init__(
            "На сервере заканчивается место для файлов, поэтому файл не принят. "
            "Сообщите администратору портала и приложите файл позже."
        )


@dataclass(frozen=True)
class Quota:
    """All in bytes; every version of every file counts."""

    of_deal: int
    of_day: int
    reserve: int

    def check(self, store: Store, deal_id: str, login: str, size: int) -> None:
        """Ask where the row is written, with the deal locked: so one deal never has more, and one
        person only by what is on its way to several deals at once.

        Raises: QuotaExceeded.
        """
        if (held := store.attachments.bytes_of(deal_id)) + size > self.of_deal:
            raise QuotaExceeded(
                f"В сделке уже {_megabytes(held)} файлов, с этим стало бы больше "
                f"{_megabytes(self.of_deal)}. Сожмите файл или обратитесь к администратору портала."
            )
        if (sent := store.attachments.bytes_by(login, now() - DAY)) + size > self.of_day:
            raise QuotaExceeded(
                f"За сутки вы приложили {_megabytes(sent)} файлов, с этим стало бы больше "
                f"{_megabytes(self.of_day)}. Приложите его завтра или обратитесь к администратору "
                "портала."
            )

    def check_disk(self, root: Path, size: int) -> None:
        """Raises: DiskNearlyFull."""
        if free_bytes(root) - size < self.reserve:
            raise DiskNearlyFull


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f}".replace(",", "\u00a0").replace(".", ",") + "\u00a0МБ"

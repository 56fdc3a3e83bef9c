"""File quotas: bytes per deal, bytes per login and day, and a reserve on the disk."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from api.http.clock import now
from api.http.problems import HttpRefusal
from api.settings import ApiSettings
from db.ports.store import Store
from db.store.blobs import free_bytes

DAY = timedelta(days=1)


class QuotaExceeded(HttpRefusal):
    """The file would exceed the quota of the deal or of the login."""

    code = "FILES_QUOTA_EXCEEDED"
    status = 413


class DiskNearlyFull(HttpRefusal):
    """The file would use the reserve on the disk."""

    code = "NO_ROOM_FOR_FILES"
    status = 507
    sentence = (
        "На сервере заканчивается место для файлов, поэтому файл не принят. "
        "Сообщите администратору портала и приложите файл позже."
    )


@dataclass(frozen=True)
class Quota:
    """Limits in bytes; every version of every file counts."""

    of_deal: int
    of_day: int
    """Of one login within 24 hours."""
    reserve: int
    """Free space that uploads must leave on the disk."""

    @classmethod
    def of(cls, settings: ApiSettings) -> Self:
        return cls(settings.max_deal_bytes, settings.max_day_bytes, settings.free_disk_bytes)

    def check(self, store: Store, deal_id: str, login: str, size: int) -> None:
        """Check both quotas for a file of ``size`` bytes.

        Call it in the transaction that writes the row, with the deal locked: then the quota of the
        deal is exact. The quota of the login can be exceeded by simultaneous uploads to several
        deals. Raises: QuotaExceeded.
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
        """Check the free space of the disk. Raises: DiskNearlyFull, Unavailable."""
        if free_bytes(root) - size < self.reserve:
            raise DiskNearlyFull


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f}".replace(",", "\u00a0").replace(".", ",") + "\u00a0МБ"

"""Books of 1C that follow their settings: a mended password or address needs no restart."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from pydantic import ValidationError
from pydantic_settings import SettingsError

from workers.integrations.onec.errors import OnecMisconfigured
from workers.integrations.onec.settings import Books, OnecSettings, open_books
from workers.ports.onec_contracts import Contract, ContractAnswer
from workers.ports.onec_shipments import Shipment, ShipmentAnswer


def open_current_books(
    settings: OnecSettings, read: Callable[[], OnecSettings] = OnecSettings
) -> Books:
    """``read`` gives the settings as they are now. Asks nothing yet; close them at the end.

    Without a 1C in the settings numbers are taken as entered until the worker is restarted.
    """
    if settings.url is None:
        return open_books(settings)
    source = _Source(settings, read)
    return Books(_Contracts(source), _Shipments(source))


class _Source:
    """The books in use. Safe to share between threads."""

    def __init__(self, settings: OnecSettings, read: Callable[[], OnecSettings]) -> None:
        self._settings, self._read = settings, read
        self._lock = threading.Lock()
        self._books = open_books(settings)
        self._replaced: list[Books] = []
        """Others may still be waiting for their answers, so they are closed at the end."""

    def now(self) -> Books:
        """Raises: OnecMisconfigured, the settings make no sense now."""
        with self._lock:
            fresh = self._fresh()
            if fresh != self._settings:
                self._replaced.append(self._books)
                self._books, self._settings = open_books(fresh), fresh
            return self._books

    def close(self) -> None:
        with self._lock:
            for books in (*self._replaced, self._books):
                books.close()

    def _fresh(self) -> OnecSettings:
        try:
            fresh = self._read()
        except ValidationError as wrong:
            names = {f"ONEC_{name}".upper() for error in wrong.errors() for name in error["loc"]}
            which = ", ".join(sorted(names)) or "ONEC_*"
            raise OnecMisconfigured(f"негодные настройки {which}") from None
        except (SettingsError, UnicodeDecodeError, OSError):
            raise OnecMisconfigured(
                "файл .env или файл секрета не читается. Сохраните его в UTF-8 и проверьте права"
            ) from None
        if fresh.url is None:
            raise OnecMisconfigured(
                "адрес ONEC_URL убран из настроек. Верните его; чтобы принимать номера без "
                "проверки, перезапустите обработчик"
            )
        if fresh.infobase != self._settings.infobase:
            raise OnecMisconfigured(
                "изменено имя базы ONEC_INFOBASE. Перезапустите обработчик, если база другая"
            )
        return fresh


class _Contracts:
    """A `ContractBook`."""

    verifies = True

    def __init__(self, source: _Source) -> None:
        self._source = source

    def find_contract(
        self, inn: str, kpp: str | None, number: str, *, ref_key: UUID | None = None
    ) -> ContractAnswer:
        return self._source.now().contracts.find_contract(inn, kpp, number, ref_key=ref_key)

    def contracts_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Contract]:
        return self._source.now().contracts.contracts_now(keys)

    def check(self) -> None:
        self._source.now().contracts.check()

    def close(self) -> None:
        self._source.close()


class _Shipments:
    """A `ShipmentBook`."""

    verifies = True

    def __init__(self, source: _Source) -> None:
        self._source = source

    def find_shipment(
        self,
        inn: str,
        number: str,
        *,
        since: date,
        counterparty_ref: UUID | None = None,
        contract_ref: UUID | None = None,
        ref_key: UUID | None = None,
    ) -> ShipmentAnswer:
        return self._source.now().shipments.find_shipment(
            inn,
            number,
            since=since,
            counterparty_ref=counterparty_ref,
            contract_ref=contract_ref,
            ref_key=ref_key,
        )

    def shipments_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Shipment]:
        return self._source.now().shipments.shipments_now(keys)

    def check(self) -> None:
        self._source.now().shipments.check()

    def close(self) -> None:
        self._source.close()

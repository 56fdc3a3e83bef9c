"""Opens the gateways for the settings `ONEC_*`, once or with a reload before every request."""

import threading
from collections.abc import Callable, Mapping, Sequence

from pydantic import ValidationError
from pydantic_settings import SettingsError

from db.domain.onec.bindings import BindingKind
from db.domain.onec.differences import OnecRow
from workers.integrations.onec.items import ODataItemGateway
from workers.integrations.onec.manual import ManualGateway
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import PROFILES
from workers.integrations.onec.settings import OnecSettings
from workers.ports.observer import OnecObserver
from workers.ports.onec import (
    DocumentKind,
    MatchResult,
    NumberQuery,
    OnecGateways,
    OnecRecord,
)
from workers.ports.onec_errors import OnecMisconfigured


def open_gateways(settings: OnecSettings, observer: OnecObserver | None = None) -> OnecGateways:
    """Open gateways for these settings. Sends no request; close them after use."""
    client = open_client(settings, observer)
    if client is None:
        return OnecGateways.build(ManualGateway, ManualGateway(BindingKind.ITEM))
    # One client for all: licenses, pauses and a refused login belong to the infobase.
    profile, inn = PROFILES[settings.profile], settings.organisation_inn
    return OnecGateways.build(
        lambda kind: ODataGateway(
            kind, client, profile, organization_inn=inn, today=settings.today
        ),
        ODataItemGateway(client, profile),
    )


def open_client(settings: OnecSettings, observer: OnecObserver | None = None) -> ODataClient | None:
    """Open a client; None without `ONEC_URL`. Sends no request; close it after use."""
    if settings.url is None or settings.user is None:
        return None
    return ODataClient(
        settings.url,
        settings.user,
        settings.password.get_secret_value(),
        session=settings.session,
        allowed_only=settings.allowed_only,
        observer=observer,
    )


def open_reloading_gateways(
    settings: OnecSettings,
    read: Callable[[], OnecSettings] = OnecSettings,
    observer: OnecObserver | None = None,
) -> OnecGateways:
    """Open gateways that use changed settings without a restart. ``read`` returns the current ones.

    Started without a URL, they accept numbers as entered until the worker is restarted.
    """
    if settings.url is None:
        return open_gateways(settings, observer)
    source = _GatewaySource(settings, read, observer)
    return OnecGateways.build(
        lambda kind: _ReloadingGateway(source, kind), _ReloadingItemGateway(source)
    )


class _GatewaySource:
    """Gateways of the current settings. Safe to share between threads."""

    def __init__(
        self,
        settings: OnecSettings,
        read: Callable[[], OnecSettings],
        observer: OnecObserver | None,
    ) -> None:
        self._settings, self._read, self._observer = settings, read, observer
        self._lock = threading.Lock()
        self._gateways = open_gateways(settings, observer)
        self._replaced: list[OnecGateways] = []
        """Closed at the end, because other threads may still wait for their responses."""

    def current(self) -> OnecGateways:
        """Return the gateways; open new ones if the settings have changed.

        Raises: OnecMisconfigured, the current settings are invalid.
        """
        with self._lock:
            settings = self._read_settings()
            if settings != self._settings:
                self._replaced.append(self._gateways)
                self._gateways, self._settings = open_gateways(settings, self._observer), settings
            return self._gateways

    def close(self) -> None:
        """Close all gateways. Safe to repeat because closing a client is."""
        with self._lock:
            for gateways in (*self._replaced, self._gateways):
                gateways.close()

    def _read_settings(self) -> OnecSettings:
        try:
            settings = self._read()
        except ValidationError as invalid:
            names = {f"ONEC_{name}".upper() for error in invalid.errors() for name in error["loc"]}
            which = ", ".join(sorted(names)) or "ONEC_*"
            raise OnecMisconfigured(f"негодные настройки {which}") from None
        except (SettingsError, UnicodeDecodeError, OSError):
            raise OnecMisconfigured(
                "файл .env или файл секрета не читается. Сохраните его в UTF-8 и проверьте права"
            ) from None
        if settings.url is None:
            raise OnecMisconfigured(
                "адрес ONEC_URL убран из настроек. Верните его; чтобы принимать номера без "
                "проверки, перезапустите обработчик"
            )
        if settings.infobase != self._settings.infobase:
            raise OnecMisconfigured(
                "изменено имя базы ONEC_INFOBASE. Перезапустите обработчик, если база другая"
            )
        return settings


class _ReloadingGateway:
    """An `OnecGateway` that delegates to the gateway of the current settings."""

    verifies = True

    def __init__(self, source: _GatewaySource, kind: DocumentKind) -> None:
        self._source, self._kind = source, kind

    def find(self, query: NumberQuery) -> MatchResult:
        return self._source.current().of(self._kind).find(query)

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        return self._source.current().of(self._kind).fetch(keys)

    def check(self) -> None:
        self._source.current().of(self._kind).check()

    def close(self) -> None:
        self._source.close()


class _ReloadingItemGateway(_ReloadingGateway):
    """An `ItemGateway` that delegates to the gateway of the current settings."""

    def __init__(self, source: _GatewaySource) -> None:
        super().__init__(source, BindingKind.ITEM)

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        return self._source.current().items.like(article, words)

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        return self._source.current().items.with_barcode(barcode)

"""Diagnosis of the configured connection to 1C, for administrators, in Russian."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from pydantic import ValidationError

from db.config.errors import sentence_of
from workers.integrations.onec.directory import Directory
from workers.integrations.onec.gateways import open_client
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.responses import FIELD_UNKNOWN, NO_RIGHTS, SET_UNKNOWN
from workers.integrations.onec.profile import PROFILES, Profile
from workers.integrations.onec.settings import OnecSettings
from workers.ports.onec_errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)

ODataRefusal = OnecMisconfigured | OnecRejected
"""An error with the code of an OData response."""


class Severity(Enum):
    """Severity of a finding; its value is the mark shown before the sentence."""

    OK = "✓"
    NOTE = "·"
    PROBLEM = "✗"


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis."""

    severity: Severity
    sentence: str
    """Never contains a password, a login or a value of a row."""


_ok, _note, _problem = (partial(Finding, severity) for severity in Severity)


def examine(settings: OnecSettings) -> Iterator[Finding]:
    """Check the connection step by step and yield each finding at once.

    The first response of 1C may take half a minute. Reads only. Stops after a refused login,
    because 1C may lock the account.
    """
    client = open_client(settings)
    if client is None:
        yield _problem(
            "1С не подключена: номера принимаются без проверки. Задайте ONEC_URL, ONEC_USER, "
            "ONEC_PASSWORD и ONEC_PROFILE; что они значат, сказано в .env.example."
        )
        return
    with client:
        try:
            yield from _check_connection(client, settings)
        except OnecLoginRefused:
            yield _problem(
                "1С не приняла логин или пароль. Исправьте ONEC_USER и ONEC_PASSWORD. "
                "Больше не спрашиваю: после нескольких неверных паролей 1С блокирует пользователя."
            )
        except (OnecMisconfigured, OnecRejected, OnecUnavailable) as stopped:
            yield _problem(f"{stopped} Дальше не проверяю.")


def wrong_settings(wrong: ValidationError) -> Iterator[Finding]:
    """Yield a finding per invalid setting, without its value."""
    for sentence in sentence_of(wrong).splitlines():
        yield _problem(sentence)


def _check_connection(client: ODataClient, settings: OnecSettings) -> Iterator[Finding]:
    profile = PROFILES[settings.profile]
    yield _note(f"Спрашиваю {settings.url}, конфигурация {profile.code} ({profile.title}).")
    first, second = _milliseconds(client, profile), _milliseconds(client, profile)
    yield _ok("1С отвечает, логин принят.")
    yield _note(f"Первый ответ за {first} мс, второй за {second} мс.")
    published = set()
    for entity_set, fields in profile.needs.items():
        finding = _check_set(client, entity_set, fields)
        if finding.severity is Severity.OK:
            published.add(entity_set)
        yield finding
    warehouses = _check_set(client, profile.warehouses, profile.warehouse_fields)
    if warehouses.severity is Severity.OK:
        yield warehouses
    else:
        yield _note(f"{warehouses.sentence} Это необязательно: не будет видно только склада.")
    barcodes = _check_set(client, profile.barcodes, profile.barcode_fields)
    if barcodes.severity is Severity.OK:
        yield barcodes
    else:
        yield _note(
            f"{barcodes.sentence} Это необязательно: похожие товары не найдутся в 1С по штрихкоду."
        )
    yield from _check_orders(client, profile)
    if profile.organizations in published:
        yield _check_company(client, profile, settings.organisation_inn)
    mark = "начинаются с BOM, это учтено" if client.bom_seen else "без BOM"
    yield _note(f"Ответы {mark}.")
    yield _check_session(client, settings)


def _check_orders(client: ODataClient, profile: Profile) -> Iterator[Finding]:
    for entity_set, fields in profile.order_needs.items():
        found = _check_set(client, entity_set, fields)
        if found.severity is Severity.OK:
            yield found
        else:
            yield _note(
                f"{found.sentence} Это необязательно: товары нельзя будет взять из заказа 1С."
            )


def _milliseconds(client: ODataClient, profile: Profile) -> int:
    """Measure a small request. A refusal by OData counts as a response."""
    started = time.monotonic()
    _refusal(client, profile.organizations, ("Ref_Key",))
    return round((time.monotonic() - started) * 1000)


def _check_set(client: ODataClient, entity_set: str, fields: Sequence[str]) -> Finding:
    refusal = _refusal(client, entity_set, fields)
    if refusal is None:
        return _ok(f"{entity_set}: опубликован, все поля на месте.")
    if refusal.code == SET_UNKNOWN:
        return _problem(
            f"{entity_set}: не опубликован. Включите его в состав стандартного интерфейса OData."
        )
    if refusal.code == NO_RIGHTS:
        return _problem(
            f"{entity_set}: нет прав. Дайте пользователю 1С право чтения. Если права в базе "
            "ограничены по записям (RLS), задайте ONEC_ALLOWED_ONLY=true."
        )
    missing = [field for field in fields if _is_missing(client, entity_set, field)]
    if missing:
        return _problem(
            f"{entity_set}: нет полей {', '.join(missing)}. Проверьте ONEC_PROFILE: "
            "в этой конфигурации другие имена."
        )
    return _problem(f"{entity_set}: {refusal}")


def _is_missing(client: ODataClient, entity_set: str, field: str) -> bool:
    refusal = _refusal(client, entity_set, (field,))
    return refusal is not None and refusal.code == FIELD_UNKNOWN


def _refusal(client: ODataClient, entity_set: str, fields: Sequence[str]) -> ODataRefusal | None:
    """Return the error with which OData refuses these fields; None if it sends them.

    Raises: errors that do not come from OData, because later requests would fail as well.
    """
    try:
        client.rows(entity_set, select=fields, limit=1)
    except OnecRejected as refusal:
        return refusal
    except OnecMisconfigured as refusal:
        if refusal.code is None:
            raise
        return refusal
    return None


def _check_company(client: ODataClient, profile: Profile, inn: str | None) -> Finding:
    directory = Directory(client, profile, organization_inn=inn)
    companies = directory.organizations()
    if inn is None:
        return _note(
            "ONEC_ORGANISATION_INN не задан: подойдут договоры и реализации любой из наших "
            f"организаций (в 1С их {len(companies)})."
        )
    try:
        directory.own(companies)
    except OnecMisconfigured as unknown:
        return _problem(str(unknown))
    return _ok("Организация с ИНН из ONEC_ORGANISATION_INN найдена.")


def _check_session(client: ODataClient, settings: OnecSettings) -> Finding:
    if settings.session:
        kept = "сохраняется" if client.in_session else "не сохраняется: 1С его не даёт"
        return _note(f"Сеанс 1С между запросами {kept} (ONEC_SESSION=true).")
    profile = PROFILES[settings.profile]
    trial = open_client(settings.model_copy(update={"session": True}))
    if trial is not None:
        with trial:
            _refusal(trial, profile.organizations, ("Ref_Key",))
            if trial.in_session:
                return _note(
                    "1С даёт сеанс (IBSession): ONEC_SESSION=true ускорит обмен, "
                    "но займёт лицензию."
                )
    return _note("1С не даёт сеанса (IBSession): ONEC_SESSION ничего не изменит.")

"""Is the configured 1C ready for us? Asked step by step, told in plain Russian."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from pydantic import ValidationError

from db.config.errors import sentence_of
from workers.integrations.onec.directory import Directory
from workers.integrations.onec.errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.responses import FIELD_UNKNOWN, NO_RIGHTS, SET_UNKNOWN
from workers.integrations.onec.profile import PROFILES, Profile
from workers.integrations.onec.settings import OnecSettings, open_client

Refusal = OnecMisconfigured | OnecRejected


class State(Enum):
    WELL = "✓"
    NOTE = "·"
    TROUBLE = "✗"


@dataclass(frozen=True)
class Finding:
    state: State
    sentence: str
    """For people; never a password, a login, or anything that stands in a row of 1C."""


_well, _note, _trouble = (partial(Finding, state) for state in State)


def examine(settings: OnecSettings) -> Iterator[Finding]:
    """What is well and what is not, as it is found: a first answer may take half a minute.

    Reads only, and asks not once more after a refused login, lest 1C lock the account.
    """
    client = open_client(settings)
    if client is None:
        yield _trouble(
            "1С не подключена: номера принимаются без проверки. Задайте ONEC_URL, ONEC_USER, "
            "ONEC_PASSWORD и ONEC_PROFILE; что они значат, сказано в .env.example."
        )
        return
    with client:
        try:
            yield from _examined(client, settings)
        except OnecLoginRefused:
            yield _trouble(
                "1С не приняла логин или пароль. Исправьте ONEC_USER и ONEC_PASSWORD. "
                "Больше не спрашиваю: после нескольких неверных паролей 1С блокирует пользователя."
            )
        except (OnecMisconfigured, OnecRejected, OnecUnavailable) as stopped:
            yield _trouble(f"{stopped} Дальше не проверяю.")


def wrong_settings(wrong: ValidationError) -> Iterator[Finding]:
    """Which settings cannot be meant, without their values."""
    for sentence in sentence_of(wrong).splitlines():
        yield _trouble(sentence)


def _examined(client: ODataClient, settings: OnecSettings) -> Iterator[Finding]:
    profile = PROFILES[settings.profile]
    yield _note(f"Спрашиваю {settings.url}, конфигурация {profile.code} ({profile.title}).")
    first, second = _milliseconds(client, profile), _milliseconds(client, profile)
    yield _well("1С отвечает, логин принят.")
    yield _note(f"Первый ответ за {first} мс, второй за {second} мс.")
    readable = set()
    for entity_set, fields in profile.needs.items():
        finding = _of_set(client, entity_set, fields)
        if finding.state is State.WELL:
            readable.add(entity_set)
        yield finding
    warehouses = _of_set(client, profile.warehouses, profile.warehouse_fields)
    if warehouses.state is State.WELL:
        yield warehouses
    else:
        yield _note(f"{warehouses.sentence} Это необязательно: не будет видно только склада.")
    if profile.organisations in readable:
        yield _of_company(client, profile, settings.organisation_inn)
    mark = "начинаются с BOM, это учтено" if client.bom_seen else "без BOM"
    yield _note(f"Ответы {mark}.")
    yield _of_session(client, settings)


def _milliseconds(client: ODataClient, profile: Profile) -> int:
    """How long a small question takes; a refusal by OData is an answer too."""
    started = time.monotonic()
    _refusal(client, profile.organisations, ("Ref_Key",))
    return round((time.monotonic() - started) * 1000)


def _of_set(client: ODataClient, entity_set: str, fields: Sequence[str]) -> Finding:
    refusal = _refusal(client, entity_set, fields)
    if refusal is None:
        return _well(f"{entity_set}: опубликован, все поля на месте.")
    if refusal.code == SET_UNKNOWN:
        return _trouble(
            f"{entity_set}: не опубликован. Включите его в состав стандартного интерфейса OData."
        )
    if refusal.code == NO_RIGHTS:
        return _trouble(
            f"{entity_set}: нет прав. Дайте пользователю 1С право чтения. Если права в базе "
            "ограничены по записям (RLS), задайте ONEC_ALLOWED_ONLY=true."
        )
    missing = [field for field in fields if _is_missing(client, entity_set, field)]
    if missing:
        return _trouble(
            f"{entity_set}: нет полей {', '.join(missing)}. Проверьте ONEC_PROFILE: "
            "в этой конфигурации другие имена."
        )
    return _trouble(f"{entity_set}: {refusal}")


def _is_missing(client: ODataClient, entity_set: str, field: str) -> bool:
    refusal = _refusal(client, entity_set, (field,))
    return refusal is not None and refusal.code == FIELD_UNKNOWN


def _refusal(client: ODataClient, entity_set: str, fields: Sequence[str]) -> Refusal | None:
    """What OData says against these fields; None if it gives them.

    Raises: whatever was not said by OData, for then there is no use in asking on.
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


def _of_company(client: ODataClient, profile: Profile, inn: str | None) -> Finding:
    directory = Directory(client, profile, organisation_inn=inn)
    companies = directory.organisations()
    if inn is None:
        return _note(
            "ONEC_ORGANISATION_INN не задан: подойдут договоры и реализации любой из наших "
            f"организаций (в 1С их {len(companies)})."
        )
    try:
        directory.own(companies)
    except OnecMisconfigured as unknown:
        return _trouble(str(unknown))
    return _well("Организация с ИНН из ONEC_ORGANISATION_INN найдена.")


def _of_session(client: ODataClient, settings: OnecSettings) -> Finding:
    if settings.session:
        kept = "сохраняется" if client.in_session else "не сохраняется: 1С его не даёт"
        return _note(f"Сеанс 1С между запросами {kept} (ONEC_SESSION=true).")
    profile = PROFILES[settings.profile]
    trial = open_client(settings.model_copy(update={"session": True}))
    if trial is not None:
        with trial:
            _refusal(trial, profile.organisations, ("Ref_Key",))
            if trial.in_session:
                return _note(
                    "1С даёт сеанс (IBSession): ONEC_SESSION=true ускорит обмен, "
                    "но займёт лицензию."
                )
    return _note("1С не даёт сеанса (IBSession): ONEC_SESSION ничего не изменит.")

"""The demo infobase: the company P.I.T., its clients and their contracts. All of it is made up."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from workers.gateways.onec.simulator.infobase import Infobase

_NAMES = UUID("6f5f0b5e-6f0e-4a55-9a2f-2a6a3a0c1e00")

COMPANY_INN = "7700001010"
SERVICE_COMPANY_INN = "7700001027"
GARDENER_INN = "5400002019"
TOOLS_INN = "6310003027"
CHAINSAWS_INN = "7800004039"
RENAMED_INN = "1600005041"
NETWORK_INN = "2320006051"
NETWORK_KPPS = ("232001001", "232043002")
ENTREPRENEUR_INN = "632000010128"


def key_of(name: str) -> UUID:
    """Keys of the demo are the same in every run."""
    return uuid5(_NAMES, name)


def fill(infobase: Infobase) -> None:
    """Put the demo rows into an empty infobase."""
    company = _organisation(infobase, "П.И.Т. Инструмент ООО", COMPANY_INN, "770001001")
    service = _organisation(infobase, "П.И.Т. Сервис ООО", SERVICE_COMPANY_INN, "770001001")

    gardener = _client(infobase, "Садовый мастер ООО", GARDENER_INN, "540001001")
    _contract(infobase, gardener, company, "ПТ-2026-014", "2026-02-16")
    _contract(infobase, gardener, company, "ПТ00-000123", "2026-03-02")
    _contract(infobase, gardener, service, "СЦ-5", "2026-04-20")

    tools = _client(infobase, "Инструмент-Сервис ООО", TOOLS_INN, "631001001")
    _contract(infobase, tools, company, "15/2026", "2026-01-19")
    _contract(infobase, tools, company, "15/2026", "2026-06-08")

    chainsaws = _client(infobase, "Бензопила-Опт ООО", CHAINSAWS_INN, "780001001")
    old = _contract(infobase, chainsaws, company, "ПТ-2025-101", "2025-05-12")
    _contract(infobase, chainsaws, company, "ПТ-2026-003", "2026-01-12")

    gone = _client(infobase, "Уралгарден ООО (не использовать)", RENAMED_INN, "160001001")
    _contract(infobase, gone, company, "УГ-8", "2024-09-02")
    _client(infobase, "Уралгарден ООО", RENAMED_INN, "160001001")

    for kpp, city in zip(NETWORK_KPPS, ("Сочи", "Краснодар"), strict=True):
        branch = _client(infobase, f"Дачная сеть ООО, {city}", NETWORK_INN, kpp)
        _contract(infobase, branch, company, "1", "2026-02-02")

    person = _client(infobase, "Лесникова Анна Павловна ИП", ENTREPRENEUR_INN, "")
    _contract(infobase, person, company, "7", "2026-05-18")

    _mark_deleted(infobase, "Catalog_ДоговорыКонтрагентов", old)
    _mark_deleted(infobase, "Catalog_Контрагенты", gone)


def add_client(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    """What the operator does: the live client with these numbers, created if there is none."""
    for row in infobase.rows("Catalog_Контрагенты"):
        if (row["ИНН"], row["КПП"], row["DeletionMark"]) == (inn, kpp, False):
            return str(row["Ref_Key"])
    return _create(infobase, "Catalog_Контрагенты", {"ИНН": inn, "КПП": kpp, "Description": name})


def add_contract(
    infobase: Infobase, client: str, number: str | None, day: str, company_inn: str = COMPANY_INN
) -> Mapping[str, Any]:
    """What the operator does next; without a number the next free one of the year."""
    company = next(r for r in infobase.rows("Catalog_Организации") if r["ИНН"] == company_inn)
    given = number or _free_number(infobase, day[:4])
    key = _contract(infobase, client, str(company["Ref_Key"]), given, day, fixed=False)
    return infobase.row("Catalog_ДоговорыКонтрагентов", key)


def _free_number(infobase: Infobase, year: str) -> str:
    taken = {row["Номер"] for row in infobase.rows("Catalog_ДоговорыКонтрагентов")}
    every = (f"ПТ-{year}-{number:03}" for number in range(1, len(taken) + 2))
    return next(number for number in every if number not in taken)


def _organisation(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    values = {"Description": name, "ИНН": inn, "КПП": kpp}
    return _create(infobase, "Catalog_Организации", values, key_of(name))


def _client(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    values = {"Description": name, "НаименованиеПолное": name, "ИНН": inn, "КПП": kpp}
    return _create(infobase, "Catalog_Контрагенты", values, key_of(name))


def _contract(
    infobase: Infobase, client: str, company: str, number: str, day: str, *, fixed: bool = True
) -> str:
    owner = "Контрагент_Key" if infobase.configuration == "ut11" else "Owner_Key"
    values = {
        "Description": f"Договор поставки {number}",
        "Номер": number,
        "Дата": f"{day}T00:00:00",
        "Организация_Key": company,
        owner: client,
    }
    key = key_of(f"{client} {company} {number} {day}") if fixed else None
    return _create(infobase, "Catalog_ДоговорыКонтрагентов", values, key)


def _create(
    infobase: Infobase, name: str, values: Mapping[str, Any], key: UUID | None = None
) -> str:
    return str(infobase.create(name, values, key=key)["Ref_Key"])


def _mark_deleted(infobase: Infobase, name: str, key: str) -> None:
    infobase.change(name, key, {"DeletionMark": True})

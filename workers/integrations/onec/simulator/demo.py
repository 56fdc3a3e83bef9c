"""Demo data of the 1C simulator: the company P.I.T., its clients, contracts, shipments, orders."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from workers.integrations.onec.simulator.infobase import Infobase

_KEY_NAMESPACE = UUID("6f5f0b5e-6f0e-4a55-9a2f-2a6a3a0c1e00")

COMPANY_INN = "7700001010"
SERVICE_COMPANY_INN = "7700001027"
GARDENER_INN = "5400002019"
TOOLS_INN = "6310003027"
CHAINSAWS_INN = "7800004039"
RENAMED_INN = "1600005041"
NETWORK_INN = "2320006051"
NETWORK_KPPS = ("232001001", "232043002")
ENTREPRENEUR_INN = "632000010128"


CLIENTS, CONTRACTS = "Catalog_Контрагенты", "Catalog_ДоговорыКонтрагентов"
ORGANISATIONS, WAREHOUSES = "Catalog_Организации", "Catalog_Склады"
SHIPMENTS = "Document_РеализацияТоваровУслуг"
GOODS = f"{SHIPMENTS}_Товары"
ITEMS, MAKERS = "Catalog_Номенклатура", "Catalog_Производители"
ORDERS = {"ut11": "Document_ЗаказКлиента", "bp30": "Document_СчетНаОплатуПокупателю"}
UNITS = {"ut11": "Catalog_УпаковкиЕдиницыИзмерения", "bp30": "Catalog_КлассификаторЕдиницИзмерения"}
UNIT = "шт"
BARCODES = "InformationRegister_ШтрихкодыНоменклатуры"
_SAW = "Пила цепная бензиновая P.I.T. GCS46"
_DRIVER = "Шуруповёрт аккумуляторный P.I.T. PSR20-C2"


class Parties(NamedTuple):
    """Keys of the client, of our company and of the contract (empty: none) of a shipment."""

    client: str
    company: str
    contract: str = ""


def key_of(name: str) -> UUID:
    """Derive the key of a demo row from its name, so that it is the same in every run."""
    return uuid5(_KEY_NAMESPACE, name)


def fill(infobase: Infobase) -> None:
    """Create the demo rows in an empty infobase."""
    company = _organization(infobase, "П.И.Т. Инструмент ООО", COMPANY_INN, "770001001")
    service = _organization(infobase, "П.И.Т. Сервис ООО", SERVICE_COMPANY_INN, "770001001")

    saw = _item(infobase, _SAW, "GCS46", "P.I.T.")
    _item(infobase, _DRIVER, "PSR20-C2", "P.I.T.")

    gardener = _client(infobase, "Садовый мастер ООО", GARDENER_INN, "540001001")
    main = _contract(infobase, gardener, company, "ПТ-2026-014", "2026-02-16")
    second = _contract(infobase, gardener, company, "ПТ00-000123", "2026-03-02")
    repairs = _contract(infobase, gardener, service, "СЦ-5", "2026-04-20")
    garden = Parties(gardener, company, main)
    _shipment(infobase, garden, "ПТУТ-000123", "2025-03-11", 99_000.00)
    _shipment(infobase, garden, "ПТУТ-000123", "2026-03-10", 125_400.50)
    _shipment(infobase, garden, "ПТУТ-000045", "2026-05-14", 1_000.00)
    _shipment(infobase, Parties(gardener, service, repairs), "СЦУТ-000045", "2026-05-15", 2_350.10)
    _shipment(infobase, Parties(gardener, company, second), "ПТУТ-000131", "2026-09-01", 48_000.99)
    _shipment(infobase, garden, "ПТУТ-000132", "2026-11-20", 18_300.00, posted=False)

    tools = _client(infobase, "Инструмент-Сервис ООО", TOOLS_INN, "631001001")
    _contract(infobase, tools, company, "15/2026", "2026-01-19")
    _contract(infobase, tools, company, "15/2026", "2026-06-08")

    chainsaws = _client(infobase, "Бензопила-Опт ООО", CHAINSAWS_INN, "780001001")
    old = _contract(infobase, chainsaws, company, "ПТ-2025-101", "2025-05-12")
    live = _contract(infobase, chainsaws, company, "ПТ-2026-003", "2026-01-12")
    saws = Parties(chainsaws, company, live)
    _shipment(infobase, saws, "ПТУТ-000124", "2026-03-12", 310_000.00)
    withdrawn = _shipment(infobase, saws, "ПТУТ-000126", "2026-04-02", 64_500.00)

    gone = _client(infobase, "Уралгарден ООО (не использовать)", RENAMED_INN, "160001001")
    former = _contract(infobase, gone, company, "УГ-8", "2024-09-02")
    _shipment(infobase, Parties(gone, company, former), "ПТУТ-000099", "2026-02-20", 7_700.00)
    _client(infobase, "Уралгарден ООО", RENAMED_INN, "160001001")

    for kpp, city in zip(NETWORK_KPPS, ("Сочи", "Краснодар"), strict=True):
        branch = _client(infobase, f"Дачная сеть ООО, {city}", NETWORK_INN, kpp)
        contract = _contract(infobase, branch, company, "1", "2026-02-02")
        prefix = "ПТ" + city[:2].upper()
        parties = Parties(branch, company, contract)
        _shipment(infobase, parties, f"{prefix}-000140", "2026-06-15", 84_000.00)

    person = _client(infobase, "Лесникова Анна Павловна ИП", ENTREPRENEUR_INN, "")
    _contract(infobase, person, company, "7", "2026-05-18")

    _barcode(infobase, saw, "6941556200467")
    unused = _item(infobase, "Пила цепная GCS46 (не использовать)", "GCS46", "P.I.T.", "old")
    _mark_deleted(infobase, ITEMS, unused)

    ordered = add_order(infobase, gardener, main, "ЗКУТ-000014", "2026-11-10")["Ref_Key"]
    add_ordered(infobase, ordered, _SAW, "GCS46", 4, 18_900.00, UNIT)
    add_ordered(infobase, ordered, _DRIVER, "PSR20-C2", 12, 7_450.00, UNIT)
    add_ordered(infobase, ordered, "Масло цепное 1 л", "OIL-1", 20, 390.00, "л")

    _mark_deleted(infobase, CONTRACTS, old)
    _mark_deleted(infobase, CLIENTS, gone)
    _mark_deleted(infobase, SHIPMENTS, withdrawn)


def add_client(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    """Return the key of the client with this ИНН and КПП; create it if there is none."""
    for row in infobase.rows(CLIENTS):
        if (row["ИНН"], row["КПП"], row["DeletionMark"]) == (inn, kpp, False):
            return str(row["Ref_Key"])
    return _create(infobase, CLIENTS, {"ИНН": inn, "КПП": kpp, "Description": name})


def client_with(infobase: Infobase, key: str | None) -> str | None:
    """Return the key if a client has it."""
    return next(
        (str(row["Ref_Key"]) for row in infobase.rows(CLIENTS) if row["Ref_Key"] == key), None
    )


def add_contract(
    infobase: Infobase, client: str, number: str | None, day: str, company_inn: str = COMPANY_INN
) -> Mapping[str, Any]:
    """Create a contract; if ``number`` is None, it gets the first free one of the year."""
    given = number or _free_number(infobase, day[:4])
    company = _company(infobase, company_inn)
    key = _contract(infobase, client, company, given, day, fixed=False)
    return infobase.row(CONTRACTS, key)


def contract_of(
    infobase: Infobase, client: str, number: str, day: str, company_inn: str = COMPANY_INN
) -> str:
    """Return the key of the client's contract with this number; create it if there is none."""
    owner = _owner_field(infobase)
    for row in infobase.rows(CONTRACTS):
        if (row[owner], row["Номер"], row["DeletionMark"]) == (client, number, False):
            return str(row["Ref_Key"])
    return str(add_contract(infobase, client, number, day, company_inn)["Ref_Key"])


def add_shipment(
    infobase: Infobase,
    client: str,
    contract: str,
    number: str | None,
    day: str,
    amount: float,
    company_inn: str = COMPANY_INN,
    *,
    posted: bool = True,
) -> Mapping[str, Any]:
    """Create a shipment; if ``number`` is None, it gets the next one of the year."""
    parties = Parties(client, _company(infobase, company_inn), contract)
    key = _shipment(infobase, parties, number or "", day, amount, posted=posted, fixed=False)
    return infobase.row(SHIPMENTS, key)


def add_order(
    infobase: Infobase,
    client: str,
    contract: str,
    number: str | None,
    day: str,
    company_inn: str = COMPANY_INN,
) -> Mapping[str, Any]:
    """Create an order without lines; if ``number`` is None, it gets the next one of the year."""
    values = {
        "Number": number or "",
        "Date": f"{day}T12:00:00",
        "Организация_Key": _company(infobase, company_inn),
        "Контрагент_Key": client,
        "Склад_Key": _warehouse(infobase),
    }
    if contract:
        values[_contract_field(infobase)] = contract
    name = ORDERS[infobase.configuration]
    return infobase.row(name, _create(infobase, name, values))


def add_ordered(
    infobase: Infobase,
    order: str,
    name: str,
    article: str,
    quantity: float,
    price: float,
    unit: str,
    *,
    cancelled: bool = False,
) -> None:
    """Add a line to an order, and its item unless it exists; the sum of the order follows.

    ``unit``: of the item; for an item that has another one, a package (`ut11` only). Blank: none.
    """
    orders = ORDERS[infobase.configuration]
    item = _item_of(infobase, name, article, unit)
    values: dict[str, Any] = {
        "Номенклатура_Key": item,
        "Количество": quantity,
        "КоличествоУпаковок": quantity,
        "Цена": price,
        "Сумма": round(quantity * price, 2),
        "Отменено": cancelled,
    }
    if unit and infobase.row(ITEMS, item)["ЕдиницаИзмерения_Key"] != (key := _unit(infobase, unit)):
        values["Упаковка_Key"] = key
    infobase.add_line(f"{orders}_Товары", order, values)
    if not cancelled:
        amount = infobase.row(orders, order)["СуммаДокумента"] + values["Сумма"]
        infobase.change(orders, order, {"СуммаДокумента": round(amount, 2)})


def add_item(
    infobase: Infobase, name: str, article: str, manufacturer: str, barcode: str
) -> Mapping[str, Any]:
    """Create an item with the next code, and its manufacturer unless it exists.

    ``barcode``: blank for an item without one.
    """
    key = _item(infobase, name, article, manufacturer, fixed=False)
    if barcode:
        _barcode(infobase, key, barcode)
    return infobase.row(ITEMS, key)


def _barcode(infobase: Infobase, item: str, barcode: str) -> None:
    _create(infobase, BARCODES, {"Штрихкод": barcode, "Номенклатура_Key": item})


def add_goods(
    infobase: Infobase, shipment: str, name: str, article: str, quantity: float, price: float
) -> None:
    """Add a line to a shipment, and its item unless it exists."""
    values = {
        "Номенклатура_Key": _item_of(infobase, name, article),
        "Количество": quantity,
        "Цена": price,
        "Сумма": round(quantity * price, 2),
    }
    infobase.add_line(GOODS, shipment, values)


def _item_of(infobase: Infobase, name: str, article: str, unit: str = UNIT) -> str:
    """Return the key of the item with this article and name; create it if there is none."""
    known = (
        str(row["Ref_Key"])
        for row in infobase.rows(ITEMS)
        if (row["Артикул"], row["Description"]) == (article, name)
    )
    return next(known, None) or _item(infobase, name, article, "P.I.T.", unit=unit, fixed=False)


def _unit(infobase: Infobase, name: str) -> str:
    """Return the key of the unit with this name; create it if there is none."""
    units = UNITS[infobase.configuration]
    known = (str(row["Ref_Key"]) for row in infobase.rows(units) if row["Description"] == name)
    return next(known, None) or _create(infobase, units, {"Description": name}, key_of(name))


def _item(
    infobase: Infobase,
    name: str,
    article: str,
    manufacturer: str,
    suffix: str = "",
    *,
    unit: str = UNIT,
    fixed: bool = True,
) -> str:
    """Create an item. ``fixed``: its key is the same in every run."""
    values = {"Description": name, "НаименованиеПолное": name, "Артикул": article}
    if unit:
        values["ЕдиницаИзмерения_Key"] = _unit(infobase, unit)
    if infobase.configuration == "ut11":
        values["Производитель_Key"] = _maker(infobase, manufacturer)
    key = key_of(f"{manufacturer} {article} {suffix}".strip()) if fixed else None
    return _create(infobase, ITEMS, values, key)


def _maker(infobase: Infobase, name: str) -> str:
    for row in infobase.rows(MAKERS):
        if row["Description"] == name:
            return str(row["Ref_Key"])
    return _create(infobase, MAKERS, {"Description": name}, key_of(name))


def _company(infobase: Infobase, inn: str) -> str:
    return next(str(r["Ref_Key"]) for r in infobase.rows(ORGANISATIONS) if r["ИНН"] == inn)


def _free_number(infobase: Infobase, year: str) -> str:
    taken = {row["Номер"] for row in infobase.rows(CONTRACTS)}
    every = (f"ПТ-{year}-{number:03}" for number in range(1, len(taken) + 2))
    return next(number for number in every if number not in taken)


def _organization(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    values = {"Description": name, "ИНН": inn, "КПП": kpp}
    return _create(infobase, ORGANISATIONS, values, key_of(name))


def _client(infobase: Infobase, name: str, inn: str, kpp: str) -> str:
    values = {"Description": name, "НаименованиеПолное": name, "ИНН": inn, "КПП": kpp}
    return _create(infobase, CLIENTS, values, key_of(name))


def _contract(
    infobase: Infobase, client: str, company: str, number: str, day: str, *, fixed: bool = True
) -> str:
    """Create a contract. ``fixed``: its key is the same in every run."""
    values = {
        "Description": f"Договор поставки {number}",
        "Номер": number,
        "Дата": f"{day}T00:00:00",
        "Организация_Key": company,
        _owner_field(infobase): client,
    }
    key = key_of(f"{client} {company} {number} {day}") if fixed else None
    return _create(infobase, CONTRACTS, values, key)


def _owner_field(infobase: Infobase) -> str:
    return "Контрагент_Key" if infobase.configuration == "ut11" else "Owner_Key"


def _contract_field(infobase: Infobase) -> str:
    return "Договор_Key" if infobase.configuration == "ut11" else "ДоговорКонтрагента_Key"


def _shipment(
    infobase: Infobase,
    parties: Parties,
    number: str,
    day: str,
    amount: float,
    *,
    posted: bool = True,
    fixed: bool = True,
) -> str:
    """Create a shipment. ``fixed``: its key is the same in every run."""
    values = {
        "Number": number,
        "Date": f"{day}T12:00:00",
        "Организация_Key": parties.company,
        "Контрагент_Key": parties.client,
        "Склад_Key": _warehouse(infobase),
        "СуммаДокумента": amount,
        "КоличествоСтрок": "1",
    }
    if parties.contract:
        values[_contract_field(infobase)] = parties.contract
    key = key_of(f"{parties.company} {number} {day}") if fixed else None
    made = _create(infobase, SHIPMENTS, values, key)
    if posted:
        infobase.post(SHIPMENTS, made, posted=True)
    return made


def _warehouse(infobase: Infobase) -> str:
    """Return the key of the only warehouse; create it for the first shipment."""
    for row in infobase.rows(WAREHOUSES):
        return str(row["Ref_Key"])
    name = "Центральный склад"
    return _create(infobase, WAREHOUSES, {"Description": name}, key_of(name))


def _create(
    infobase: Infobase, name: str, values: Mapping[str, Any], key: UUID | None = None
) -> str:
    return str(infobase.create(name, values, key=key)["Ref_Key"])


def _mark_deleted(infobase: Infobase, name: str, key: str) -> None:
    infobase.change(name, key, {"DeletionMark": True})

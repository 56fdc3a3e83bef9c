"""Entity sets and fields of the simulated configurations."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

Configuration = Literal["ut11", "bp30"]

EMPTY_KEY = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"


class EdmType(StrEnum):
    """Type of a field."""

    STRING = "Edm.String"
    GUID = "Edm.Guid"
    BOOLEAN = "Edm.Boolean"
    DATETIME = "Edm.DateTime"
    INT64 = "Edm.Int64"
    """Sent as a string."""
    DOUBLE = "Edm.Double"

    @property
    def empty(self) -> str | bool | float:
        """Value of an empty field."""
        match self:
            case EdmType.GUID:
                return EMPTY_KEY
            case EdmType.BOOLEAN:
                return False
            case EdmType.DATETIME:
                return EMPTY_DATE
            case EdmType.INT64:
                return "0"
            case EdmType.DOUBLE:
                return 0
            case EdmType.STRING:
                return ""


@dataclass(frozen=True)
class Property:
    """A field of an entity set."""

    kind: EdmType
    length: int = 0
    """Longer strings are silently truncated; 0: unlimited."""


@dataclass(frozen=True)
class EntitySet:
    """A catalog, a document or an information register of 1C."""

    name: str
    properties: Mapping[str, Property]
    number_field: str
    number_prefix: str
    number_width: int
    """Number of digits after the prefix."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Navigation property → set; its key field is the property name with `_Key`."""
    is_document: bool = False
    is_part: bool = False
    """A tabular part: its rows have the key of their document and a line number, and are written
    with it."""


def sets_of(configuration: Configuration) -> dict[str, EntitySet]:
    """Return the sets of a configuration by name."""
    contracts, shipments = _contracts_and_shipments(configuration)
    orders, units = _orders_of(configuration, shipments), _units(configuration)
    every = (
        _organizations(),
        _counterparties(configuration),
        _warehouses(),
        contracts,
        shipments,
        _goods_of(shipments),
        orders,
        _goods_of(orders, ordered=True),
        units,
        *_items(configuration, units),
        _barcodes(),
    )
    return {entity_set.name: entity_set for entity_set in every}


def _string(length: int = 0) -> Property:
    return Property(EdmType.STRING, length)


_GUID, _FLAG, _MOMENT = (
    Property(EdmType.GUID),
    Property(EdmType.BOOLEAN),
    Property(EdmType.DATETIME),
)
_CATALOG = {
    "Ref_Key": _GUID,
    "DataVersion": _string(),
    "DeletionMark": _FLAG,
    "Predefined": _FLAG,
    "PredefinedDataName": _string(),
    "Code": _string(11),
    "Description": _string(100),
}
_HIERARCHY = {"Parent_Key": _GUID, "IsFolder": _FLAG}
_DOCUMENT = {
    "Ref_Key": _GUID,
    "DataVersion": _string(),
    "DeletionMark": _FLAG,
    "Number": _string(11),
    "Date": _MOMENT,
    "Posted": _FLAG,
    "Комментарий": _string(),
}


def _catalog(name: str, own: Mapping[str, Property], **references: str) -> EntitySet:
    return EntitySet(f"Catalog_{name}", {**_CATALOG, **own}, "Code", "00-", 8, references)


def _organizations() -> EntitySet:
    return _catalog("Организации", {"ИНН": _string(12), "КПП": _string(9)})


def _counterparties(configuration: Configuration) -> EntitySet:
    own = {"НаименованиеПолное": _string(), "ИНН": _string(12), "КПП": _string(9)}
    extra = {"Партнер_Key": _GUID} if configuration == "ut11" else _HIERARCHY
    return _catalog("Контрагенты", {**own, **extra})


def _warehouses() -> EntitySet:
    return _catalog("Склады", _HIERARCHY)


def _units(configuration: Configuration) -> EntitySet:
    ut = configuration == "ut11"
    return _catalog("УпаковкиЕдиницыИзмерения" if ut else "КлассификаторЕдиницИзмерения", {})


def _items(configuration: Configuration, units: EntitySet) -> tuple[EntitySet, ...]:
    own = {
        "Артикул": _string(25),
        "НаименованиеПолное": _string(),
        "ЕдиницаИзмерения_Key": _GUID,
        **_HIERARCHY,
    }
    if configuration == "bp30":
        return (_catalog("Номенклатура", own, ЕдиницаИзмерения=units.name),)
    maker = _catalog("Производители", {})
    links = {"ЕдиницаИзмерения": units.name, "Производитель": maker.name}
    return maker, _catalog("Номенклатура", own | {"Производитель_Key": _GUID}, **links)


def _orders_of(configuration: Configuration, shipments: EntitySet) -> EntitySet:
    """Return the orders: documents with most of the fields of shipments."""
    ut = configuration == "ut11"
    own = {name: spec for name, spec in shipments.properties.items() if name != "КоличествоСтрок"}
    return replace(
        shipments,
        name=f"Document_{'ЗаказКлиента' if ut else 'СчетНаОплатуПокупателю'}",
        properties=own,
        number_prefix="ЗКУТ-" if ut else "СЧБП-",
    )


def _goods_of(document: EntitySet, *, ordered: bool = False) -> EntitySet:
    """``ordered``: the goods of an order of `ut11` are counted in packages and may be cancelled."""
    number = Property(EdmType.DOUBLE)
    properties = {
        "Ref_Key": _GUID,
        "LineNumber": Property(EdmType.INT64),
        "Номенклатура_Key": _GUID,
        "Количество": number,
        "Цена": number,
        "Сумма": number,
    }
    items = {"Номенклатура": "Catalog_Номенклатура"}
    if ordered and document.name == "Document_ЗаказКлиента":
        properties |= {"КоличествоУпаковок": number, "Упаковка_Key": _GUID, "Отменено": _FLAG}
        items["Упаковка"] = "Catalog_УпаковкиЕдиницыИзмерения"
    return EntitySet(
        f"{document.name}_Товары", properties, "LineNumber", "", 1, items, is_part=True
    )


def _barcodes() -> EntitySet:
    """An information register: its rows have no key of their own."""
    own = {"Штрихкод": _string(200), "Номенклатура_Key": _GUID}
    name = "InformationRegister_ШтрихкодыНоменклатуры"
    return EntitySet(name, own, "Штрихкод", "", 13, {"Номенклатура": "Catalog_Номенклатура"})


def _contracts_and_shipments(configuration: Configuration) -> tuple[EntitySet, EntitySet]:
    """Return the sets in which the configurations differ most."""
    own = {"Номер": _string(40), "Дата": _MOMENT, "Организация_Key": _GUID}
    references = {"Организация": "Catalog_Организации"}
    client = {"Контрагент": "Catalog_Контрагенты"}
    if configuration == "ut11":
        extra = {"Контрагент_Key": _GUID, "НаименованиеДляПечати": _string(), "Статус": _string()}
        contracts = _catalog("ДоговорыКонтрагентов", own | extra, **references, **client)
        link = "Договор"
    else:
        extra = {"Owner_Key": _GUID, "ВидДоговора": _string(), **_HIERARCHY}
        owner = {"Owner": "Catalog_Контрагенты"}
        contracts = _catalog("ДоговорыКонтрагентов", own | extra, **references, **owner)
        link = "ДоговорКонтрагента"
    shipment = {
        "Организация_Key": _GUID,
        "Контрагент_Key": _GUID,
        f"{link}_Key": _GUID,
        "Склад_Key": _GUID,
        "СуммаДокумента": Property(EdmType.DOUBLE),
        "КоличествоСтрок": Property(EdmType.INT64),
    }
    shipments = EntitySet(
        "Document_РеализацияТоваровУслуг",
        {**_DOCUMENT, **shipment},
        "Number",
        "ПТУТ-",
        6,
        {**references, **client, link: contracts.name, "Склад": "Catalog_Склады"},
        is_document=True,
    )
    return contracts, shipments

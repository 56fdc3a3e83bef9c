"""Names of entity sets and fields in the supported configurations of 1C."""

from dataclasses import dataclass
from types import MappingProxyType

from db.domain.onec.bindings import BindingKind
from workers.integrations.onec.odata.row_reader import LINE
from workers.ports.onec import ORDER, DocumentKind


@dataclass(frozen=True, kw_only=True)
class RecordSet:
    """Entity set of contracts, shipments or orders and its fields; "" for what it does not have."""

    entity_set: str
    counterparty: str
    number: str
    date: str
    organization: str = "Организация_Key"
    code: str = ""
    contract: str = ""
    warehouse: str = ""
    amount: str = ""
    posted: str = ""
    goods: str = ""
    """Tabular part with the goods, an entity set of its own behind the name of this one."""
    item: str = "Номенклатура_Key"
    quantity: str = "Количество"
    """In packages where there is a `package`."""
    price: str = "Цена"
    package: str = ""
    """Reference of a line to its package, a unit; an empty one means the unit of the item."""
    cancelled: str = ""
    """Flag of a line that the client does not want any more."""
    has_folders: bool = False
    """Whether folders are rows of the same set, marked by `IsFolder`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields to select."""
        names = (
            "Ref_Key",
            self.code,
            "DeletionMark",
            "DataVersion",
            self.posted,
            self.counterparty,
            self.number,
            self.date,
            self.contract,
            self.organization,
            self.warehouse,
            self.amount,
        )
        return tuple(filter(None, names))

    @property
    def goods_set(self) -> str:
        """Entity set of the goods."""
        return f"{self.entity_set}_{self.goods}"

    @property
    def goods_fields(self) -> tuple[str, ...]:
        """Fields to select from the goods."""
        names = (self.item, self.quantity, self.price, self.package, self.cancelled)
        return ("Ref_Key", LINE, *filter(None, names))


@dataclass(frozen=True, kw_only=True)
class ItemSet:
    """Entity set of items and its fields; folders are rows of the same set."""

    entity_set: str = "Catalog_Номенклатура"
    article: str = "Артикул"
    unit: str = "ЕдиницаИзмерения_Key"
    """Reference to the unit, which only the goods of orders need."""
    manufacturer: str = ""
    """Reference to a manufacturer; "" if items have none."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields to select."""
        names = ("Ref_Key", "Code", "Description", "DeletionMark", "DataVersion", self.article)
        return (*names, self.manufacturer) if self.manufacturer else names


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One configuration of 1C. The defaults are common to all of them."""

    code: str
    """Value of `ONEC_PROFILE`."""
    title: str
    contracts: RecordSet
    shipments: RecordSet
    orders: RecordSet
    """Orders of customers; in `bp30`, which has none, the invoices for payment."""
    items: ItemSet
    units: str
    """Entity set of units and packages."""
    unit_fields: tuple[str, ...] = ("Ref_Key", "Description")
    manufacturers: str = ""
    """Entity set to which `ItemSet.manufacturer` refers; "" if items have no manufacturer."""
    manufacturer_fields: tuple[str, ...] = ("Ref_Key", "Description")
    barcodes: str = "InformationRegister_ШтрихкодыНоменклатуры"
    barcode: str = "Штрихкод"
    barcode_item: str = "Номенклатура_Key"
    counterparties: str = "Catalog_Контрагенты"
    organizations: str = "Catalog_Организации"
    warehouses: str = "Catalog_Склады"
    inn: str = "ИНН"
    kpp: str = "КПП"

    @property
    def counterparty_fields(self) -> tuple[str, ...]:
        """Fields to select from `counterparties`."""
        return ("Ref_Key", "Code", "Description", self.inn, self.kpp, "DeletionMark")

    @property
    def organization_fields(self) -> tuple[str, ...]:
        """Fields to select from `organizations`."""
        return ("Ref_Key", "Description", self.inn)

    @property
    def warehouse_fields(self) -> tuple[str, ...]:
        """Fields to select from `warehouses`."""
        return ("Ref_Key", "Description")

    @property
    def barcode_fields(self) -> tuple[str, ...]:
        """Fields to select from `barcodes`."""
        return (self.barcode, self.barcode_item)

    @property
    def contract_label_fields(self) -> tuple[str, ...]:
        """Fields that name a contract to people."""
        return ("Ref_Key", self.contracts.code, self.contracts.number)

    @property
    def records(self) -> dict[DocumentKind, RecordSet]:
        """Entity set of each kind of document."""
        return {
            BindingKind.CONTRACT: self.contracts,
            BindingKind.SHIPMENT: self.shipments,
            ORDER: self.orders,
        }

    def needs_of(self, kind: DocumentKind) -> dict[str, tuple[str, ...]]:
        """Return entity set → fields that the search requires; `warehouses` is optional."""
        folders = ("IsFolder",) if self.contracts.has_folders else ()
        common = {
            self.counterparties: self.counterparty_fields,
            self.contracts.entity_set: (*self.contracts.fields, *folders),
            self.organizations: self.organization_fields,
        }
        if kind is BindingKind.CONTRACT:
            return common
        if kind == ORDER:
            own = self.order_needs
        else:
            own = {self.shipments.entity_set: self.shipments.fields}
        return common | {self.contracts.entity_set: self.contract_label_fields} | own

    @property
    def item_needs(self) -> dict[str, tuple[str, ...]]:
        """Entity set → fields that the search for items requires; `barcodes` is optional."""
        needs = {self.items.entity_set: (*self.items.fields, "IsFolder")}
        if self.manufacturers:
            needs[self.manufacturers] = self.manufacturer_fields
        return needs

    @property
    def order_needs(self) -> dict[str, tuple[str, ...]]:
        """Entity set → fields that taking the goods of an order requires, which is optional."""
        return {
            self.orders.entity_set: self.orders.fields,
            self.orders.goods_set: self.orders.goods_fields,
            self.items.entity_set: ("Ref_Key", "Description", self.items.article, self.items.unit),
            self.units: self.unit_fields,
        }

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Entity set → fields that the suite requires."""
        documents = self.needs_of(BindingKind.SHIPMENT) | self.needs_of(BindingKind.CONTRACT)
        return documents | self.item_needs


def _contracts(counterparty: str, *, has_folders: bool) -> RecordSet:
    return RecordSet(
        entity_set="Catalog_ДоговорыКонтрагентов",
        code="Code",
        counterparty=counterparty,
        number="Номер",
        date="Дата",
        has_folders=has_folders,
    )


def _orders(
    entity_set: str, contract: str, *, quantity: str, package: str = "", cancelled: str = ""
) -> RecordSet:
    return RecordSet(
        entity_set=entity_set,
        counterparty="Контрагент_Key",
        number="Number",
        date="Date",
        contract=contract,
        amount="СуммаДокумента",
        goods="Товары",
        quantity=quantity,
        package=package,
        cancelled=cancelled,
    )


def _shipments(contract: str) -> RecordSet:
    return RecordSet(
        entity_set="Document_РеализацияТоваровУслуг",
        counterparty="Контрагент_Key",
        number="Number",
        date="Date",
        contract=contract,
        warehouse="Склад_Key",
        amount="СуммаДокумента",
        posted="Posted",
        goods="Товары",
    )


UT11 = Profile(
    code="ut11",
    title="Управление торговлей 11, Комплексная автоматизация 2, ERP",
    contracts=_contracts("Контрагент_Key", has_folders=False),
    shipments=_shipments("Договор_Key"),
    orders=_orders(
        "Document_ЗаказКлиента",
        "Договор_Key",
        quantity="КоличествоУпаковок",
        package="Упаковка_Key",
        cancelled="Отменено",
    ),
    items=ItemSet(manufacturer="Производитель_Key"),
    units="Catalog_УпаковкиЕдиницыИзмерения",
    manufacturers="Catalog_Производители",
)
BP30 = Profile(
    code="bp30",
    title="Бухгалтерия предприятия 3.0",
    contracts=_contracts("Owner_Key", has_folders=True),
    shipments=_shipments("ДоговорКонтрагента_Key"),
    orders=_orders(
        "Document_СчетНаОплатуПокупателю", "ДоговорКонтрагента_Key", quantity="Количество"
    ),
    items=ItemSet(),
    units="Catalog_КлассификаторЕдиницИзмерения",
)
PROFILES = MappingProxyType({profile.code: profile for profile in (UT11, BP30)})

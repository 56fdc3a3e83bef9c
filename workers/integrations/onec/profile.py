"""Names of sets and fields in the configurations of 1C that we read."""

from dataclasses import dataclass
from types import MappingProxyType

_CONTRACTS = "Catalog_ДоговорыКонтрагентов"


@dataclass(frozen=True)
class Profile:
    """One configuration of 1C. Defaults are what all of them share."""

    code: str
    title: str
    contract_owner: str
    """The contract's reference to its counterparty."""
    contract_folders: bool
    """Whether contracts lie in folders, which are rows of the same set."""
    shipment_contract: str
    """The shipment's reference to its contract."""
    counterparties: str = "Catalog_Контрагенты"
    contracts: str = _CONTRACTS
    organisations: str = "Catalog_Организации"
    shipments: str = "Document_РеализацияТоваровУслуг"
    warehouses: str = "Catalog_Склады"
    inn: str = "ИНН"
    kpp: str = "КПП"
    contract_number: str = "Номер"
    contract_date: str = "Дата"
    contract_organisation: str = "Организация_Key"
    shipment_counterparty: str = "Контрагент_Key"
    shipment_organisation: str = "Организация_Key"
    shipment_warehouse: str = "Склад_Key"
    shipment_amount: str = "СуммаДокумента"

    @property
    def counterparty_fields(self) -> tuple[str, ...]:
        return ("Ref_Key", "Code", "Description", self.inn, self.kpp, "DeletionMark")

    @property
    def contract_fields(self) -> tuple[str, ...]:
        return (
            "Ref_Key",
            "Code",
            "DeletionMark",
            "DataVersion",
            self.contract_owner,
            self.contract_number,
            self.contract_date,
            self.contract_organisation,
        )

    @property
    def organisation_fields(self) -> tuple[str, ...]:
        return ("Ref_Key", "Description", self.inn)

    @property
    def shipment_fields(self) -> tuple[str, ...]:
        return (
            "Ref_Key",
            "Number",
            "Date",
            "Posted",
            "DeletionMark",
            "DataVersion",
            self.shipment_counterparty,
            self.shipment_contract,
            self.shipment_organisation,
            self.shipment_warehouse,
            self.shipment_amount,
        )

    @property
    def warehouse_fields(self) -> tuple[str, ...]:
        return ("Ref_Key", "Description")

    @property
    def contract_needs(self) -> dict[str, tuple[str, ...]]:
        """Set → fields without which contracts cannot be found."""
        folders = ("IsFolder",) if self.contract_folders else ()
        return {
            self.counterparties: self.counterparty_fields,
            self.contracts: (*self.contract_fields, *folders),
            self.organisations: self.organisation_fields,
        }

    @property
    def shipment_needs(self) -> dict[str, tuple[str, ...]]:
        """Set → fields without which shipments cannot be found; `warehouses` is not among them."""
        return {
            self.counterparties: self.counterparty_fields,
            self.contracts: ("Ref_Key", "Code", self.contract_number),
            self.organisations: self.organisation_fields,
            self.shipments: self.shipment_fields,
        }

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        return self.shipment_needs | self.contract_needs


UT11 = Profile(
    code="ut11",
    title="Управление торговлей 11, Комплексная автоматизация 2, ERP",
    contract_owner="Контрагент_Key",
    contract_folders=False,
    shipment_contract="Договор_Key",
)
BP30 = Profile(
    code="bp30",
    title="Бухгалтерия предприятия 3.0",
    contract_owner="Owner_Key",
    contract_folders=True,
    shipment_contract="ДоговорКонтрагента_Key",
)
PROFILES = MappingProxyType({profile.code: profile for profile in (UT11, BP30)})

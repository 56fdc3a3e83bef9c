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
    counterparties: str = "Catalog_Контрагенты"
    contracts: str = _CONTRACTS
    organisations: str = "Catalog_Организации"
    inn: str = "ИНН"
    kpp: str = "КПП"
    contract_number: str = "Номер"
    contract_date: str = "Дата"
    contract_organisation: str = "Организация_Key"

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


UT11 = Profile(
    code="ut11",
    title="Управление торговлей 11, Комплексная автоматизация 2, ERP",
    contract_owner="Контрагент_Key",
    contract_folders=False,
)
BP30 = Profile(
    code="bp30",
    title="Бухгалтерия предприятия 3.0",
    contract_owner="Owner_Key",
    contract_folders=True,
)
PROFILES = MappingProxyType({profile.code: profile for profile in (UT11, BP30)})

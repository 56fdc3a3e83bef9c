"""ONEC_*: which 1C to ask and how; without an address the numbers are taken as entered."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from db.config.settings import Settings, WebAddress
from db.domain.requisites import is_inn
from workers.integrations.onec.contracts import ODataContractBook
from workers.integrations.onec.manual import ManualContractBook, ManualShipmentBook
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.profile import PROFILES
from workers.integrations.onec.shipments import ODataShipmentBook
from workers.ports.onec_contracts import ContractBook
from workers.ports.onec_shipments import ShipmentBook


class OnecSettings(Settings):
    """Of one infobase; workers read them anew before every question: see `current`."""

    model_config = SettingsConfigDict(env_prefix="ONEC_")

    url: WebAddress | None = None
    """Publication of the infobase, e.g. https://1c.example.ru/trade; None: no 1C at hand."""
    user: str | None = None
    """Login of 1C that may read by OData."""
    password: SecretStr = SecretStr("")
    """Its password."""
    profile: Literal["ut11", "bp30"] = "ut11"
    """Configuration: `ut11` (УТ 11, КА, ERP) or `bp30` (Бухгалтерия 3.0)."""
    infobase: str = "main"
    """Our name of the infobase; keys of 1C are unique only within one."""
    organisation_inn: str | None = None
    """ИНН of our own company, if contracts of others are kept in the same infobase."""
    timezone: str = "Europe/Moscow"
    """Clock of the infobase: its dates carry no zone."""
    session: bool = False
    """Keep a session of 1C between calls: faster, holds a licence."""
    allowed_only: bool = False
    """Leave out rows that the 1C user may not read (`allowedOnly`), where rights are by row."""

    @field_validator("url")
    @classmethod
    def _publication(cls, url: str | None) -> str | None:
        return None if url is None else url.rstrip("/").removesuffix("/odata/standard.odata")

    @field_validator("organisation_inn")
    @classmethod
    def _checked(cls, inn: str | None) -> str | None:
        if inn is not None and not is_inn(inn):
            raise ValueError("нужен ИНН: 10 или 12 цифр с верными контрольными")
        return inn

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as unknown:
            raise ValueError("нужен часовой пояс из базы IANA, например Europe/Moscow") from unknown
        return name

    def today(self) -> date:
        """The date by the infobase's own clock."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url is not None and not self.user:
            raise ValueError("вместе с ONEC_URL нужна ONEC_USER")
        return self


@dataclass(frozen=True)
class Books:
    """Everything we ask of one infobase, over one connection."""

    contracts: ContractBook
    shipments: ShipmentBook

    def check(self) -> None:
        """Raises what the books raise, for the first set that cannot be read."""
        self.contracts.check()
        self.shipments.check()

    def close(self) -> None:
        self.contracts.close()
        self.shipments.close()


def open_books(settings: OnecSettings) -> Books:
    """The books that fit the settings. Asks nothing yet; close them at the end."""
    client = open_client(settings)
    if client is None:
        return Books(ManualContractBook(), ManualShipmentBook())
    # One client for both: licences, pauses and a refused login are matters of the infobase.
    profile, own = PROFILES[settings.profile], settings.organisation_inn
    return Books(
        ODataContractBook(client, profile, organisation_inn=own, today=settings.today),
        ODataShipmentBook(client, profile, organisation_inn=own, today=settings.today),
    )


def open_client(settings: OnecSettings) -> ODataClient | None:
    """None: no 1C at hand. Asks nothing yet; close it at the end."""
    if settings.url is None or settings.user is None:
        return None
    return ODataClient(
        settings.url,
        settings.user,
        settings.password.get_secret_value(),
        session=settings.session,
        allowed_only=settings.allowed_only,
    )

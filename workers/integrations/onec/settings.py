"""Settings `ONEC_*`: connection to an infobase. Without a URL numbers are accepted as entered."""

from datetime import date, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from db.config.settings import Settings, WebAddress
from db.domain.fields.requisites import is_inn


class OnecSettings(Settings):
    """Settings of one infobase. Workers read them again before every request: see `gateways`."""

    model_config = SettingsConfigDict(env_prefix="ONEC_")

    url: WebAddress | None = None
    """URL of the published infobase, e.g. https://1c.example.ru/trade; None: no connection."""
    user: str | None = None
    """Login of a 1C user that may read by OData."""
    password: SecretStr = SecretStr("")
    """Password of the 1C user."""
    profile: Literal["ut11", "bp30"] = "ut11"
    """Configuration of 1C: `ut11` (УТ 11, КА, ERP) or `bp30` (Бухгалтерия 3.0)."""
    infobase: str = "main"
    """Name of the infobase in this suite; keys of 1C are unique only within an infobase."""
    organisation_inn: str | None = None
    """ИНН of our own company, if the infobase contains several companies."""
    timezone: str = "Europe/Moscow"
    """IANA time zone of the infobase, whose dates have no zone."""
    session: bool = False
    """Reuse a session of 1C between requests: faster, occupies a license."""
    allowed_only: bool = False
    """Send `allowedOnly`: omit rows that the 1C user may not read, for row-level rights (RLS)."""

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
        """Return the current date in the time zone of the infobase."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url is not None and not self.user:
            raise ValueError("вместе с ONEC_URL нужна ONEC_USER")
        return self

"""`/_simulator/…`: the operator's hands and the switches of faults, for demo and tests."""

from collections import deque
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workers.gateways.onec.simulator.demo import COMPANY_INN, add_client, add_contract, fill
from workers.gateways.onec.simulator.faults import Faults, Switchboard
from workers.gateways.onec.simulator.infobase import Infobase


class NewContract(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "Новый клиент"
    inn: str = Field(pattern="^[0-9]{10}([0-9]{2})?$")
    kpp: str = ""
    number: str | None = None
    """None: the next free one."""
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    """None: today."""
    organisation_inn: str = COMPANY_INN


class Entered(BaseModel):
    """What the operator sees in 1C afterwards."""

    counterparty: str
    contract: str
    number: str
    code: str


class Asked(BaseModel):
    """One request to OData, as it came."""

    method: str
    path: str
    query: str


def control(infobase: Infobase, switchboard: Switchboard, journal: deque[Asked]) -> APIRouter:
    router = APIRouter(prefix="/_simulator")

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"state": "ready"}

    @router.post("/contracts", status_code=201)
    async def enter_contract(new: NewContract) -> Entered:
        """Create the counterparty, unless it is there, and a contract with it."""
        client = add_client(infobase, new.name, new.inn, new.kpp)
        day = new.date or datetime.now(UTC).date().isoformat()
        row = add_contract(infobase, client, new.number, day, new.organisation_inn)
        return Entered(
            counterparty=client, contract=row["Ref_Key"], number=row["Номер"], code=row["Code"]
        )

    @router.get("/faults")
    async def faults() -> Faults:
        return switchboard.faults

    @router.put("/faults")
    async def throw(wanted: Faults) -> Faults:
        """Replace all switches at once; an empty body mends everything."""
        switchboard.throw(wanted)
        return wanted

    @router.get("/journal")
    async def asked() -> list[Asked]:
        return list(journal)

    @router.post("/reset")
    async def reset() -> dict[str, str]:
        """The demo as it was in the beginning: rows, switches, journal."""
        infobase.clear()
        fill(infobase)
        switchboard.throw(Faults())
        journal.clear()
        return {"state": "ready"}

    @router.get("/rows/{name}")
    async def rows(name: str) -> list[dict[str, Any]]:
        """All rows of a set, past OData and its faults."""
        return infobase.rows(name)

    return router

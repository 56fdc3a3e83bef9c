"""`/_simulator/…`: the operator's hands and the switches of faults, for demo and tests."""

from collections import deque
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workers.integrations.onec.simulator.demo import (
    COMPANY_INN,
    add_client,
    add_contract,
    add_shipment,
    contract_of,
    fill,
)
from workers.integrations.onec.simulator.faults import Faults, Switchboard
from workers.integrations.onec.simulator.infobase import Infobase

NAME = "1C simulator"
"""By which whoever fills it with made-up companies knows that it is no real 1C."""
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class NewContract(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "Новый клиент"
    inn: str = Field(pattern="^[0-9]{10}([0-9]{2})?$")
    kpp: str = ""
    number: str | None = None
    """None: the next free one."""
    date: Day | None = None
    """None: today."""
    organisation_inn: str = COMPANY_INN


class Entered(BaseModel):
    """What the operator sees in 1C afterwards."""

    counterparty: str
    contract: str
    number: str
    code: str


class NewShipment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "Новый клиент"
    inn: str = Field(pattern="^[0-9]{10}([0-9]{2})?$")
    kpp: str = ""
    number: str | None = None
    """None: the next free one of the year."""
    date: Day | None = None
    """None: today."""
    amount: float = 118_000.00
    """RUB."""
    contract_number: str | None = None
    """Of this client; created if there is none. None: a shipment without contract."""
    posted: bool = True
    organisation_inn: str = COMPANY_INN


class Shipped(BaseModel):
    """What the operator sees in 1C afterwards."""

    counterparty: str
    contract: str | None
    shipment: str
    number: str
    date: str
    amount: float
    posted: bool


class Asked(BaseModel):
    """One request to OData, as it came."""

    method: str
    path: str
    query: str


def control(infobase: Infobase, switchboard: Switchboard, journal: deque[Asked]) -> APIRouter:
    router = APIRouter(prefix="/_simulator")

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"state": "ready", "name": NAME}

    @router.post("/contracts", status_code=201)
    async def enter_contract(new: NewContract) -> Entered:
        """Create the counterparty, unless it is there, and a contract with it."""
        client = add_client(infobase, new.name, new.inn, new.kpp)
        day = new.date or _today()
        row = add_contract(infobase, client, new.number, day, new.organisation_inn)
        return Entered(
            counterparty=client, contract=row["Ref_Key"], number=row["Номер"], code=row["Code"]
        )

    @router.post("/shipments", status_code=201)
    async def enter_shipment(new: NewShipment) -> Shipped:
        """Create the counterparty and the contract, unless they are there, and ship."""
        client = add_client(infobase, new.name, new.inn, new.kpp)
        day, company = new.date or _today(), new.organisation_inn
        contract = None
        if new.contract_number is not None:
            contract = contract_of(infobase, client, new.contract_number, day, company)
        row = add_shipment(
            infobase,
            client,
            contract or "",
            new.number,
            day,
            new.amount,
            company,
            posted=new.posted,
        )
        return Shipped(
            counterparty=client,
            contract=contract,
            shipment=row["Ref_Key"],
            number=row["Number"],
            date=row["Date"][:10],
            amount=row["СуммаДокумента"],
            posted=row["Posted"],
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

    @router.patch("/rows/{name}/{key}")
    async def change(name: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        """What an operator changes in the form: another number, the mark for deletion."""
        return infobase.change(name, key, values)

    @router.post("/rows/{name}/{key}/{action}")
    async def post(name: str, key: str, action: Literal["post", "unpost"]) -> dict[str, Any]:
        infobase.post(name, key, posted=action == "post")
        return infobase.row(name, key)

    @router.delete("/rows/{name}/{key}")
    async def delete(name: str, key: str) -> dict[str, str]:
        """Gone for good, as after «Удаление помеченных объектов»."""
        infobase.delete(name, key)
        return {"state": "gone"}

    return router


def _today() -> str:
    return datetime.now(UTC).date().isoformat()

"""Control API `/_simulator/…`: actions of a 1C operator and faults, for demo and tests."""

from collections import deque
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workers.integrations.onec.simulator.demo import (
    COMPANY_INN,
    UNIT,
    add_client,
    add_contract,
    add_goods,
    add_item,
    add_order,
    add_ordered,
    add_shipment,
    client_with,
    contract_of,
    fill,
)
from workers.integrations.onec.simulator.faults import Faults, FaultState
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.repeats import RepeatableRoute

NAME = "1C simulator"
"""Tells clients that create demo companies that this is no real 1C."""
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class NewContract(BaseModel):
    """A contract to create, with its client."""

    model_config = ConfigDict(extra="forbid")

    name: str = "Новый клиент"
    inn: str = Field(pattern="^[0-9]{10}([0-9]{2})?$")
    kpp: str = ""
    number: str | None = None
    """None: the next free one."""
    date: Day | None = None
    """None: today."""
    organisation_inn: str = COMPANY_INN


class CreatedContract(BaseModel):
    """Keys, number and code of a created contract."""

    counterparty: str
    contract: str
    number: str
    code: str


class NewGoods(BaseModel):
    """A line of a shipment; its item is created unless there is one with its article and name."""

    model_config = ConfigDict(extra="forbid")

    name: str
    article: str = ""
    quantity: float = 1
    price: float = 0


class NewDocument(BaseModel):
    """A document to create, with its client and contract."""

    model_config = ConfigDict(extra="forbid")

    name: str = "Новый клиент"
    inn: str = Field(pattern="^[0-9]{10}([0-9]{2})?$")
    kpp: str = ""
    number: str | None = None
    """None: the next free one of the year."""
    date: Day | None = None
    """None: today."""
    contract_number: str | None = None
    """Of this client; created if there is none. None: a document without contract."""
    organisation_inn: str = COMPANY_INN


class NewShipment(NewDocument):
    """A shipment to create."""

    counterparty: str | None = None
    """Key of its client. None, or of no client: found or created by name, ИНН and КПП."""
    amount: float = 118_000.00
    """RUB."""
    posted: bool = True
    goods: list[NewGoods] = []


class CreatedShipment(BaseModel):
    """Keys and requisites of a created shipment."""

    counterparty: str
    contract: str | None
    shipment: str
    number: str
    date: str
    amount: float
    posted: bool


class NewOrdered(NewGoods):
    """A line of an order."""

    unit: str = UNIT
    """Blank: none."""
    cancelled: bool = False


class NewOrder(NewDocument):
    """An order to create."""

    goods: list[NewOrdered] = []


class CreatedOrder(BaseModel):
    """Key and requisites of a created order."""

    counterparty: str
    order: str
    number: str
    date: str
    amount: float


class NewItem(BaseModel):
    """An item to create, with its manufacturer."""

    model_config = ConfigDict(extra="forbid")

    name: str
    article: str
    manufacturer: str = "P.I.T."
    barcode: str = ""


class CreatedItem(BaseModel):
    """Key and code of a created item."""

    item: str
    code: str


class JournalEntry(BaseModel):
    """A received OData request, with path and query as sent."""

    method: str
    path: str
    query: str


def control(infobase: Infobase, fault_state: FaultState, journal: deque[JournalEntry]) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/_simulator", route_class=RepeatableRoute)

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"state": "ready", "name": NAME}

    @router.post("/contracts", status_code=201)
    async def enter_contract(new: NewContract) -> CreatedContract:
        """Create a contract, and its counterparty unless it exists."""
        client = add_client(infobase, new.name, new.inn, new.kpp)
        day = new.date or _today()
        row = add_contract(infobase, client, new.number, day, new.organisation_inn)
        return CreatedContract(
            counterparty=client, contract=row["Ref_Key"], number=row["Номер"], code=row["Code"]
        )

    @router.post("/shipments", status_code=201)
    async def enter_shipment(new: NewShipment) -> CreatedShipment:
        """Create a shipment, and its counterparty and contract unless they exist."""
        client = client_with(infobase, new.counterparty) or add_client(
            infobase, new.name, new.inn, new.kpp
        )
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
        for line in new.goods:
            add_goods(infobase, row["Ref_Key"], line.name, line.article, line.quantity, line.price)
        return CreatedShipment(
            counterparty=client,
            contract=contract,
            shipment=row["Ref_Key"],
            number=row["Number"],
            date=row["Date"][:10],
            amount=row["СуммаДокумента"],
            posted=row["Posted"],
        )

    @router.post("/orders", status_code=201)
    async def enter_order(new: NewOrder) -> CreatedOrder:
        """Create an order, and its counterparty and contract unless they exist."""
        client = add_client(infobase, new.name, new.inn, new.kpp)
        day, company = new.date or _today(), new.organisation_inn
        contract = ""
        if new.contract_number is not None:
            contract = contract_of(infobase, client, new.contract_number, day, company)
        row = add_order(infobase, client, contract, new.number, day, company)
        for line in new.goods:
            add_ordered(
                infobase,
                row["Ref_Key"],
                line.name,
                line.article,
                line.quantity,
                line.price,
                line.unit,
                cancelled=line.cancelled,
            )
        return CreatedOrder(
            counterparty=client,
            order=row["Ref_Key"],
            number=row["Number"],
            date=row["Date"][:10],
            amount=row["СуммаДокумента"],
        )

    @router.post("/items", status_code=201)
    async def enter_item(new: NewItem) -> CreatedItem:
        """Create an item of the catalog «Номенклатура»."""
        row = add_item(infobase, new.name, new.article, new.manufacturer, new.barcode)
        return CreatedItem(item=row["Ref_Key"], code=row["Code"])

    @router.get("/faults")
    async def faults() -> Faults:
        return fault_state.faults

    @router.put("/faults")
    async def set_faults(wanted: Faults) -> Faults:
        """Replace all faults; an empty body ends them."""
        fault_state.set(wanted)
        return wanted

    @router.get("/journal")
    async def entries() -> list[JournalEntry]:
        """Return the received OData requests."""
        return list(journal)

    @router.post("/reset")
    async def reset() -> dict[str, str]:
        """Restore the demo rows, end faults and clear the journal."""
        infobase.clear()
        fill(infobase)
        fault_state.set(Faults())
        journal.clear()
        return {"state": "ready"}

    @router.get("/rows/{name}")
    async def rows(name: str) -> list[dict[str, Any]]:
        """Return all rows of a set, unaffected by faults."""
        return infobase.rows(name)

    @router.patch("/rows/{name}/{key}")
    async def change(name: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        """Change fields of a row, such as its number or deletion mark."""
        return infobase.change(name, key, values)

    @router.post("/rows/{name}/{key}/{action}")
    async def post(name: str, key: str, action: Literal["post", "unpost"]) -> dict[str, Any]:
        """Post or unpost a document."""
        infobase.post(name, key, posted=action == "post")
        return infobase.row(name, key)

    @router.delete("/rows/{name}/{key}")
    async def delete(name: str, key: str) -> dict[str, str]:
        """Delete a row, as «Удаление помеченных объектов» does."""
        infobase.delete(name, key)
        return {"state": "gone"}

    return router


def _today() -> str:
    return datetime.now(UTC).date().isoformat()

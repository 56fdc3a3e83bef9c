"""Documents that the simulated 1C creates for a task of the 1C operator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from api.http.problems import HttpRefusal
from bpmn.camunda.client.rest import UserTask
from db.domain.deals.deal import Deal
from db.domain.fields.goods import GOODS, read_goods, total
from db.domain.onec.bindings import Binding, BindingKind
from db.domain.shipping.delivery import ORDER_AMOUNT
from db.domain.steps.products import product_of
from db.ports.store import Store


class NothingToCreate(HttpRefusal):
    """The task is none for which 1C gets a document."""

    code = "ONEC_NOTHING_TO_CREATE"
    status = 409
    sentence = "В этой задаче в 1С создавать нечего. Обновите список задач."


class CardIncomplete(HttpRefusal):
    """The card lacks what a document needs."""

    code = "ONEC_CARD_INCOMPLETE"
    status = 422


@dataclass(frozen=True)
class OnecDocument:
    """A document to create: the simulator's endpoint, its body, and the answer's number member."""

    title: str
    """Russian name, as the sentence about it begins."""
    place: str
    body: Mapping[str, Any]
    number: str = "number"


def document_for(task: UserTask, deal: Deal, store: Store) -> OnecDocument:
    """The document that a task of the deal asks for. Raises: NothingToCreate, CardIncomplete."""
    kind = _disputed_kind(task, deal, store) if task.key == SETTLING else _KINDS.get(task.key)
    if kind is None:
        raise NothingToCreate
    return _DOCUMENTS[kind](deal, store.bindings.active(deal.id, BindingKind.CONTRACT))


def _disputed_kind(task: UserTask, deal: Deal, store: Store) -> BindingKind | None:
    """Kind of the binding that the discrepancy of the task is about."""
    sides = store.side_processes.of_instances([task.instance_id])
    disputed = {side.key.rpartition(":")[2] for side in sides}
    kinds = (one.kind for one in store.bindings.of(deal.id) if one.id in disputed)
    return next(kinds, None)


def _contract(deal: Deal, _: Binding | None) -> OnecDocument:
    return OnecDocument("Договор", "contracts", _client(deal))


def _shipment(deal: Deal, contract: Binding | None) -> OnecDocument:
    lines = read_goods(deal.values.get(GOODS))
    ordered = deal.values.get(ORDER_AMOUNT)
    amount = total(lines) if ordered is None else Decimal(str(ordered))
    body: dict[str, Any] = {**_client(deal), "amount": float(amount)}
    if contract is not None:
        body |= {
            "counterparty": contract.counterparty_ref,
            "contract_number": contract.number,
        }
    body["goods"] = [
        {
            "name": line.name,
            "article": line.article,
            "quantity": float(line.quantity),
            "price": float(line.price or 0),
        }
        for line in lines
    ]
    return OnecDocument("Реализация", "shipments", body)


def _item(deal: Deal, _: Binding | None) -> OnecDocument:
    product = product_of(deal)
    if not product.name or not product.article:
        raise CardIncomplete(
            "В карточке товара нет названия или артикула. Верните её менеджеру с пояснением."
        )
    body = {
        "name": product.name,
        "article": product.article,
        "manufacturer": product.manufacturer,
        "barcode": product.barcode,
    }
    return OnecDocument("Номенклатура", "items", body, number="code")


def _client(deal: Deal) -> dict[str, Any]:
    inn = deal.values.get("inn")
    if not inn:
        raise CardIncomplete("В карточке сделки нет ИНН. Верните карточку менеджеру с пояснением.")
    name = deal.values.get("counterparty") or deal.values.get("subject") or deal.id
    return {"name": name, "inn": inn, "kpp": deal.values.get("kpp") or ""}


SETTLING = "Task_SettleDiscrepancy"
"""User task whose kind of document is that of the disputed number."""
_KINDS: Mapping[str, BindingKind] = {
    "Task_EnterOnecContract": BindingKind.CONTRACT,
    "Task_CreateRealization": BindingKind.SHIPMENT,
    "Task_PrepareUpd": BindingKind.SHIPMENT,
    "Task_EnterItem": BindingKind.ITEM,
}
"""Other user tasks → kind of their document."""
_DOCUMENTS: Mapping[BindingKind, Callable[[Deal, Binding | None], OnecDocument]] = {
    BindingKind.CONTRACT: _contract,
    BindingKind.SHIPMENT: _shipment,
    BindingKind.ITEM: _item,
}
"""Kind → how its document is made of the deal and the binding of its contract."""

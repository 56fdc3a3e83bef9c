"""Values that a variable can have: what Python types say, narrowed by step and catalog."""

from collections.abc import Iterable
from dataclasses import replace

from bpmn.lint.worker_contracts import STAGE, STAGE_ACTIVITY, Kind, ValueType
from bpmn.model.elements import Node
from db.domain.catalog import Catalog
from db.domain.shipping.delivery import DIRECTION, ONWARD, ROUTE
from db.domain.steps import products, repairs

UNKNOWN_ROUTE = "unknown"
ANSWERS, REPAIR_STEP, PRODUCT_STEP, AT = "answers", "repairStep", "productStep", "at"
"""Inputs that narrow what a step may write."""


def narrowed(name: str, known: ValueType, node: Node, catalog: Catalog) -> ValueType:
    """Narrow the type of a result by the inputs of the step that writes it."""
    stages = [stage for one in catalog.directions.values() for stage in one.stages]
    if name == STAGE:
        return replace(known, values=frozenset(stage.code for stage in stages))
    if name == STAGE_ACTIVITY:
        return replace(known, values=frozenset(s.activity for s in stages if s.activity))
    if name == "deliveryOutcome" and known.values and node.inputs.get(ANSWERS):
        return replace(known, values=known.values & set(node.inputs[ANSWERS].split()))
    if name == "repairAnswer" and node.inputs.get(REPAIR_STEP) in repairs.STEPS:
        return replace(known, values=frozenset(repairs.STEPS[node.inputs[REPAIR_STEP]].answers))
    if name == "productAnswer" and node.inputs.get(PRODUCT_STEP) in products.STEPS:
        return replace(known, values=frozenset(products.STEPS[node.inputs[PRODUCT_STEP]].answers))
    if name == "route":
        shipping = catalog.lists.get(catalog.fields[DIRECTION].list or "")
        attribute = ROUTE if node.inputs.get(AT, "source") == "source" else ONWARD
        if shipping is not None and attribute in shipping.attributes:
            routes = shipping.attributes[attribute].choices
            return replace(known, values=frozenset({*routes, UNKNOWN_ROUTE}))
    return known


def united(types: Iterable[ValueType]) -> ValueType:
    """The type of a variable that several steps write."""
    found = list(types)
    kinds = {one.kind for one in found}
    if len(kinds) != 1:
        return ValueType()
    values: frozenset[str] | None = frozenset()
    for one in found:
        values = None if values is None or one.values is None else values | one.values
    return ValueType(
        next(iter(kinds)),
        values if kinds == {Kind.TEXT} else None,
        optional=any(one.optional for one in found),
    )

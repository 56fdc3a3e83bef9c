"""Catalog model: fields, lists, roles, directions with stages, approval chains."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from db.domain.errors import StageUnknown


class FieldKind(StrEnum):
    """Type of a field value; in brackets its JSON form in API, database and history."""

    TEXT = "text"  # [string, one line, ≤ 500]
    LONG_TEXT = "longText"  # [string, ≤ 10 000]
    MONEY = "money"  # [string "1500000.00", RUB, ≥ 0, 2 places]
    INTEGER = "integer"  # [integer]
    DATE = "date"  # [string "2026-11-23"]
    DATE_RANGE = "dateRange"  # [{"from": date, "to": date}]
    BOOLEAN = "boolean"  # [true | false]
    LIST = "list"  # [string: item code]
    MULTI_LIST = "multiList"  # [array of item codes]
    INN = "inn"  # [string of 10 or 12 digits]
    OGRN = "ogrn"  # [string of 13 or 15 digits]
    KPP = "kpp"  # [string of 9]
    USER = "user"  # [string: login]
    EMAIL = "email"  # [string]
    PHONE = "phone"  # [string]
    GOODS = "goods"  # [array of lines of an order, see `db.domain.fields.goods`]
    FILE = "file"  # [not in the values: files are uploaded, several versions each]


@dataclass(frozen=True)
class Condition:
    """Condition on one field: its value is in ``one_of``, has ``length`` characters, or is
    ``filled``.
    """

    field: str
    one_of: tuple[str | bool | int, ...] = ()
    length: int | None = None
    filled: bool = False

    def holds(self, values: Mapping[str, object]) -> bool:
        value = values.get(self.field)
        if self.filled:
            return value is not None
        if self.length is not None:
            return isinstance(value, str) and len(value) == self.length
        if isinstance(value, list):
            return any(item in self.one_of for item in value)
        return value in self.one_of


@dataclass(frozen=True)
class Field:
    """Definition of a deal field, shared by API, forms, database and documentation."""

    code: str
    label: str
    kind: FieldKind
    group: str
    list: str | None = None
    hint: str = ""
    restricted: bool = False
    """Personal data: readable by the manager, approvers with a task and lawyers only."""
    system: bool = False
    """Written by workers only."""
    filled_by: tuple[str, ...] = ()
    """Roles that fill it in a task of their own; none: the deal's manager."""
    minimum: int | None = None
    only_when: Condition | None = None
    """The field makes sense only then; a value otherwise is refused."""
    role: str | None = None
    """Of a user: the role that this person must have."""

    @property
    def is_file(self) -> bool:
        return self.kind is FieldKind.FILE


@dataclass(frozen=True)
class FieldGroup:
    """Group of deal fields with its label."""

    code: str
    label: str


@dataclass(frozen=True)
class Requirement:
    """Fields required before a stage: one of ``any_of``, subject to ``when`` and ``unless``."""

    any_of: tuple[str, ...]
    when: Condition | None = None
    unless: Condition | None = None

    def applies(self, values: Mapping[str, object]) -> bool:
        if self.unless is not None and self.unless.holds(values):
            return False
        return self.when is None or self.when.holds(values)


@dataclass(frozen=True)
class Stage:
    """Stage of a direction, in the order of the direction's file."""

    code: str
    name: str
    sla: timedelta = timedelta(0)
    """Working time after which the deal's task at this stage is overdue."""
    next: tuple[str, ...] = ()
    """Stages that may follow, set by hand or by a process."""
    system: bool = False
    """Only a process may set it."""
    required: tuple[Requirement, ...] = ()
    locks: tuple[str, ...] = ()
    """Field groups that nobody may change while the deal is here."""
    correctable: tuple[str, ...] = ()
    """Of ``locks``: groups open again while the 1C operator waits for a correction."""
    outcome: str | None = None
    """"won" or "lost" for the closing stages."""
    activity: str | None = None
    """Id of the BPMN activity in which a deal of this stage waits: a process that registers, is
    woken or repaired goes there. None for closing stages."""
    also: tuple[str, ...] = ()
    """Activities in which it may wait instead, after what happened before."""
    client: str | None = None
    """What the client is told by e-mail when the deal gets here."""

    def fits(self, activity: str) -> bool:
        """Whether a deal of this stage may wait in ``activity``."""
        return activity == self.activity or activity in self.also


@dataclass(frozen=True)
class Direction:
    """Line of business («направление») with its process, roles, fields and stages."""

    code: str
    name: str
    process: str
    managers: str
    """Role whose people lead these deals."""
    heads: str
    """Role that sees all deals of the direction and gets escalations."""
    fields: tuple[str, ...]
    stages: tuple[Stage, ...]
    order: int = 0
    amount: str | None = None
    """Money field that is the sum of a deal, on the board and in lists."""
    loss_reasons: tuple[str, ...] = ()
    """Reasons of a loss that belong to this direction; see `Catalog.is_offered`."""

    @property
    def first_stage(self) -> Stage:
        return self.stages[0]

    def stage(self, code: str) -> Stage:
        """Stage by code. Raises: StageUnknown."""
        for stage in self.stages:
            if stage.code == code:
                return stage
        raise StageUnknown(self.name, code)

    def closing_stage(self, outcome: str) -> Stage:
        """Stage that closes a deal with the outcome "won" or "lost"."""
        return next(stage for stage in self.stages if stage.outcome == outcome)


@dataclass(frozen=True)
class ApprovalStep:
    """One step of an approval chain: the decision of one role."""

    code: str
    name: str
    role: str
    sla: timedelta
    """Working time for the decision."""
    edits: tuple[str, ...] = ()
    """Fields of the deal that this approver may change while deciding."""
    answers: tuple[Field, ...] = ()
    """Fields of the decision itself; an approval needs all of them."""
    parallel: str | None = None
    """Group of steps that are decided at the same time, each without seeing the others."""
    refers_to_reliability: bool = False


@dataclass(frozen=True)
class ApprovalChain:
    """Approval of a deal in one stage: its process, and who decides in which order."""

    code: str
    name: str
    process: str
    """Process whose instances are the rounds of this chain."""
    directions: tuple[str, ...]
    stage: str
    """Stage in which the approval begins."""
    approved_stage: str
    """Stage to which the approval moves the deal."""
    steps: Mapping[str, ApprovalStep]
    later_stages: tuple[str, ...] = ()
    """Stages to which the process moves the deal while it is being approved."""
    rejected_stage: str | None = None
    """Stage to which a rejection moves the deal; None: the one it came from."""

    def holds(self, stage: str) -> bool:
        """Whether a deal in this stage is being approved."""
        return stage == self.stage or stage in self.later_stages

    @property
    def first_step(self) -> ApprovalStep:
        return next(iter(self.steps.values()))

    def members(self, group: str) -> tuple[ApprovalStep, ...]:
        """Steps of a parallel group."""
        return tuple(step for step in self.steps.values() if step.parallel == group)

    def after(self, step: ApprovalStep) -> ApprovalStep | None:
        """The step that follows ``step``, and all that are decided in parallel to it."""
        codes = list(self.steps)
        following = [self.steps[code] for code in codes[codes.index(step.code) + 1 :]]
        together = step.parallel is not None
        return next((s for s in following if not together or s.parallel != step.parallel), None)


class Access(StrEnum):
    """Column of the table of permissions that holds for a role."""

    LEADERS = "leaders"
    HEADS = "heads"
    PERFORMERS = "performers"
    ADMINS = "admins"


@dataclass(frozen=True)
class Role:
    """A Camunda group; ``code`` is its id."""

    code: str
    name: str
    group: str
    """Name of the group: the role in plural."""
    head: str
    """Role whose people are told of an overdue task of this role."""
    access: Access
    description: str = ""


class AttributeKind(StrEnum):
    """Type of a list item's attribute; values are stored as strings."""

    TEXT = "text"
    PERSON = "person"  # login of somebody of the attribute's role
    CHOICE = "choice"  # one of the attribute's codes
    DATE = "date"  # "2026-11-23"


@dataclass(frozen=True)
class ListAttribute:
    """Attribute that the items of a universal list have."""

    code: str
    label: str
    kind: AttributeKind = AttributeKind.TEXT
    role: str | None = None
    """Of a person."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Code → Russian name, of a choice."""


LOSS_REASONS = "lossReasons"
"""List of the reasons for which a deal is lost."""
VALID_FROM, VALID_TO = "validFrom", "validTo"
"""Attributes, where a list has them: first and last day on which an item can be chosen."""


@dataclass(frozen=True)
class ListItem:
    """Item of a universal list; ``attributes`` are strings by attribute code."""

    code: str
    name: str
    active: bool = True
    order: int = 0
    attributes: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Hash of everything that an administrator can change; equal items have equal versions."""
        known = {code: value for code, value in self.attributes.items() if value is not None}
        content = [self.name, self.active, self.order, sorted(known.items())]
        return sha256(json.dumps(content).encode()).hexdigest()[:16]

    def can_be_chosen(self, day: date) -> bool:
        """Whether the item is active and valid on a day. Values chosen earlier stay."""
        start, end = self.attributes.get(VALID_FROM), self.attributes.get(VALID_TO)
        iso = day.isoformat()
        return self.active and (not start or start <= iso) and (not end or iso <= end)


@dataclass(frozen=True)
class UniversalList:
    """Universal list («универсальный список»); its items are stored, the catalog seeds them."""

    code: str
    name: str
    attributes: Mapping[str, ListAttribute] = field(default_factory=dict)
    items: tuple[ListItem, ...] = ()
    """Items of a fresh database."""


class DealPosition(Protocol):
    """Direction and stage: the part of a deal that the catalog needs."""

    direction: str
    stage: str


@dataclass(frozen=True)
class Catalog:
    """The whole catalog, by code."""

    roles: Mapping[str, Role]
    groups: Mapping[str, FieldGroup]
    fields: Mapping[str, Field]
    lists: Mapping[str, UniversalList]
    directions: Mapping[str, Direction]
    chains: Mapping[str, ApprovalChain]
    """Approval chains."""

    def fields_of(self, direction: Direction) -> tuple[Field, ...]:
        """The direction's fields in the order of its file."""
        return tuple(self.fields[code] for code in direction.fields)

    def direction_of(self, deal: DealPosition) -> Direction:
        """The direction of a deal."""
        return self.directions[deal.direction]

    def is_offered(self, direction: Direction, list_code: str | None, item: str) -> bool:
        """Whether an item is offered for deals of a direction: every item but a reason of a loss
        that only other directions name."""
        if list_code != LOSS_REASONS or item in direction.loss_reasons:
            return True
        return not any(item in other.loss_reasons for other in self.directions.values())

    def chains_of(self, direction: str) -> tuple[ApprovalChain, ...]:
        """The approval chains of a direction."""
        return tuple(chain for chain in self.chains.values() if direction in chain.directions)

    def step_name(self, chain: str, step: str) -> str:
        """Name of an approval step; its code if the catalog has it no longer."""
        known = self.chains.get(chain)
        return known.steps[step].name if known and step in known.steps else step

    def chain_at(self, deal: DealPosition) -> ApprovalChain | None:
        """The chain that approves a deal in its current stage; None in any other stage."""
        own = self.chains_of(deal.direction)
        return next((chain for chain in own if chain.holds(deal.stage)), None)

    def stage_of(self, deal: DealPosition) -> Stage:
        """The current stage of a deal. Raises: StageUnknown."""
        return self.direction_of(deal).stage(deal.stage)

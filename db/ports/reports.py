"""Storage port of reports: aggregates over deals, history, decisions and shipments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from db.domain.catalog import ApprovalChain, Direction


@dataclass(frozen=True)
class Period:
    """Instants from ``since`` on, before ``until``."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class StageReach:
    """Deals of a cohort whose furthest stage is this one."""

    stage: str
    count: int
    lost: int
    """Of these: deals that are lost now."""


@dataclass(frozen=True)
class StageTime:
    """Stays in a stage that ended in the period."""

    stage: str
    count: int
    mean_seconds: float
    longest_seconds: float


@dataclass(frozen=True)
class StageNow:
    """Open deals that are in a stage now."""

    stage: str
    count: int
    since: datetime
    """Arrival of the deal that has been there longest."""


@dataclass(frozen=True)
class Loss:
    """Deals that were lost in the period for one reason."""

    reason: str | None
    """Code of a list item; None if none was stored."""
    count: int
    amount: Decimal


@dataclass(frozen=True)
class ApproverWork:
    """Decisions of one person at one step in the period."""

    chain: str
    step: str
    person: str
    approved: int
    rejected: int
    mean_seconds: float
    """From the moment at which the decision could be made."""
    longest_seconds: float


@dataclass(frozen=True)
class RefusalReason:
    """Rejections at one step with the same comment."""

    chain: str
    step: str
    comment: str
    count: int


@dataclass(frozen=True)
class Shipped:
    """Fulfillment runs of one shipping direction that ended in the period."""

    direction: str | None
    """Item of «Направления отгрузки»."""
    shipped: int
    cancelled: int
    mean_seconds: float | None
    """Of the shipped ones, from the start of a run; None without any."""


class Reports(Protocol):
    """Reports; each is one statement. ``directions``: codes of the directions that count."""

    def funnel(self, direction: Direction, period: Period) -> Sequence[StageReach]:
        """Furthest stages of the deals that were created in the period."""
        ...

    def stage_times(self, direction: Direction, period: Period) -> Sequence[StageTime]:
        """Stays that ended in the period."""
        ...

    def stages_now(self, direction: Direction) -> Sequence[StageNow]:
        """Open deals by stage."""
        ...

    def losses(self, directions: Collection[Direction], period: Period) -> Sequence[Loss]:
        """Deals lost in the period, the most frequent reason first."""
        ...

    def approvers(
        self, chains: Collection[ApprovalChain], directions: Collection[Direction], period: Period
    ) -> Sequence[ApproverWork]:
        """Decisions by step and person, most decisions first."""
        ...

    def refusals(
        self, directions: Collection[Direction], period: Period, limit: int
    ) -> Sequence[RefusalReason]:
        """Rejections by step and comment, the most frequent ``limit`` of them first."""
        ...

    def shipments(self, directions: Collection[Direction], period: Period) -> Sequence[Shipped]:
        """Ended fulfillment runs by shipping direction."""
        ...

"""A made-up company at work: sixty deals of all directions, each brought to its stage.

`make demo STORY=company` plays it through the public interfaces. It is safe to repeat: deals that
are there already are left alone, so an interrupted run goes on where it stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ops.demo.deal import DealStory
from ops.demo.employee import Employee
from ops.demo.product import NewProduct
from ops.demo.repair import Repair
from ops.demo.scenario import Story

TABLE = Path(__file__).with_name("company.yaml")
READER = "portal1"
"""Login that sees all deals."""
MANAGERS = {
    "salesManagers": ("manager1", "manager2"),
    "serviceEngineers": ("engineer1",),
    "categoryManagers": ("category1",),
}
"""Role that leads a direction → logins that take its deals in turns."""
CLIENT_FIELDS = ("counterparty", "supplier", "contactName")
"""Fields for the client's name; the first one that the direction has is used."""
ROUNDS = 3
"""A filled field may make the stage demand one more."""
LOSS = {"reason": "price", "comment": "Нашли дешевле у соседей"}
SAMPLES: Mapping[str, Any] = {
    "annualPlan": "12000000.00",
    "bonusPercent": 3,
    "channelOrderNumber": "1187-204",
    "claimDescription": "Обнаружили при приёмке, коробки целые",
    "customsDeclaration": "10702070/201126/0098765",
    "dealerTerritory": "Самарская область",
    "deliveryAddress": "Москва, Садовая улица, 12",
    "equipmentModel": "P.I.T. GCS46",
    "goods": [
        {
            "article": "PSB20-C2A",
            "name": "P.I.T. перфоратор аккумуляторный",
            "quantity": 10,
            "price": "7890.00",
        },
        {"article": "125-1.2", "name": "Круг отрезной 125 мм", "quantity": 200, "price": "48.50"},
    ],
    "inspectionResult": "Подтвердилось, упаковка завода",
    "invoiceNumber": "С-118",
    "overdueDocuments": "УТ-000311 от 12.10.2026, остаток 187 650 ₽",
    "partNumber": "503-11",
    "prepaymentPercent": 30,
    "receiptNumber": "0000451",
    "saleDocument": "УТ-000287 от 02.11.2026",
    "serialNumber": "PIT-2025-001207",
    "supplier": "P.I.T. Tools Ltd",
    "tenderNumber": "0373200041526000118",
    "trackingNumber": "RU118204551",
}
"""Field → value that a manager types; other fields get a value of their kind."""


@dataclass(frozen=True)
class PlannedDeal:
    """A row of the table."""

    direction: str
    client: str
    subject: str
    stage: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def planned() -> Sequence[PlannedDeal]:
    """Read the table, in its order."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [PlannedDeal(code, **row) for code, rows in table.items() for row in rows]


def inn_of(number: int) -> str:
    """Return the ИНН of an invented company with a valid check digit."""
    digits = f"77{20_000_00 + number * 7:07d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    check = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10
    return f"{digits}{check}"


def ogrn_of(number: int) -> str:
    """Return the ОГРН of an invented company with a valid check digit."""
    digits = f"123770{number:06d}"
    return f"{digits}{int(digits) % 11 % 10}"


@dataclass
class Company:
    """All people of the company, and what they do with each deal."""

    url: str
    password: str
    onec: str
    tell: Callable[[str], None] = print
    people: dict[str, Employee] = field(default_factory=dict)

    def works(self, deals: Sequence[PlannedDeal]) -> int:
        """Bring every deal to its stage. Returns: how many are new."""
        known = self._subjects()
        # By its place in the table, so that a client keeps the ИНН that nobody else has.
        numbered = enumerate(deals, 1)
        fresh = [(number, deal) for number, deal in numbered if deal.subject not in known]
        for count, (number, deal) in enumerate(fresh, 1):
            direction = self._directions[deal.direction]
            stage = next(one for one in direction["stages"] if one["code"] == deal.stage)
            self._play(deal, number)
            about = f"{direction['name']}: {deal.client}, «{deal.subject}»"
            self.tell(f"{count} из {len(fresh)}  {about} → «{stage['name']}»")
        self.tell(f"Компания за работой: новых сделок {len(fresh)}, уже было {len(known)}")
        return len(fresh)

    def _play(self, deal: PlannedDeal, number: int) -> None:
        match deal.direction:
            case "newClients":
                self._client(deal, number)
            case "newProduct":
                self._product(deal)
            case "warrantyService" | "paidService":
                self._repair(deal)
            case _:
                self._deal(deal, number)

    def _client(self, deal: PlannedDeal, number: int) -> None:
        login = self._manager_of(deal, number)
        story = Story(
            self.url,
            self.password,
            self.onec,
            _silence,
            company=(inn_of(number), ogrn_of(number)),
            people=self.people,
            name=deal.client,
            subject=deal.subject,
            terms=deal.fields,
            parts={"manager": login},
        )
        match deal.stage:
            case "termsApproval":
                story.until_approval()
            case "termsAgreed":
                story.until_agreed()
            case "assembly":
                story.until_prepared()
            case "won":
                story.until_prepared()
                story.order_prepared()
                story.delivers("driver", "Task_DeliverByCarrier", "ttnFile")
                story.stage_is("won")
            case stage:
                story.request_arrives()
                self._walk(self._story(login, story.deal_id), deal.direction, stage)

    def _product(self, deal: PlannedDeal) -> None:
        told = NewProduct(self.url, self.password, _silence, self.people, onec=self.onec)
        told.applied(productName=deal.client, subject=deal.subject, **deal.fields)
        _step_until(
            told,
            deal.stage,
            {
                "duplicateCheck": told.asks_for_check,
                "review": told.is_unique,
                "directorDecision": told.reviewed,
            },
        )

    def _repair(self, deal: PlannedDeal) -> None:
        told = Repair(self.url, self.password, _silence, self.people, direction=deal.direction)
        told.arrives(contactName=deal.client, subject=deal.subject, **deal.fields)
        if deal.direction == "warrantyService":
            told.fill(purchaseDate=_day(-200))
            told.upload("purchaseDocument", "чек.pdf")

        def finished() -> None:
            told.repaired()
            told.checked()

        _step_until(
            told,
            deal.stage,
            {
                "diagnostics": told.received,
                "costApproval": told.diagnosed,
                "repair": told.agreed,
                "readyForPickup": finished,
            },
        )

    def _deal(self, deal: PlannedDeal, number: int) -> None:
        """Create a deal of the default process and move it as its manager does on the board."""
        used = self._directions[deal.direction]["fields"]
        place = next(code for code in CLIENT_FIELDS if code in used or code == "contactName")
        story = self._story(self._manager_of(deal, number))
        values = {"subject": deal.subject, place: deal.client, **deal.fields}
        if "inn" in used:
            values["inn"] = inn_of(number)
        story.create(deal.direction, values)
        self._walk(story, deal.direction, deal.stage)

    def _story(self, login: str, deal_id: str = "") -> DealStory:
        return DealStory(self.url, self.password, _silence, self.people, deal_id, login)

    def _walk(self, story: DealStory, direction: str, stage: str) -> None:
        """Move the deal stage by stage; what a stage demands is filled when it is refused."""
        for code in way_to(self._directions[direction]["stages"], stage):
            path = f"/deals/{story.deal_id}"
            if code == stage and self._is_lost(direction, stage):
                answer = story(story.manager).api("POST", f"{path}/lost", json=LOSS)
                answer.raise_for_status()
                return
            for _ in range(ROUNDS):
                answer = story(story.manager).api("POST", f"{path}/stage", json={"stage": code})
                if answer.status_code != 409:
                    break
                for alternatives in answer.json().get("missing", []):
                    self._fill(story, alternatives["fields"][0])
            answer.raise_for_status()

    def _is_lost(self, direction: str, stage: str) -> bool:
        stages = self._directions[direction]["stages"]
        return any(one["code"] == stage and one["outcome"] == "lost" for one in stages)

    def _fill(self, story: DealStory, code: str) -> None:
        known = self._fields[code]
        if known["kind"] == "file":
            story.upload(code, f"{known['label']}.pdf")
        else:
            story.fill(**{code: SAMPLES.get(code, self._sample(known))})

    def _sample(self, known: Mapping[str, Any]) -> Any:
        match known["kind"]:
            case "list":
                items = self._read(f"/lists/{known['list']}")["items"]
                return next(item["code"] for item in items if item["active"])
            case "date":
                return _day(14)
            case "dateRange":
                return {"from": _day(0), "to": _day(365)}
            case "money":
                return "25000.00"
            case "integer":
                return 4
            case "boolean":
                return True
            case _:
                return "По телефону с клиентом"

    def _manager_of(self, deal: PlannedDeal, number: int) -> str:
        logins = MANAGERS[self._directions[deal.direction]["managers"]["code"]]
        return logins[number % len(logins)]

    def _subjects(self) -> set[str]:
        """Subjects of the deals that are there."""
        found: set[str] = set()
        path: str | None = "/deals?limit=200"
        while path:
            page = self._read(path)
            found |= {line["subject"] for line in page["items"] if line["subject"]}
            path = page["next"] and page["next"].removeprefix("/api/v1")
        return found & {deal.subject for deal in planned()}

    @cached_property
    def _directions(self) -> Mapping[str, Any]:
        return {one["code"]: one for one in self._read("/directions")["items"]}

    @cached_property
    def _fields(self) -> Mapping[str, Any]:
        return {one["code"]: one for one in self._read("/fields")["items"]}

    def _read(self, path: str) -> Any:
        answer = self._story(READER)(READER).api("GET", path)
        answer.raise_for_status()
        return answer.json()


def _step_until(story: DealStory, stage: str, steps: Mapping[str, Callable[[], object]]) -> None:
    """Play the steps, each leading to the stage of its key, until the deal is at ``stage``."""
    for reached, step in steps.items():
        if story.card()["stage"]["code"] == stage:
            return
        step()
        story.stage_is(reached)


def way_to(stages: Sequence[Mapping[str, Any]], target: str) -> Sequence[str]:
    """Return the shortest way from the first stage to ``target``, without the first one."""
    following = {stage["code"]: stage["next"] for stage in stages}
    ways: list[list[str]] = [[stages[0]["code"]]]
    seen = {stages[0]["code"]}
    for way in ways:
        if way[-1] == target:
            return way[1:]
        for code in following[way[-1]]:
            if code not in seen:
                seen.add(code)
                ways.append([*way, code])
    raise ValueError(f"no way to the stage {target}")


def _day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def _silence(_: str) -> None:
    """The company tells a line per deal, not one per press."""

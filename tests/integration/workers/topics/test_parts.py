"""The end of an order of parts: the repair goes on, once, when the last one was won."""

from db.domain.deals.entities import OutboxKind
from tests.support.builders import NOW, a_deal
from tests.support.fakes.ports import Office, a_task
from workers.background.outbox_delivery import OutboxDelivery
from workers.services.repairs import end_of_parts
from workers.topics.lifecycle import close_deal

AGREED = {"costAgreedOn": "2026-11-20", "costAgreedWith": "Мария", "readyBy": "2026-12-01"}


def a_repair(office: Office, **given: object) -> str:
    values = {"values": AGREED, "stage": "awaitingParts", **given}
    return office.keep(a_deal(direction="paidService", manager="engineer1", moves=3, **values))


def parts(office: Office, repair: str, stage: str = "sold") -> str:
    """An order of parts for the repair that is at this stage."""
    closed = NOW if stage in ("sold", "refused") else None
    values = {"forRepair": repair, "subject": "Поршень"}
    return office.keep(
        a_deal(
            direction="spareParts",
            manager="engineer1",
            stage=stage,
            values=values,
            closed_at=closed,
        )
    )


def ended(office: Office, parts_id: str) -> str:
    with office.database.writing() as store:
        return end_of_parts(store, parts_id, NOW)


def told(office: Office) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of("engineer1")]


def test_the_repair_goes_on_once_and_its_process_hears_of_it(office: Office) -> None:
    repair = a_repair(office)
    order = parts(office, repair)

    assert [ended(office, order), ended(office, order)] == [
        "the repair goes on",
        "the repair does not wait for parts",
    ]

    deal = office.deal(repair)
    assert (deal.stage, deal.moves) == ("repair", 4)
    with office.database.reading() as store:
        (row,) = store.outbox.pending(repair)
    assert (row.kind, row.payload) == (
        OutboxKind.MESSAGE,
        {"message": "StageMoved", "moveVersion": 4},
    )
    (text,) = told(office)
    assert repair in text


def test_the_repair_waits_for_the_last_order(office: Office) -> None:
    repair = a_repair(office)
    first, second = parts(office, repair), parts(office, repair, "ordered")

    assert ended(office, first) == "the repair waits for other parts"
    assert office.deal(repair).stage == "awaitingParts"
    assert office.deal(second).is_open


def test_a_refused_order_is_told_to_the_manager_once(office: Office) -> None:
    repair = a_repair(office)
    order = parts(office, repair, "refused")

    for _ in range(2):
        assert ended(office, order) == "the parts were refused"

    assert office.deal(repair).stage == "awaitingParts"
    (text,) = told(office)
    assert "не будет" in text


def test_a_repair_that_cannot_go_on_is_told_to_the_manager(office: Office) -> None:
    repair = a_repair(office, values={})

    assert ended(office, parts(office, repair)) == "the repair does not go on: FIELDS_MISSING"

    assert office.deal(repair).stage == "awaitingParts"
    (text,) = told(office)
    assert "не продолжился" in text


def test_a_repair_moved_by_hand_is_left_alone(office: Office) -> None:
    repair = a_repair(office, stage="costApproval")

    assert ended(office, parts(office, repair)) == "the repair does not wait for parts"
    assert ended(office, parts(office, "D-2026-99999")) == "the repair is unknown"
    assert told(office) == []


def test_the_end_of_an_order_is_written_to_the_outbox_and_delivered(office: Office) -> None:
    repair = a_repair(office)
    order = parts(office, repair)

    for _ in range(2):
        office.done(close_deal.TOPIC, a_task(order, id=f"close-{order}"))

    with office.database.writing() as store:
        (row,) = store.outbox.pending(order)
    assert row.kind is OutboxKind.PARTS
    nothing: object = None  # the engine is not asked
    delivery = OutboxDelivery(office.database.writing, nothing)  # type: ignore[arg-type]
    delivery.deliver(row)
    delivery.deliver(row)
    assert office.deal(repair).stage == "repair"


def test_other_deals_end_without_a_word(office: Office) -> None:
    deal = office.keep(a_deal(stage="lost", closed_at=NOW))

    office.done(close_deal.TOPIC, a_task(deal, id=f"close-{deal}"))

    with office.database.reading() as store:
        assert store.outbox.pending(deal) == []

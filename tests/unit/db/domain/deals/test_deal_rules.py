"""What may change a deal: stage moves, losing, writing fields; and what must not."""

from datetime import timedelta
from typing import Any

import pytest

from db.domain.deals.field_updates import locked, write
from db.domain.deals.history import Change, Kind
from db.domain.deals.stages import available_stages, go_back, lose, missing_for, move, reassign
from db.domain.errors import (
    DealClosed,
    FieldsInvalid,
    FieldsLocked,
    FieldsMissing,
    ReasonMissing,
    StageNotAllowed,
    StageUnknown,
)
from tests.support.builders import (
    COMPANY_INN,
    COMPANY_OGRN,
    ENTREPRENEUR_INN,
    ENTREPRENEUR_OGRN,
    MANAGER,
    NOW,
    READY_FILES,
    a_catalog,
    a_deal,
    a_ready_deal,
    lists_of,
    ready_values,
)

CATALOG = a_catalog()
NEW_CLIENTS = CATALOG.directions["newClients"]
LISTS = lists_of(CATALOG)
LATER = NOW + timedelta(hours=3)


# Moving along the stages


def test_a_move_changes_the_stage_and_counts() -> None:
    deal = a_deal()

    moved = move(CATALOG, deal, "collectingDocuments", at=LATER)

    assert moved
    assert (deal.stage, deal.stage_since, deal.moves) == ("collectingDocuments", LATER, 1)
    assert deal.changes == [Change(Kind.STAGE, "", "newClient", "collectingDocuments")]


def test_a_repeated_move_is_a_success_that_leaves_no_trace() -> None:
    deal = a_deal(stage="collectingDocuments")

    moved = move(CATALOG, deal, "collectingDocuments", at=LATER)

    assert not moved
    assert (deal.stage_since, deal.moves, deal.changes) == (NOW, 0, [])


def test_a_move_outside_the_matrix_is_refused_with_the_allowed_stages() -> None:
    deal = a_deal()

    with pytest.raises(StageNotAllowed) as refusal:
        move(CATALOG, deal, "termsApproval", at=LATER)

    assert refusal.value.details == {
        "allowed": [
            {"code": "collectingDocuments", "name": "Сбор документов"},
            {"code": "lost", "name": "Сделка проиграна"},
        ]
    }
    assert "«Сбор документов»" in str(refusal.value)
    assert (deal.stage, deal.changes) == ("newClient", [])


def test_a_system_stage_is_set_by_the_process_only() -> None:
    deal = a_ready_deal(stage="termsApproval")

    with pytest.raises(StageNotAllowed):
        move(CATALOG, deal, "termsAgreed", at=LATER)

    assert "termsAgreed" not in [stage.code for stage in available_stages(NEW_CLIENTS, deal)]
    assert move(CATALOG, deal, "termsAgreed", at=LATER, by_process=True)


def test_a_process_keeps_to_the_matrix_too() -> None:
    deal = a_deal()

    with pytest.raises(StageNotAllowed):
        move(CATALOG, deal, "termsAgreed", at=LATER, by_process=True)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(StageUnknown, match=r"Новые клиенты.*нет стадии «shipped»"):
        move(CATALOG, a_deal(), "shipped", at=LATER)


def test_a_closing_stage_closes_the_deal() -> None:
    shipped = ready_values(shipmentNumber="ПТУТ-000001")
    deal = a_ready_deal(stage="termsAgreed", values=shipped)

    move(CATALOG, deal, "won", at=LATER)

    assert deal.closed_at == LATER
    assert available_stages(NEW_CLIENTS, deal) == ()


def test_a_closed_deal_does_not_move() -> None:
    deal = a_ready_deal(stage="won", closed_at=NOW)

    with pytest.raises(DealClosed):
        move(CATALOG, deal, "lost", at=LATER)
    with pytest.raises(DealClosed):
        go_back(CATALOG, deal, "collectingDocuments", at=LATER)
    with pytest.raises(DealClosed):
        reassign(deal, "manager2")

    assert not move(CATALOG, deal, "won", at=LATER)


def test_a_rejected_deal_goes_back_without_requirements() -> None:
    deal = a_deal(stage="termsApproval", correcting=True)

    moved = go_back(CATALOG, deal, "collectingDocuments", at=LATER)

    assert moved
    assert (deal.stage, deal.moves, deal.correcting) == ("collectingDocuments", 1, False)
    assert not go_back(CATALOG, deal, "collectingDocuments", at=LATER)
    assert deal.moves == 1


# What a stage requires


def test_a_complete_deal_may_ask_for_approval() -> None:
    assert move(CATALOG, a_ready_deal(), "termsApproval", at=LATER)


def test_everything_that_is_missing_is_named_at_once() -> None:
    deal = a_deal(stage="collectingDocuments")

    with pytest.raises(FieldsMissing) as refusal:
        move(CATALOG, deal, "termsApproval", at=LATER)

    labels = [entry["label"] for entry in refusal.value.details["missing"]]
    assert labels == [
        "ИНН",
        "ОГРН",
        "Контрагент",
        "Карточка предприятия",
        "Устав, первая страница",
        "Устав, полномочия директора",
        "Устав, последняя страница",
        "Решение или протокол о назначении директора",
        "Карточка подписей или Копия паспорта",
        "Результат проверки",
        "Лимит",
        "Группа наценки",
        "Условия оплаты",
        "Направление отгрузки",
        "Способ доставки",
        "За чей счёт транспортные",
        "Регион отгрузки",
        "Формат деятельности",
    ]
    assert (deal.stage, deal.changes) == ("collectingDocuments", [])


@pytest.mark.parametrize(
    ("values", "files", "missing"),
    [
        ({}, READY_FILES, []),
        ({}, READY_FILES - {"signatureCard"}, ["Карточка подписей или Копия паспорта"]),
        ({}, READY_FILES - {"signatureCard"} | {"passportCopy"}, []),
        ({}, READY_FILES - {"charterLastPage"}, ["Устав, последняя страница"]),
        (
            {"inn": ENTREPRENEUR_INN, "ogrn": ENTREPRENEUR_OGRN},
            {"companyCard", "passportCopy"},
            [],
        ),
        ({"signerIsDirector": None}, READY_FILES, []),
        ({"signerIsDirector": False}, READY_FILES, ["Доверенность"]),
        ({"signerIsDirector": False}, READY_FILES | {"powerOfAttorney"}, []),
        ({"businessFormat": "retail"}, READY_FILES, ["Количество магазинов"]),
        ({"businessFormat": "retailChain", "shopCount": 3}, READY_FILES, []),
        ({"limit": "0.00"}, READY_FILES, []),
        ({"temporaryLimit": "900000.00"}, READY_FILES, ["Период временной группы"]),
        ({"temporaryMarkupGroup": "dealer"}, READY_FILES, ["Период временной группы"]),
        (
            {
                "temporaryMarkupGroup": "dealer",
                "temporaryPeriod": {"from": "2026-12-01", "to": "2026-12-31"},
            },
            READY_FILES,
            [],
        ),
        ({"reliabilityVerdict": None}, READY_FILES, ["Результат проверки"]),
    ],
)
def test_what_is_required_depends_on_the_client(values: Any, files: Any, missing: Any) -> None:
    deal = a_ready_deal(values=ready_values(**values), files=frozenset(files))

    found = missing_for(CATALOG, deal, NEW_CLIENTS.stage("termsApproval"))

    assert [label for _, label in found] == missing


# Losing


def test_a_lost_deal_keeps_its_reason() -> None:
    deal = a_deal()

    lost = lose(CATALOG, deal, "price", " У конкурента дешевле ", LISTS, at=LATER)

    assert lost
    assert (deal.stage, deal.closed_at) == ("lost", LATER)
    assert deal.values == {"lossReason": "price", "lossComment": "У конкурента дешевле"}
    assert [change.kind for change in deal.changes] == [Kind.FIELD, Kind.FIELD, Kind.STAGE]


@pytest.mark.parametrize("reason", [None, "", "  ", "\u200b", []])
def test_a_deal_is_not_lost_without_a_reason(reason: Any) -> None:
    deal = a_deal()

    with pytest.raises(ReasonMissing):
        lose(CATALOG, deal, reason, "просто так", LISTS, at=LATER)

    assert (deal.stage, deal.values, deal.changes) == ("newClient", {}, [])


@pytest.mark.parametrize("reason", ["badMood", 5, ["price"], {"code": "price"}])
def test_a_reason_comes_from_the_list(reason: Any) -> None:
    deal = a_deal()

    with pytest.raises(FieldsInvalid):
        lose(CATALOG, deal, reason, None, LISTS, at=LATER)

    assert (deal.stage, deal.changes) == ("newClient", [])


def test_losing_by_a_move_needs_the_reason_too() -> None:
    with pytest.raises(ReasonMissing):
        move(CATALOG, a_deal(), "lost", at=LATER)

    assert move(CATALOG, a_deal(values={"lossReason": "price"}), "lost", at=LATER)


def test_losing_twice_changes_nothing_and_a_won_deal_is_not_lost() -> None:
    lost = a_deal(stage="lost", closed_at=NOW)
    won = a_deal(stage="won", closed_at=NOW)

    assert not lose(CATALOG, lost, "price", None, LISTS, at=LATER)
    assert lost.changes == []
    with pytest.raises(DealClosed):
        lose(CATALOG, won, "price", None, LISTS, at=LATER)


# Writing fields


def test_several_fields_are_written_with_their_history() -> None:
    deal = a_deal(values={"limit": "100.00"})

    changed = write(
        CATALOG, deal, {"limit": "200", "inn": COMPANY_INN, "ogrn": COMPANY_OGRN}, LISTS
    )

    assert changed == ("limit", "inn", "ogrn")
    assert deal.changes[0] == Change(Kind.FIELD, "limit", "100.00", "200.00")


def test_an_equal_value_leaves_no_trace() -> None:
    deal = a_deal(values={"limit": "200.00"})

    changed = write(CATALOG, deal, {"limit": "200,00 ₽", "holding": None}, LISTS)

    assert changed == ()
    assert deal.changes == []


def test_an_emptied_field_is_gone_and_remembered() -> None:
    deal = a_deal(values={"holding": "Сад"})

    write(CATALOG, deal, {"holding": "  "}, LISTS)

    assert deal.values == {}
    assert deal.changes == [Change(Kind.FIELD, "holding", "Сад", None)]


def test_one_bad_field_stops_all_and_every_bad_field_is_named() -> None:
    deal = a_deal()
    sent = {
        "holding": "Сад",
        "inn": "1",
        "limit": "-5",
        "markupGroup": "gift",
        "companyCard": "bytes",
        "contractNumber": "Д-1",
        "contractFile": "bytes",
        "serialNumber": "of another direction",
        "invented": 1,
    }

    with pytest.raises(FieldsInvalid) as refusal:
        write(CATALOG, deal, sent, LISTS)

    named = [entry["field"] for entry in refusal.value.details["errors"]]
    assert named == list(sent)[1:]
    assert (deal.values, deal.changes) == ({}, [])


def test_a_retired_list_item_stays_where_it_stands_but_is_not_chosen_again() -> None:
    retired = lists_of(CATALOG, ("markupGroups", "network"))
    deal = a_deal(values={"markupGroup": "network"})

    assert write(CATALOG, deal, {"markupGroup": "network", "holding": "Сад"}, retired)
    with pytest.raises(FieldsInvalid):
        write(CATALOG, deal, {"temporaryMarkupGroup": "network"}, retired)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {"shopCount": 3}),
        ({"businessFormat": "wholesale"}, {"shopCount": 3}),
        ({}, {"businessFormat": "wholesale", "shopCount": 3}),
        ({}, {"inn": ENTREPRENEUR_INN, "ogrn": COMPANY_OGRN}),
        ({"ogrn": ENTREPRENEUR_OGRN}, {"inn": COMPANY_INN}),
        ({"inn": ENTREPRENEUR_INN}, {"ogrn": COMPANY_OGRN}),
    ],
)
def test_values_that_make_no_sense_together_are_refused(given: Any, sent: Any) -> None:
    deal = a_deal(values=dict(given))

    with pytest.raises(FieldsInvalid):
        write(CATALOG, deal, sent, LISTS)

    assert deal.values == given


def test_a_shop_count_comes_with_a_retail_format() -> None:
    deal = a_deal()

    changed = write(CATALOG, deal, {"shopCount": 3, "businessFormat": "retail"}, LISTS)

    assert set(changed) == {"shopCount", "businessFormat"}


def test_a_system_field_is_written_by_a_worker_and_a_role_field_in_its_task() -> None:
    deal = a_deal()

    with pytest.raises(FieldsInvalid, match="Поле заполняет система"):
        write(CATALOG, deal, {"contractNumber": "Д-1"}, LISTS)

    assert write(CATALOG, deal, {"contractNumber": "Д-1"}, LISTS, by_worker=True)
    assert write(CATALOG, deal, {"reliabilityCheckedBy": "lawyer1"}, LISTS, by_worker=True)


def test_a_closed_deal_is_not_written() -> None:
    with pytest.raises(DealClosed):
        write(CATALOG, a_deal(stage="won", closed_at=NOW), {"holding": "Сад"}, LISTS)


# Locks


LOCKED_WHILE_APPROVED = {
    "limit": "1",
    "shippingDirection": "kazanPickup",
    "counterparty": "ООО «Другое»",
    "signerIsDirector": False,
    "reliabilityVerdict": "risky",
}


def test_what_is_being_approved_is_locked() -> None:
    deal = a_ready_deal(stage="termsApproval")

    with pytest.raises(FieldsLocked) as refusal:
        write(CATALOG, deal, {**LOCKED_WHILE_APPROVED, "comments": "Ждём"}, LISTS)

    assert refusal.value.details == {"fields": list(LOCKED_WHILE_APPROVED)}
    assert "«Условия согласования»" in str(refusal.value)
    assert deal.changes == []


def test_a_locked_field_sent_unchanged_does_not_hinder_the_rest() -> None:
    deal = a_ready_deal(stage="termsApproval")

    changed = write(CATALOG, deal, {"limit": "500 000", "comments": "Ждём решения"}, LISTS)

    assert changed == ("comments",)


def test_a_correction_opens_the_requisites_and_nothing_else() -> None:
    deal = a_ready_deal(stage="termsApproval", correcting=True)

    assert write(CATALOG, deal, {"counterparty": "ООО «Садовый мир плюс»"}, LISTS)
    assert locked(CATALOG, deal, ["inn", "limit", "companyCard", "deliveryMethod"]) == [
        "limit",
        "companyCard",
        "deliveryMethod",
    ]


def test_agreed_terms_stay_locked_but_delivery_may_change() -> None:
    deal = a_ready_deal(stage="termsAgreed")

    assert write(CATALOG, deal, {"deliveryMethod": "pickup"}, LISTS)
    with pytest.raises(FieldsLocked):
        write(CATALOG, deal, {"limit": "1"}, LISTS)


def test_a_worker_writes_through_the_lock() -> None:
    deal = a_ready_deal(stage="termsApproval")

    assert write(CATALOG, deal, {"limit": "1"}, LISTS, by_worker=True) == ("limit",)


# Two people at once; another manager


def test_a_deal_is_given_to_another_manager_once() -> None:
    deal = a_deal()

    assert reassign(deal, "manager2")
    assert not reassign(deal, "manager2")
    assert deal.changes == [Change(Kind.MANAGER, "", MANAGER, "manager2")]


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({}, "D-2026-00001"),
        ({"subject": "Бензопилы"}, "D-2026-00001 Бензопилы"),
        ({"subject": "Бензопилы", "counterparty": "ООО «Сад»"}, "D-2026-00001 ООО «Сад»"),
    ],
)
def test_people_call_a_deal_by_number_and_client(values: Any, title: str) -> None:
    assert a_deal(values=values).title == title


# The other directions


@pytest.mark.parametrize("direction", list(CATALOG.directions.values()), ids=lambda d: d.code)
def test_a_deal_of_every_direction_can_be_led_to_its_good_end(direction: Any) -> None:
    """The shortest way along the matrix, with everything filled that is asked for."""
    deal = a_deal(direction=direction.code, stage=direction.first_stage.code)
    deal.values = dict.fromkeys(direction.fields, "x")
    won = direction.closing_stage("won")

    for stage in shortest_way(direction):
        move(CATALOG, deal, stage, at=LATER, by_process=True)

    assert deal.stage == won.code
    assert not deal.is_open


def shortest_way(direction: Any) -> Any:
    ways = [[direction.first_stage.code]]
    while direction.stage(ways[0][-1]).outcome != "won":
        way = ways.pop(0)
        ways += [[*way, code] for code in direction.stage(way[-1]).next if code not in way]
        ways = [w for w in ways if direction.stage(w[-1]).outcome != "lost"]
    return ways[0][1:]


def test_a_value_that_loses_its_meaning_is_emptied_with_a_trace() -> None:
    catalog = a_catalog()
    deal = a_deal(values={"businessFormat": "retail", "shopCount": 3})

    changed = write(catalog, deal, {"businessFormat": "wholesale"}, lists_of(catalog))

    assert set(changed) == {"businessFormat", "shopCount"}
    assert "shopCount" not in deal.values
    assert [c.old for c in deal.changes if c.subject == "shopCount"] == [3]

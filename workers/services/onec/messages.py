"""Russian messages for a number that 1C did not confirm, with records to choose from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.errors import NumberRefused
from db.domain.onec.bindings import Binding, BindingKind
from workers.ports.onec import (
    ORDER,
    Ambiguous,
    Counterparty,
    DocumentKind,
    MarkedDeleted,
    Mismatch,
    NotFound,
    NotPosted,
    OnecRecord,
    RequisiteDifference,
    Unmatched,
)

REQUISITES = {
    "inn": "ИНН",
    "kpp": "КПП",
    "organization": "организация",
    "date": "дата",
    "counterparty": "контрагент",
    "contract": "договор",
    "amount": "сумма",
    "article": "артикул",
    "manufacturer": "производитель",
}


def refusal_of(kind: DocumentKind, entered: str, result: Unmatched) -> NumberRefused:
    """Return the refusal to raise: message, candidates and what was searched."""
    sentence = MESSAGES[kind]
    candidates = [_candidate_of(record, kind) for record in _suggestions(kind, result)]
    searched = None
    if kind is BindingKind.ITEM:
        searched = {"number": result.query.number, "client": "", "since": None}
    elif kind is BindingKind.SHIPMENT or isinstance(result, NotFound):
        searched = {
            "number": result.query.number,
            "client": ", ".join(client.name for client in result.counterparties[:3]),
            "since": result.query.since.isoformat() if kind is BindingKind.SHIPMENT else None,
        }
    return NumberRefused(result.kind, sentence(entered, result), distinguish(candidates), searched)


def difference_text(difference: RequisiteDifference) -> str:
    """Describe a difference, for example «ИНН: ожидали «1», в 1С «2»»."""
    name, found = REQUISITES[difference.field], difference.found or "пусто"
    if difference.field == "date":
        return f"{name}: должна быть {difference.expected}, в 1С {found}"
    return f"{name}: ожидали «{difference.expected}», в 1С «{found}»"


def candidate(
    ref: str | None,
    number: str,
    day: date | None,
    organization: str,
    *,
    amount: str | None = None,
    code: str = "",
    client: str = "",
    warehouse: str = "",
    note: str = "",
) -> Mapping[str, Any]:
    """Return a record as the form shows it in a list to choose from."""
    return {
        "ref": ref,
        "number": number,
        "date": None if day is None else day.isoformat(),
        "organisation": organization,
        "amount": amount,
        "code": code,
        "client": client,
        "warehouse": warehouse,
        "note": note,
    }


def distinguish(candidates: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Remove repeated keys; add the start of the key to candidates that look the same."""
    unique = list({one["ref"]: one for one in candidates}.values())
    looks = [{**one, "ref": None} for one in unique]
    return [
        with_note(one, f"запись {one['ref'][:8]}") if one["ref"] and looks.count(look) > 1 else one
        for one, look in zip(unique, looks, strict=True)
    ]


def with_note(candidate: Mapping[str, Any], note: str) -> Mapping[str, Any]:
    """Return the candidate with a further note."""
    return {**candidate, "note": "; ".join(filter(None, [candidate["note"], note]))}


def describe_owner(other: Binding, deal: Deal) -> str:
    """Name the deal or run that has a record, to follow «за»."""
    if other.deal_id != deal.id:
        return f"сделкой {other.deal_id}"
    return f"отгрузкой № {other.run} этой сделки"


def note_owner(other: Binding, deal: Deal) -> str:
    """Return the note on a candidate that another deal or run has."""
    return f"уже за {describe_owner(other, deal)}"


def _suggestions(kind: DocumentKind, result: Unmatched) -> Sequence[OnecRecord]:
    """Return the records to choose from. For contracts only those that are likely to be meant."""
    match result:
        case Ambiguous():
            return result.candidates
        case MarkedDeleted(alternative=alternative) if kind is BindingKind.CONTRACT:
            return [alternative] if isinstance(alternative, OnecRecord) else []
        case Mismatch() if kind is BindingKind.CONTRACT:
            return []
    return result.near


def _candidate_of(record: OnecRecord, kind: DocumentKind) -> Mapping[str, Any]:
    kpp = record.kpp if kind is BindingKind.CONTRACT else ""
    if kind is BindingKind.ITEM:
        article = f"артикул {record.article}" if record.article else ""
        about = ", ".join(filter(None, [record.name, article, record.manufacturer]))
        return candidate(record.ref_key, record.label, None, "", code=record.code, client=about)
    requisites = [f"ИНН {record.inn}" if record.inn else "", f"КПП {kpp}" if kpp else ""]
    return candidate(
        record.ref_key,
        record.label,
        record.date,
        record.organization,
        amount=None if record.amount is None else str(record.amount),
        code=record.code,
        client=", ".join(filter(None, [record.counterparty_name, *requisites])),
        warehouse=record.warehouse,
        note="не проведена" if record.posted is False else "",
    )


def _contract_message(number: str, result: Unmatched) -> str:
    match result:
        case NotFound(query, counterparties, near):
            if not counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {query.inn}. Заведите контрагента и договор, "
                    "затем введите номер ещё раз."
                )
            hint = " Похожие договоры клиента показаны ниже." if near else ""
            return f"В 1С у этого клиента нет договора № {number}.{hint} Проверьте номер."
        case Ambiguous():
            return (
                f"Под номером {number} в 1С несколько договоров клиента. Выберите нужный из "
                "списка ниже."
            )
        case Mismatch(differences=differences):
            what = "; ".join(map(difference_text, differences))
            return (
                f"Договор № {number} в 1С не подходит к сделке: {what}. "
                "Исправьте в 1С или верните карточку менеджеру."
            )
        case MarkedDeleted(marked=marked, alternative=alternative):
            name = "Контрагент" if isinstance(marked, Counterparty) else "Договор"
            hint = f" Возможно, нужен {_describe(alternative)}." if alternative else ""
            return f"{name} по номеру {number} помечен в 1С на удаление.{hint} Проверьте номер."
    return f"1С не подтвердила номер {number}. Проверьте номер и попробуйте ещё раз."


def _shipment_message(number: str, result: Unmatched) -> str:
    match result:
        case NotFound(query, counterparties, near):
            if not counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {query.inn}. Проверьте, на кого оформлена "
                    "реализация, или верните заказ менеджеру."
                )
            hint = " Похожие реализации клиента показаны ниже." if near else ""
            return (
                f"В 1С у этого клиента нет реализации № {number} с {query.since:%d.%m.%Y}."
                f"{hint} Проверьте номер; если документ не записан, запишите его в 1С."
            )
        case Ambiguous():
            return (
                f"Под номером {number} в 1С несколько реализаций клиента. Выберите нужную из "
                "списка ниже."
            )
        case Mismatch(differences=differences):
            what = "; ".join(map(difference_text, differences))
            return (
                f"Реализация № {number} в 1С не подходит к сделке: {what}. Исправьте документ в "
                "1С или введите другой номер."
            )
        case MarkedDeleted(marked=Counterparty(name=name)):
            return (
                f"Контрагент «{name}» помечен в 1С на удаление. Снимите пометку или "
                "оформите реализацию на действующего контрагента."
            )
        case MarkedDeleted():
            return (
                f"Реализация № {number} помечена в 1С на удаление. Снимите пометку или введите "
                "номер другой реализации."
            )
        case NotPosted(record=record):
            return (
                f"Реализация № {record.number} записана, но не проведена. Проведите её в 1С и "
                "введите номер ещё раз."
            )


def _item_message(code: str, result: Unmatched) -> str:
    match result:
        case NotFound(query, _, near):
            hint = f" С артикулом {query.article} есть те, что ниже." if near else ""
            return (
                f"В 1С нет номенклатуры с кодом {code}.{hint} Проверьте код; если товара нет, "
                "заведите его и введите код ещё раз."
            )
        case Ambiguous():
            return (
                f"В 1С несколько таких позиций: с кодом {code} или с тем же артикулом. Выберите "
                "нужную из списка ниже, лишние пометьте в 1С на удаление."
            )
        case Mismatch(differences=differences):
            what = "; ".join(map(difference_text, differences))
            return (
                f"Номенклатура {code} в 1С не подходит к сделке: {what}. Исправьте её в 1С, "
                "введите другой код или верните товар менеджеру."
            )
        case MarkedDeleted():
            return (
                f"Номенклатура {code} помечена в 1С на удаление. Снимите пометку или введите код "
                "другой позиции."
            )
    return f"1С не подтвердила код {code}. Проверьте код и попробуйте ещё раз."


def _order_message(number: str, result: Unmatched) -> str:
    match result:
        case NotFound(query, counterparties, near):
            if not counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {query.inn}. Проверьте ИНН в карточке или введите "
                    "товары вручную."
                )
            hint = " Похожие заказы клиента показаны ниже." if near else ""
            return (
                f"В 1С у этого клиента нет заказа № {number} с {query.since:%d.%m.%Y}.{hint} "
                "Проверьте номер; если документ не записан, запишите его в 1С."
            )
        case Ambiguous():
            return f"Под номером {number} в 1С несколько заказов клиента. Выберите нужный ниже."
        case Mismatch(differences=differences):
            what = "; ".join(map(difference_text, differences))
            return (
                f"Заказ № {number} в 1С не подходит к сделке: {what}. Введите другой номер или "
                "исправьте карточку."
            )
        case MarkedDeleted(marked=Counterparty(name=name)):
            return f"Контрагент «{name}» помечен в 1С на удаление. Снимите пометку в 1С."
        case MarkedDeleted():
            return f"Заказ № {number} помечен в 1С на удаление. Введите номер другого заказа."
    return f"1С не подтвердила заказ № {number}. Проверьте номер и нажмите «Найти» ещё раз."


MESSAGES: Mapping[DocumentKind, Callable[[str, Unmatched], str]] = {
    BindingKind.CONTRACT: _contract_message,
    BindingKind.SHIPMENT: _shipment_message,
    BindingKind.ITEM: _item_message,
    ORDER: _order_message,
}


def _describe(meant: OnecRecord | Counterparty) -> str:
    if isinstance(meant, Counterparty):
        return f"«{meant.name}»"
    since = f" от {meant.date:%d.%m.%Y}" if meant.date else ""
    return f"№ {meant.label}{since}"

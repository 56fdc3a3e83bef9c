"""Why 1C does not confirm a number, and what the operator can do. Russian."""

from workers.ports.onec_contracts import (
    Ambiguous,
    Contract,
    ContractAnswer,
    Counterparty,
    Difference,
    MarkedDeleted,
    Mismatch,
    NotFound,
)
from workers.ports.onec_shipments import (
    NotPosted,
    ShipmentAmbiguous,
    ShipmentAnswer,
    ShipmentMarkedDeleted,
    ShipmentMismatch,
    ShipmentNotFound,
)


def number_refusal(number: str, answer: ContractAnswer) -> str:
    """Why 1C does not confirm the contract."""
    match answer:
        case NotFound(searched, near):
            if not searched.counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {searched.inn}. Заведите контрагента и договор, "
                    "затем введите номер ещё раз."
                )
            hint = " Похожие договоры клиента показаны ниже." if near else ""
            return f"В 1С у этого клиента нет договора № {number}.{hint} Проверьте номер."
        case Ambiguous():
            return (
                f"Под номером {number} в 1С несколько договоров клиента. Выберите нужный из "
                "списка ниже."
            )
        case Mismatch(_, differences):
            what = "; ".join(difference_text(one) for one in differences)
            return (
                f"Договор № {number} в 1С не подходит к сделке: {what}. "
                "Исправьте в 1С или верните карточку менеджеру."
            )
        case MarkedDeleted(what, _, alternative):
            name = "Договор" if what == "contract" else "Контрагент"
            hint = f" Возможно, нужен {_named(alternative)}." if alternative else ""
            return f"{name} по номеру {number} помечен в 1С на удаление.{hint} Проверьте номер."
    return f"1С не подтвердила номер {number}. Проверьте номер и попробуйте ещё раз."


def shipment_refusal(number: str, answer: ShipmentAnswer) -> str:
    """Why 1C does not confirm the реализация."""
    match answer:
        case ShipmentNotFound(searched, near):
            if not searched.counterparties:
                return (
                    f"В 1С нет контрагента с ИНН {searched.inn}. Проверьте, на кого оформлена "
                    "реализация, или верните заказ менеджеру."
                )
            hint = " Похожие реализации клиента показаны ниже." if near else ""
            return (
                f"В 1С у этого клиента нет реализации № {number} с {searched.since:%d.%m.%Y}."
                f"{hint} Проверьте номер; если документ не записан, запишите его в 1С."
            )
        case ShipmentAmbiguous():
            return (
                f"Под номером {number} в 1С несколько реализаций клиента. Выберите нужную из "
                "списка ниже."
            )
        case ShipmentMismatch(differences=differences):
            what = "; ".join(difference_text(one) for one in differences)
            return (
                f"Реализация № {number} в 1С не подходит к сделке: {what}. Исправьте документ в "
                "1С или введите другой номер."
            )
        case ShipmentMarkedDeleted(what="counterparty", marked=Counterparty() as marked):
            return (
                f"Контрагент «{marked.name}» помечен в 1С на удаление. Снимите пометку или "
                "оформите реализацию на действующего контрагента."
            )
        case ShipmentMarkedDeleted():
            return (
                f"Реализация № {number} помечена в 1С на удаление. Снимите пометку или введите "
                "номер другой реализации."
            )
        case NotPosted(shipment=shipment):
            return (
                f"Реализация № {shipment.number} записана, но не проведена. Проведите её в 1С и "
                "введите номер ещё раз."
            )
    return f"1С не подтвердила реализацию № {number}. Проверьте номер и попробуйте ещё раз."


REQUISITES = {
    "inn": "ИНН",
    "kpp": "КПП",
    "organisation": "организация",
    "date": "дата",
    "counterparty": "контрагент",
    "contract": "договор",
    "amount": "сумма",
}


def difference_text(one: Difference) -> str:
    name, found = REQUISITES[one.field], one.found or "пусто"
    if one.field == "date":
        return f"{name}: должна быть {one.expected}, в 1С {found}"
    return f"{name}: ожидали «{one.expected}», в 1С «{found}»"


def _named(row: object) -> str:
    if isinstance(row, Contract):
        since = f" от {row.date:%d.%m.%Y}" if row.date else ""
        return f"№ {row.label}{since}"
    return f"«{getattr(row, 'name', '')}»"

"""Reasons of the rules, one Russian sentence per module, for the people who change diagrams."""

from collections.abc import Callable, Mapping
from typing import Any

REASONS: Mapping[str, str] = {
    "rules.naming": "Подписи читают сотрудники и те, кто разбирает сбой.",
    "rules.structure": "Иначе путь сделки оборвётся, раздвоится или будет ждать вечно.",
    "rules.layout": "Схему читают люди: путь должен быть виден без догадок.",
    "rules.execution": "Движок выполнит это иначе, чем задумано, или откажет при развёртывании.",
    "rules.user_tasks": "Иначе задача потеряется, ответ пропадёт или его припишут другому.",
    "integration.answers": "Иначе решение одного человека запишут за другого или без него.",
    "integration.approvals": "Иначе условия согласуют без того, кто за них отвечает.",
    "integration.calls": "Вызванный процесс видит только то, что ему передали.",
    "integration.catalog": "Исполнители знают только роли, поля и стадии каталога.",
    "integration.choices": "Движок остановит сделку или поведёт её не тем путём.",
    "integration.consequences": "Иначе записанное и происходящее разойдутся.",
    "integration.constants": "Шаг запишет или сообщит то, что относится к другому месту.",
    "integration.data_flow": "Переменная стала бы пустой, и сделка остановилась бы.",
    "integration.decisions": "Без значений таблица решений останавливает сделку.",
    "integration.holders": "Иначе задачу получат не те: не сделают или решат за других.",
    "integration.life": "Иначе сделка останется без следующего шага или будет идти дважды.",
    "integration.service_tasks": "Исполнитель остановит сделку или запишет неверное.",
    "integration.stages": "Иначе сделка ждёт не там, где её стадия.",
    "integration.user_tasks": "Иначе форма не откроется, её ответ пропадёт или задача ничья.",
}
"""Module of the rules → why they matter."""


def reason_of(rule: Callable[..., Any]) -> str:
    """Why a rule matters; empty if nothing is known of its module."""
    return REASONS.get(".".join(rule.__module__.split(".")[-2:]), "")

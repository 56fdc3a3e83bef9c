"""Lengths of time, of ISO 8601 and of Russian labels."""

import pytest

from bpmn.lint.rules.moments import seconds_of, seconds_said

MINUTE, DAY = 60, 86_400


@pytest.mark.parametrize(
    ("text", "kind", "seconds"),
    [
        ("PT45M", "timeDuration", 45 * MINUTE),
        ("P7D", "timeDuration", 7 * DAY),
        ("P1M", "timeDuration", 30 * DAY),
        ("P1DT12H", "timeDuration", 36 * 60 * MINUTE),
        ("R/PT15M", "timeCycle", 15 * MINUTE),
        ("R3/2026-12-01T09:00:00/P1D", "timeCycle", DAY),
        ("2026-12-01T09:00:00", "timeDate", None),
        ("${remindAt}", "timeDuration", None),
    ],
)
def test_a_constant_timer_has_a_length(text: str, kind: str, seconds: int | None) -> None:
    assert seconds_of(text, kind) == seconds


@pytest.mark.parametrize(
    ("label", "seconds"),
    [
        ("Не забирают неделю", 7 * DAY),
        ("Не забирают месяц", 30 * DAY),
        ("Прошло 15 минут", 15 * MINUTE),
        ("Нет ответа 3 дня", 3 * DAY),
        ("Ждём полчаса", 30 * MINUTE),
        ("Настал день поставки", None),
        ("Часть заказа не пришла", None),
        ("Месячный отчёт не сдан", None),
        ("1С долго не отвечает", None),
        ("Через 0 минут", None),
    ],
)
def test_a_label_may_name_a_length(label: str, seconds: int | None) -> None:
    assert seconds_said(label) == seconds

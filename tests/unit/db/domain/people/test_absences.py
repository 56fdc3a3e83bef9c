"""Who works for somebody: the person, or the last present substitute of the chain."""

from datetime import UTC, date, datetime

import pytest

from db.domain.people.absences import Absence, stand_in

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def away(**substitutes: str | None) -> dict[str, Absence]:
    """Absences by person: who stands in for each."""
    days = (date(2026, 11, 20), date(2026, 11, 30))
    return {
        person: Absence(person, person, substitute, *days, "отпуск", "portal1", NOW)
        for person, substitute in substitutes.items()
    }


@pytest.mark.parametrize(
    ("absences", "works"),
    [
        (away(), "anna"),
        (away(boris="anna"), "anna"),
        (away(anna="boris"), "boris"),
        (away(anna="boris", boris="clara"), "clara"),
        (away(anna=None), None),
        (away(anna="boris", boris=None), None),
        (away(anna="boris", boris="anna"), None),
    ],
)
def test_the_last_present_substitute_stands_in(
    absences: dict[str, Absence], works: str | None
) -> None:
    assert stand_in("anna", absences) == works

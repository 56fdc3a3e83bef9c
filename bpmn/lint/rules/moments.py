"""Dates, durations and cycles of ISO 8601, exactly as the engine's XML Schema types read them."""

import re
from functools import cache

from lxml import etree  # type: ignore[import-untyped]

SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="timeDate" type="xs:dateTime"/>
  <xs:element name="timeDuration"><xs:simpleType><xs:restriction base="xs:duration">
    <xs:minInclusive value="PT1M"/><xs:maxInclusive value="P180D"/>
  </xs:restriction></xs:simpleType></xs:element>
</xs:schema>"""
CYCLE = re.compile(r"R\d{0,5}/(?:(\d{4}-[^/]{1,40})/)?([^/]{1,60})")
PARTS = re.compile(
    r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<D>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)(?:\.\d+)?S)?)?"
)
SECONDS = {"Y": 31_536_000, "M": 2_592_000, "D": 86_400, "h": 3600, "m": 60, "s": 1}
WORDS = re.compile(
    r"\b(?:(?P<count>\d{1,4})\s+(?P<unit>минут[уы]?|час(?:а|ов)?|сут(?:ки|ок)|дн(?:я|ей)|день|"
    r"недел[юиь]|месяц(?:а|ев)?)|(?P<one>полчаса|сутки|неделю|месяц))\b",
    re.IGNORECASE,
)
UNITS = {
    "полчаса": 1800, "минут": 60, "час": 3600, "сут": 86_400, "дн": 86_400, "день": 86_400,
    "недел": 604_800, "месяц": 2_592_000,
}  # fmt: skip
"""Stem of a Russian word → its seconds."""
TIME_TO_LIVE = re.compile(r"P([1-9]\d{0,4})D|[1-9]\d{0,4}")


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(SCHEMA))


def is_moment(text: str, kind: str) -> bool:
    """Tell if a text is a constant of this timer kind: timeDate, timeDuration or timeCycle.

    A duration, and the period of a cycle, has a minute to 180 days.
    """
    if kind == "timeCycle":
        found = CYCLE.fullmatch(text)
        return (
            found is not None
            and is_moment(found[2], "timeDuration")
            and (found[1] is None or is_moment(found[1], "timeDate"))
        )
    if kind not in ("timeDate", "timeDuration") or len(text) > 60:
        return False
    element = etree.Element(kind)
    element.text = text
    return bool(_schema().validate(element)) and text == text.strip()


def is_time_to_live(text: str) -> bool:
    """Tell if the engine reads a text as days of history, like P180D or 180."""
    return TIME_TO_LIVE.fullmatch(text) is not None


def seconds_of(text: str, kind: str) -> int | None:
    """Length of a constant timer, of a cycle its period; None for dates and variables."""
    if kind == "timeDate" or not is_moment(text, kind):
        return None
    found = PARTS.fullmatch(text.rpartition("/")[2])
    if found is None:
        return None
    return sum(int(count) * SECONDS[unit] for unit, count in found.groupdict().items() if count)


def seconds_said(label: str) -> int | None:
    """Length of time that a Russian label names, like «15 минут» or «неделю»; None for 0, too."""
    found = WORDS.search(label)
    if found is None:
        return None
    unit = (found["unit"] or found["one"]).lower()
    seconds = next(length for stem, length in UNITS.items() if unit.startswith(stem))
    return int(found["count"] or 1) * seconds or None

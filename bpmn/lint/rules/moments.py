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

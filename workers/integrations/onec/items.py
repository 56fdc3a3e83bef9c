"""`ItemGateway` over OData: items of the catalog «Номенклатура» and their barcodes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from db.domain.steps.products import CYRILLIC, LATIN, code_key, same_code
from workers.integrations.onec.numbers import match_method, normalize, to_cyrillic
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import fetch_by_keys, fetch_where_key_in
from workers.integrations.onec.odata.literals import text
from workers.integrations.onec.odata.row_reader import ODataRow, references
from workers.integrations.onec.profile import Profile
from workers.ports.onec import (
    Ambiguous,
    Found,
    MarkedDeleted,
    MatchMethod,
    MatchResult,
    Mismatch,
    NotFound,
    NumberQuery,
    OnecRecord,
    RequisiteDifference,
)

MOST = 50
"""Rows that one search reads; a product has a handful of look-alikes."""
CANDIDATES = 20


class ODataItemGateway:
    """Reads and matches the items of an infobase."""

    verifies = True

    def __init__(self, client: ODataClient, profile: Profile) -> None:
        self._client, self._profile, self._set = client, profile, profile.items

    def find(self, query: NumberQuery) -> MatchResult:
        """See `OnecGateway`. One request to 1C, two if the profile has manufacturers."""
        query = replace(query, number=query.number.strip())
        codes = " or ".join(f"Code eq {text(one)}" for one in _spellings(query.number))
        by_article = self._by_article(query.article)
        found = self._rows(f"({codes}) or {by_article}" if by_article else codes)
        return match_item(query, found, with_manufacturer=bool(self._profile.manufacturers))

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        """See `ItemGateway`. One or two requests to 1C."""
        conditions = [self._by_article(article), _by_name(words)]
        either = " or ".join(filter(None, conditions))
        return self._rows(either) if either else ()

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        """See `ItemGateway`. One request to 1C, up to three if it has the barcode."""
        codes = sorted({barcode.strip()[:200], code_key(barcode)} - {""})
        if not codes:
            return ()
        rows = self._client.rows(
            self._profile.barcodes,
            select=self._profile.barcode_fields,
            where=" or ".join(f"{self._profile.barcode} eq {text(one)}" for one in codes),
            limit=MOST,
        )
        found = self.fetch(list(references(rows, self._profile.barcode_item)))
        return [replace(record, barcode=barcode) for record in found.values()]

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRecord]:
        """See `OnecGateway`."""
        rows = fetch_by_keys(self._client, self._set.entity_set, keys, select=self._set.fields)
        return {record.ref_key or "": record for record in self._records(rows)}

    def check(self) -> None:
        """See `OnecGateway`."""
        for entity_set, fields in self._profile.item_needs.items():
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        """Close the shared client. Safe to repeat."""
        self._client.close()

    def _by_article(self, article: str) -> str:
        spellings = _article_spellings(article)
        equal = " or ".join(f"{self._set.article} eq {text(one)}" for one in spellings)
        return f"({equal})" if equal else ""

    def _rows(self, where: str) -> list[OnecRecord]:
        rows = self._client.rows(
            self._set.entity_set,
            select=self._set.fields,
            where=f"({where}) and IsFolder eq false",
            limit=MOST,
        )
        return self._records(rows)

    def _records(self, rows: Sequence[ODataRow]) -> list[OnecRecord]:
        names = self._manufacturers(rows)
        return [self._record(row, names) for row in rows]

    def _manufacturers(self, rows: Sequence[ODataRow]) -> Mapping[str, str]:
        field = self._set.manufacturer
        if not field:
            return {}
        makers = fetch_where_key_in(
            self._client,
            self._profile.manufacturers,
            "Ref_Key",
            references(rows, field),
            select=self._profile.manufacturer_fields,
        )
        return {row.key("Ref_Key"): row.text("Description") for row in makers}

    def _record(self, row: ODataRow, makers: Mapping[str, str]) -> OnecRecord:
        maker = row.reference(self._set.manufacturer) if self._set.manufacturer else None
        code = row.text("Code")
        return OnecRecord(
            ref_key=row.key("Ref_Key"),
            number=code,
            code=code,
            date=None,
            counterparty_ref=None,
            counterparty_name="",
            inn="",
            organization="",
            deletion_mark=row.flag("DeletionMark"),
            data_version=row.text("DataVersion"),
            name=row.text("Description"),
            article=row.text(self._set.article),
            manufacturer=makers.get(maker or "", ""),
        )


def match_item(
    query: NumberQuery, records: Sequence[OnecRecord], *, with_manufacturer: bool
) -> MatchResult:
    """Decide which of ``records``, those with the code or the article of the query, is meant."""
    matches = [
        (method, record)
        for record in records
        if (method := match_method(query.number, record.number)) is not None
        and query.picked in (None, record.ref_key)
    ]
    best = min((method for method, _ in matches), default=MatchMethod.DIGITS)
    fitting = [record for method, record in matches if method is best]
    twins = [one for one in records if _is_twin(query, one)]
    if not fitting:
        return NotFound(query, (), tuple(twins[:CANDIDATES]))
    usable = [record for record in fitting if not record.deletion_mark]
    if not usable:
        other = twins[0] if len(twins) == 1 else None
        return MarkedDeleted(query, (), fitting[0], other, tuple(twins[:CANDIDATES]))
    known = {record.ref_key for record in usable}
    same = [*usable, *(one for one in twins if one.ref_key not in known)]
    if len(same) > 1 and query.picked is None:
        return Ambiguous(query, (), tuple(same[:CANDIDATES]))
    record = usable[0]
    if differences := _differences(query, record, with_manufacturer=with_manufacturer):
        others = tuple(one for one in twins if one.ref_key != record.ref_key)
        return Mismatch(query, (), record, differences, others[:CANDIDATES])
    return Found(record, best, verified=True)


def _is_twin(query: NumberQuery, record: OnecRecord) -> bool:
    """Whether a usable record has the article and manufacturer of the query."""
    return (
        not record.deletion_mark
        and same_code(query.article, record.article)
        and (not record.manufacturer or same_code(query.manufacturer, record.manufacturer))
    )


def _differences(
    query: NumberQuery, record: OnecRecord, *, with_manufacturer: bool
) -> tuple[RequisiteDifference, ...]:
    found = []
    if not same_code(query.article, record.article):
        found.append(RequisiteDifference("article", query.article, record.article))
    if with_manufacturer and not same_code(query.manufacturer, record.manufacturer):
        wanted, given = query.manufacturer, record.manufacturer
        found.append(RequisiteDifference("manufacturer", wanted, given))
    return tuple(found)


def _article_spellings(article: str) -> list[str]:
    """How 1C may have stored an article: in another case or alphabet, joined otherwise."""
    given = " ".join(article.split())[:100]
    cased = (given, given.upper(), given.lower())
    latin = (one.translate(LATIN) for one in (given.upper(), given.lower()))
    spelled = [*cased, *latin, given.upper().translate(CYRILLIC)]
    found = {
        form
        for one in spelled
        for form in (
            one,
            one.replace(" ", "-"),
            one.replace("-", " "),
            one.replace(" ", "").replace("-", ""),
        )
    }
    return sorted(found - {""})


def _spellings(number: str) -> Iterable[str]:
    """How 1C may have stored a code that a person typed; 1C itself compares whole codes only."""
    plain = normalize(number)
    digits = plain.rsplit("-", 1)[-1]
    padded = [digits.zfill(width) for width in (8, 9, 11)] if digits.isdecimal() else []
    codes = [number, plain, to_cyrillic(plain), *padded, *(f"00-{one}" for one in padded[:1])]
    return dict.fromkeys(one[:100] for one in codes if code_key(one))


def _by_name(words: Sequence[str]) -> str:
    """Both of the longest words, in the cases in which a name has them."""
    longest = sorted(words, key=len, reverse=True)[:2]
    if len(longest) < 2:
        return ""
    parts = [
        f"(substringof({text(word)},Description) "
        f"or substringof({text(word.capitalize())},Description) "
        f"or substringof({text(word.upper())},Description))"
        for word in longest
    ]
    return f"({' and '.join(parts)})"

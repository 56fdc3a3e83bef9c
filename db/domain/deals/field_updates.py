"""Updates of a deal's fields: all or none, with every invalid or locked field reported."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from db.domain.catalog import Catalog, Field
from db.domain.deals.deal import Deal
from db.domain.deals.history import Change, Kind
from db.domain.errors import DealClosed, FieldProblem, FieldsInvalid, FieldsLocked
from db.domain.fields.values import BadValue, Json, ListNames, parse


def write(
    catalog: Catalog,
    deal: Deal,
    raw: Mapping[str, object],
    lists: ListNames,
    *,
    by_worker: bool = False,
    role_fields: Iterable[str] = (),
    strangers: Collection[str] = (),
) -> tuple[str, ...]:
    """Write several fields or none; equal values are not recorded as changes.

    ``role_fields``: fields that belong to a role whose task the writer has open.
    ``strangers``: fields whose new value names nobody of the field's role.
    Returns: codes of the fields that really changed.
    Raises: FieldsInvalid naming every bad field, FieldsLocked, DealClosed.
    """
    if not deal.is_open:
        raise DealClosed(deal.id)
    writer = _Writer(by_worker, frozenset(role_fields), frozenset(strangers))
    values, problems = _parsed(catalog, deal, raw, lists, writer)
    values |= _pointless(catalog, {**deal.values, **values}, values)
    problems += _nonsense(catalog, {**deal.values, **values}, values)
    if problems:
        raise FieldsInvalid(problems)
    changed = [code for code, value in values.items() if value != deal.values.get(code)]
    if not by_worker:
        _refuse_locked(catalog, deal, [c for c in changed if c not in set(role_fields)])
    for code in changed:
        deal.record(Change(Kind.FIELD, code, deal.values.get(code), values[code]))
        if values[code] is None:
            deal.values.pop(code, None)
        else:
            deal.values[code] = values[code]
    return tuple(changed)


@dataclass(frozen=True)
class _Writer:
    """Context of an update: who writes, and the people whom values may name."""

    by_worker: bool
    role_fields: frozenset[str]
    strangers: frozenset[str]


def _parsed(
    catalog: Catalog,
    deal: Deal,
    raw: Mapping[str, object],
    lists: ListNames,
    writer: _Writer,
) -> tuple[dict[str, Json], list[FieldProblem]]:
    own = frozenset(catalog.directions[deal.direction].fields)
    values: dict[str, Json] = {}
    problems: list[FieldProblem] = []
    for code, value in raw.items():
        known = catalog.fields.get(code)
        if known is None or code not in own:
            problems.append(FieldProblem(code, code, "Такого поля нет в этом направлении."))
            continue
        sentence = _not_yours(known, writer)
        if sentence is None:
            try:
                values[code] = _kept(deal, known, value, lists, code in writer.strangers)
                continue
            except BadValue as bad:
                sentence = str(bad)
        problems.append(FieldProblem(code, known.label, sentence))
    return values, problems


def _kept(deal: Deal, known: Field, value: object, lists: ListNames, stranger: bool) -> Json:
    """A value that stands already needs no fresh check: its list item may be retired since, its
    person dismissed."""
    if value is not None and value == deal.values.get(known.code):
        return value
    parsed = parse(known, value, lists)
    if stranger and parsed is not None:
        raise BadValue(f"{parsed} не работает в этой роли. Выберите действующего сотрудника.")
    return parsed


def _not_yours(known: Field, writer: _Writer) -> str | None:
    if writer.by_worker or known.code in writer.role_fields:
        return None
    if known.system:
        return "Поле заполняет система."
    if known.filled_by:
        return "Поле заполняется в задаче другого сотрудника."
    return None


def _nonsense(
    catalog: Catalog, after: Mapping[str, Json], written: Mapping[str, Json]
) -> list[FieldProblem]:
    """Problems of values that are valid alone but contradict each other."""
    problems = []
    for code, value in written.items():
        known = catalog.fields[code]
        if value is not None and known.only_when and not known.only_when.holds(after):
            other = catalog.fields[known.only_when.field].label
            problems.append(
                FieldProblem(code, known.label, f"Не заполняется при таком значении «{other}».")
            )
    inn, ogrn = after.get("inn"), after.get("ogrn")
    if {"inn", "ogrn"} & set(written) and inn and ogrn and (len(inn) == 12) != (len(ogrn) == 15):
        label = catalog.fields["ogrn"].label
        problems.append(
            FieldProblem("ogrn", label, "ИНН из 12 цифр бывает только с ОГРНИП из 15 цифр.")
        )
    return problems


def _pointless(
    catalog: Catalog, after: Mapping[str, Json], written: Mapping[str, Json]
) -> dict[str, Json]:
    """Stored values that become inapplicable through the update; they are cleared with it."""
    conditions = {code: catalog.fields[code].only_when for code in after if code not in written}
    return {code: None for code, when in conditions.items() if when and not when.holds(after)}


def _refuse_locked(catalog: Catalog, deal: Deal, changed: Iterable[str]) -> None:
    codes = locked(catalog, deal, changed)
    if codes:
        stage = catalog.directions[deal.direction].stage(deal.stage)
        raise FieldsLocked(stage.name, [catalog.fields[c].label for c in codes], codes)


def locked(catalog: Catalog, deal: Deal, codes: Iterable[str]) -> list[str]:
    """Those of ``codes`` that cannot be edited by hand at the deal's stage."""
    stage = catalog.directions[deal.direction].stage(deal.stage)
    groups = set(stage.locks) - (set(stage.correctable) if deal.correcting else set())
    return [code for code in codes if catalog.fields[code].group in groups]

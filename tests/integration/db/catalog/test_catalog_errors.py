"""A mistake in a catalog file is told by file and line, and all mistakes at once."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from db.catalog import CatalogInvalid, load_catalog
from db.catalog.loading import OWN_DIRECTORY
from tests.support.supplier.chain import add_to_catalog

UNIVERSAL = ("fields.yaml", "lists.yaml", "roles.yaml")
CLAIMS = "directions/claims.yaml"
RETAIL = "directions/retailSales.yaml"
SUPPLIERS = "directions/suppliers.yaml"
REVIEW = "approvals/supplierReview.yaml"
AGREED = "approvedStage: agreed"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The delivered catalog with two of its directions, and one that has an approval chain."""
    copy = tmp_path / "catalog"
    for folder in ("directions", "approvals"):
        copy.joinpath(folder).mkdir(parents=True)
    for name in (*UNIVERSAL, "demo.yaml", CLAIMS, RETAIL):
        shutil.copyfile(OWN_DIRECTORY / name, copy / name)
    add_to_catalog(copy)
    return copy


def edit(directory: Path, name: str, old: str, new: str) -> int:
    """Replace the first ``old``. Returns: its line, counted from 1."""
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(directory: Path, *, demo: bool = False) -> list[str]:
    with pytest.raises(CatalogInvalid) as invalid:
        load_catalog(directory, demo=demo)
    assert str(invalid.value).splitlines() == [str(p) for p in invalid.value.problems]
    return [str(problem) for problem in invalid.value.problems]


FIELD, STAGE = "  holding:\n", "  registered:\n"

MISTAKES = [
    # file, old text, new text, lines below the old text, what is told
    ("fields.yaml", FIELD, FIELD + "    colour: red\n", 1, "unknown key 'colour'"),
    ("fields.yaml", FIELD, FIELD + "    hnt: a\n", 1, "unknown key 'hnt'; did you mean 'hint'?"),
    ("fields.yaml", FIELD, "  inn:\n", 5, "key 'inn' is here twice, first in line"),
    ("fields.yaml", "    kind: inn\n", "    kind: enn\n", 0, "use one of text, longText, money"),
    ("fields.yaml", "    kind: inn\n", "", -2, "key 'kind' is missing"),
    ("fields.yaml", "    label: ИНН\n", "    label: yes\n", 0, "expected text; put it in quotes"),
    ("fields.yaml", "    label: ИНН\n", "    label: ' '\n", 0, "write some text for 'label'"),
    (
        "fields.yaml",
        "group: requisites\n",
        "group: recquisites\n",
        0,
        "unknown group 'recquisites'",
    ),
    ("fields.yaml", "list: brands", "list: brand", 0, "unknown list 'brand'; did you mean"),
    ("fields.yaml", "    list: brands\n", "", -3, "of kind multiList needs the key 'list'"),
    ("fields.yaml", "kind: inn\n", "kind: inn\n    list: brands\n", -2, "takes no key 'list'"),
    ("fields.yaml", "filledBy: lawyers", "filledBy: lawyer", 0, "unknown role 'lawyer'"),
    ("fields.yaml", "field: businessFormat", "field: format", 0, "unknown field 'format'"),
    ("fields.yaml", "is: [retail, ", "is: [shop, ", 0, "unknown list item 'shop'"),
    ("fields.yaml", "is: [retail, retailChain]", "", 0, "exactly one of: is, length, filled"),
    ("fields.yaml", "field: businessFormat", "field: companyCard", 0, "'companyCard' is a file"),
    ("fields.yaml", "kind: inn\n", "kind: inn\n    minimum: 1\n", 1, "kind integer has a minimum"),
    ("fields.yaml", "    minimum: 1\n", "    minimum: one\n", 0, "expected a whole number"),
    ("fields.yaml", FIELD, "  holding_name:\n", 0, "'holding_name' is not an id: use camelCase"),
    ("fields.yaml", FIELD, "  no:\n", 0, "write the key no in quotes or choose another"),
    ("fields.yaml", "  - lossReason\n", "", -6, "add 'lossReason'"),
    ("fields.yaml", "  - subject\n", "  - theme\n", 0, "unknown field 'theme'"),
    ("fields.yaml", "  - subject\n", "  - contactName\n", 1, "'contactName' is here twice"),
    ("fields.yaml", FIELD, FIELD + "    hint: [\n", 3, "not valid YAML"),
    ("fields.yaml", FIELD, FIELD + "\thint: a\n", 1, "not valid YAML"),
    ("fields.yaml", FIELD, "  holding: &anchor\n", 0, "anchors and aliases are not used"),
    ("fields.yaml", "    label: ИНН\n", "    label: И\x07НН\n", 0, "remove the control character"),
    ("roles.yaml", "  drivers:\n", "  drivers-1:\n", 0, "'drivers-1' is not an id"),
    ("roles.yaml", "    name: Водитель\n", "", -1, "key 'name' is missing"),
    ("roles.yaml", "    access: heads\n", "    access: admins\n", 0, "only portalAdmins has"),
    ("roles.yaml", "    access: heads\n", "    access: all\n", 0, "'leaders', 'heads'"),
    ("roles.yaml", "    group: Водители\n", "", -2, "key 'group' is missing"),
    (CLAIMS, "heads: salesHeads\n", "heads: lawyers\n", 0, "lawyers' has the access performers"),
    ("roles.yaml", "head: portalAdmins\n", "head: owners\n", 0, "unknown role 'owners'"),
    ("roles.yaml", "head: portalAdmins\n", "head: commercialDirectors\n", 0, "is its own head"),
    ("lists.yaml", "{branch: Москва, ", "{city: Москва, ", 0, "unknown attribute 'city'"),
    ("lists.yaml", "      website: Сайт", "      website: 5", 0, "expected 'key: value' lines"),
    ("lists.yaml", "      email: ", "      website: ", 0, "key 'website' is here twice"),
    ("lists.yaml", "role: onecOperators", "role: onecOperator", 0, "unknown role 'onecOperator'"),
    ("lists.yaml", "role: drivers}", "role: drivers, kind: date}", 0, "only one of: role, choices"),
    ("lists.yaml", "route: pickup}", "route: pikup}", 0, "unknown choice 'pikup'; did you mean"),
    ("lists.yaml", "с, kind: date}", "с, kind: day}", 0, "'kind' must be 'date'"),
    ("lists.yaml", "route: pickup}", "validTo: '23.11.2026'}", 0, "is not a date like 2026-11-23"),
    ("fields.yaml", "role: drivers", "role: driver", 0, "unknown role 'driver'"),
    (
        "fields.yaml",
        "kind: inn\n",
        "kind: inn\n    role: drivers\n",
        1,
        "only a field of kind",
    ),
    (REVIEW, AGREED, f"{AGREED}\nrejectedStage: askd", 1, "unknown stage of suppliers 'askd'"),
    (REVIEW, AGREED, f"{AGREED}\nrejectedStage: review", 1, "the approval holds this stage"),
    (REVIEW, AGREED, f"{AGREED}\nlaterStages: [asked]", 0, "does not follow 'asked'"),
    (REVIEW, AGREED, f"{AGREED}\nlaterStages: [working]", 0, "does not follow 'working'"),
    (REVIEW, "    sla: 8h\n", "", -3, "key 'sla' is missing"),
    (REVIEW, "sla: 8h", "sla: 8", 0, "write working hours like 8h"),
    (REVIEW, "sla: 8h", "sla: 4h", 8, "all steps of 'experts' are waited for"),
    (REVIEW, "role: salesHeads", "role: salesHead", 0, "did you mean 'salesHeads'?"),
    (REVIEW, "[retailPrice]", "[retailPrise]", 0, "unknown field 'retailPrise'"),
    (REVIEW, "[retailPrice]", "[retailPrice, retailPrice]", 0, "'retailPrice' is here twice"),
    (REVIEW, "[retailPrice]", "[limit]", 0, "field 'limit' is not in suppliers"),
    (REVIEW, "[retailPrice]", "[certificateFile]", 0, "'certificateFile' is a file"),
    (REVIEW, "[retailPrice]", "[vatRate]", 16, "'demand' changes 'vatRate' at the same time"),
    (REVIEW, "code: supplierReview", "code: review", 0, "rename the file to review.yaml"),
    (REVIEW, "code: supplierReview\n", "", 0, "key 'code' is missing"),
    (REVIEW, "directions: [suppliers]", "directions: []", 0, "name at least one direction"),
    (REVIEW, "directions: [suppliers]", "directions: [supplier]", 0, "unknown direction"),
    (REVIEW, "[suppliers]", "[suppliers, suppliers]", 0, "'suppliers' is here twice"),
    (REVIEW, "[suppliers]", "[suppliers, claims]", 1, "unknown stage of claims 'review'"),
    (REVIEW, "stage: review", "stage: reviews", 0, "unknown stage of suppliers 'reviews'"),
    (REVIEW, "Stage: agreed", "Stage: asked", 0, "'asked' does not follow 'review'"),
    (REVIEW, "process: supplier-review", "process: Review", 0, "'Review' is not a process id"),
    (REVIEW, "    parallel: experts\n", "    paralel: experts\n", 0, "unknown key 'paralel'"),
    (REVIEW, "role: commercialDirectors", "role: portalAdmins\n    parallel: one", 1, "is alone"),
    (
        REVIEW,
        "role: commercialDirectors\n    sla: 16h",
        "role: lawyers\n    sla: 8h\n    edits: []\n  late:\n    name: Поздний эксперт\n"
        "    role: lawyers\n    sla: 8h\n    parallel: experts",
        7,
        "the steps of 'experts' do not follow each other",
    ),
    (REVIEW, "monthlyDemand:", "vatRate:", 0, "'vatRate' is a field of deals, name it in edits"),
    (REVIEW, "kind: boolean", "kind: file", 0, "an answer cannot be of kind file"),
    (REVIEW, "kind: boolean", "kind: user", 0, "an answer cannot be of kind user"),
    (REVIEW, "kind: boolean", "kind: list", 0, "of kind list needs the key 'list'"),
    (REVIEW, "kind: boolean", "kind: list, list: brand", 0, "unknown list 'brand'"),
    (REVIEW, "kind: boolean", "kind: text, list: brands", 0, "takes no key 'list'"),
    (REVIEW, "kind: boolean", "kind: text, minimum: 1", 0, "kind integer has a minimum"),
    (REVIEW, "label: Можно чинить, ", "", 0, "key 'label' is missing"),
    (REVIEW, "  director:\n", f"  {'d' * 41}:\n", 0, "is longer than 40 characters"),
    (CLAIMS, "code: claims", "code: claim", 0, "rename the file to claim.yaml"),
    (CLAIMS, "managers: salesManagers", "managers: sellers", 0, "unknown role 'sellers'"),
    (CLAIMS, "heads: salesHeads", "heads: bosses", 0, "unknown role 'bosses'"),
    (CLAIMS, "order: 10", "order: ten", 0, "expected a whole number"),
    (CLAIMS, "  - claimType\n", "  - claimTip\n", 0, "unknown field 'claimTip'; did you mean"),
    (CLAIMS, "  - claimType\n", "  - subject\n", 0, "'subject' is a common field already"),
    (CLAIMS, "  - claimType\n", "  - counterparty\n", 0, "'counterparty' is here twice"),
    (CLAIMS, "[evidence, rejected]", "[evidense, rejected]", 0, "unknown stage 'evidense'"),
    (CLAIMS, "[evidence, rejected]", "[registered, evidence]", 0, "cannot follow itself"),
    (CLAIMS, "[evidence, rejected]", "[rejected]", 1, "'evidence' cannot be reached"),
    (CLAIMS, "    sla: 4h\n", "", -2, "stage 'registered' needs sla"),
    (CLAIMS, "sla: 4h", "sla: завтра", 0, "write working hours like 8h"),
    (CLAIMS, "    next: [evidence, rejected]\n", "", -3, "'registered' leads nowhere"),
    (CLAIMS, STAGE, STAGE + "    system: true\n", 0, "can be neither closing nor system"),
    (CLAIMS, "    outcome: won\n", "    sla: 8h\n    next: [rejected]\n", -34, "add a stage with"),
    (CLAIMS, "    outcome: lost\n", "    outcome: won\n", -2, "are both 'won', keep one"),
    (CLAIMS, "    outcome: won\n", "    outcome: done\n", 0, "must be 'won' or 'lost'"),
    (CLAIMS, "outcome: won\n", "outcome: won\n    next: [rejected]\n", 1, "remove next"),
    (CLAIMS, "outcome: won\n", "outcome: won\n    sla: 8h\n", 1, "closes the deal, remove sla"),
    (CLAIMS, "locks: [claim]", "locks: [claims]", 0, "unknown group 'claims'"),
    (CLAIMS, "locks: [claim]\n", "correctable: [claim]\n", 0, "'claim' is not among locks"),
    (CLAIMS, "[claimDecision, ", "[limit, ", 0, "field 'limit' is not in this direction"),
    (CLAIMS, "[claimDecision, ", "[decision, ", 0, "unknown field 'decision'"),
    (CLAIMS, "- any: [claimPhotos", "- some: [claimPhotos", 0, "unknown key 'some'"),
    (CLAIMS, "- all: [serialNumber]\n", "- any: []\n", 0, "exactly one of: all, any"),
    (CLAIMS, "claimUnfounded]", "claimUnfound]", 0, "unknown list item 'claimUnfound'"),
    (CLAIMS, "is: [defect]", "is: [broken]", 0, "unknown list item 'broken'"),
    (CLAIMS, "{field: claimType, is", "{field: limit, is", 0, "'limit' is not in this direction"),
]


@pytest.mark.parametrize(("name", "old", "new", "below", "told"), MISTAKES)
def test_a_mistake_is_told_by_file_and_line(
    directory: Path, name: Any, old: Any, new: Any, below: Any, told: Any
) -> None:
    line = edit(directory, name, old, new)

    found = problems(directory)

    assert any(p.startswith(f"{name}:{line + below}: ") and told in p for p in found), found


def test_all_mistakes_of_all_files_are_told_at_once(directory: Path) -> None:
    edit(directory, "roles.yaml", "  lawyers:\n", "  lawyers:\n    colour: red\n")
    edit(directory, "fields.yaml", "group: requisites", "group: nowhere")
    edit(directory, CLAIMS, "sla: 4h", "sla: 4h\n    colour: red")
    edit(directory, CLAIMS, "[evidence, rejected]", "[evidense, rejected]")
    edit(directory, RETAIL, "    outcome: lost\n", "    sla: 8h\n    next: [purchased]\n")

    found = problems(directory)

    assert [problem.split(":")[0] for problem in found] == [
        CLAIMS,
        CLAIMS,
        RETAIL,
        "fields.yaml",
        "roles.yaml",
    ]


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a remark\n", 1, "the file is empty"),
        (b"- claims\n", 1, "expected 'key: value' lines at the top"),
        (b"claims\n", 1, "expected 'key: value' lines at the top"),
        (b"{}\n", 1, "key 'code' is missing"),
        (b"code: a\n---\ncode: b\n", 2, "not valid YAML"),
        ("code: a\nname: Рекламации\n".encode("cp1251"), 2, "save the file as UTF-8"),
        ("code: claims\n".encode("utf-16"), 1, "save the file as UTF-8"),
        (b"code: !!python/object:os.system a\n", 1, "not valid YAML"),
        (b"? [a, b]\n: c\n", 1, "quotes"),
    ],
)
def test_a_file_that_is_no_catalogue_file_is_told(
    directory: Path, content: Any, line: int, told: str
) -> None:
    (directory / CLAIMS).write_bytes(content)

    found = problems(directory)

    assert any(p.startswith(f"{CLAIMS}:{line}: ") and told in p for p in found), found


def test_a_broken_fields_file_does_not_drown_in_unknown_fields(directory: Path) -> None:
    (directory / "fields.yaml").write_text("fields: [\n", encoding="utf-8")

    found = problems(directory)

    assert len(found) == 1
    assert found[0].startswith("fields.yaml:")


@pytest.mark.parametrize("name", UNIVERSAL)
def test_a_missing_file_is_told(directory: Path, name: Any) -> None:
    (directory / name).unlink()

    found = problems(directory)

    assert found == [f"{name}:1: cannot read the file: No such file or directory"]


def test_a_catalogue_without_directions_is_refused(directory: Path) -> None:
    shutil.rmtree(directory / "directions")

    assert problems(directory) == [
        "directions:1: the folder is empty, add a file for each direction"
    ]


def test_a_file_saved_by_notepad_is_read(directory: Path) -> None:
    path = directory / CLAIMS
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(text.encode("utf-8-sig"))

    assert "claims" in load_catalog(directory).directions


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: Рекламации и возвраты", "name: Розничные продажи", "name 'Розничные продажи' is"),
        ("order: 10", "order: 4", "order '4' is taken by directions/claims.yaml"),
    ],
)
def test_two_directions_cannot_share_a_name_or_a_place(
    directory: Path, old: str, new: str, told: str
) -> None:
    edit(directory, CLAIMS, old, new)

    found = problems(directory)

    assert len(found) == 1
    assert told in found[0]


def test_a_stage_of_another_process_needs_its_activity(directory: Path) -> None:
    line = edit(directory, CLAIMS, "order: 10", "order: 10\nprocess: claim-life")

    found = problems(directory)

    assert len(found) == 5
    assert found[0].startswith(f"{CLAIMS}:{line + 21}: stage 'registered' needs activity")


def test_people_of_the_demo_company_belong_to_known_lists(directory: Path) -> None:
    line = edit(directory, "demo.yaml", "moscowPickup: {operator:", "moscowPikup: {oprator:")

    found = problems(directory, demo=True)

    assert [p.split(": ")[0] for p in found] == [f"demo.yaml:{line}"] * 2
    assert load_catalog(directory)


def test_two_chains_cannot_share_a_process_or_a_stage(directory: Path) -> None:
    text = (directory / REVIEW).read_text(encoding="utf-8")
    other = directory / "approvals/zweite.yaml"
    other.write_text(text.replace("code: supplierReview", "code: zweite"), encoding="utf-8")

    found = problems(directory)

    assert found == [
        f"approvals/zweite.yaml:3: process 'supplier-review' is taken by {REVIEW}, choose another",
        f"approvals/zweite.yaml:5: stage of suppliers 'review' is taken by {REVIEW}, "
        "choose another",
    ]


def test_a_chain_without_steps_is_refused(directory: Path) -> None:
    text = (directory / REVIEW).read_text(encoding="utf-8")
    (directory / REVIEW).write_text(text[: text.index("steps:")] + "steps: {}\n", encoding="utf-8")

    assert problems(directory) == [f"{REVIEW}:8: add at least one step"]


def test_a_broken_direction_does_not_make_its_chain_wrong(directory: Path) -> None:
    edit(directory, SUPPLIERS, "order: 15", "order: many")

    assert len(problems(directory)) == 1

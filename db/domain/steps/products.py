"""Steps of a new product that its category manager answers, and how alike two products are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.stages import lose, move
from db.domain.errors import CommentMissing, FieldProblem, FieldsInvalid
from db.domain.fields.values import ListNames
from db.domain.steps.submission import answer_of, check_filled, filled_fields, words_of

NAME, CATEGORY = "productName", "productCategory"
MANUFACTURER, ARTICLE, BARCODE = "manufacturer", "manufacturerCode", "barcode"
FIRST_PURCHASE = "firstPurchaseAmount"
TRIAL_DUE_ON = "trialDueOn"
"""Day by which the trial order is assessed."""
LONGEST_CODE = 60
LONGEST_NAME = 200
MOST_WORDS = 8
"""Words of a name by which similar products are looked for."""
SHORTEST_WORD = 3
CYRILLIC = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")
"""Latin letters that look like Cyrillic ones."""
LATIN = str.maketrans("АВСЕНКМОРТХУавсенкмортху", "ABCEHKMOPTXYabcehkmoptxy")


@dataclass(frozen=True)
class ProductAnswer:
    """One answer of a step."""

    stage: str | None = None
    """Stage that follows; None: the deal stays."""
    needs: tuple[str, ...] = ()
    """Fields that must be filled with this answer."""
    explained: str | None = None
    """What to write if the explanation is missing; None: none is needed."""
    lost: str | None = None
    """Reason of the list `lossReasons` with which the product is rejected."""


@dataclass(frozen=True)
class ProductStep:
    """Task of the category manager."""

    name: str
    """Name of the step in notes."""
    answers: Mapping[str, ProductAnswer]
    fields: tuple[str, ...] = ()
    """Fields that the person may fill in this task."""


STEPS: Mapping[str, ProductStep] = {
    "duplicates": ProductStep(
        "Проверка дублей",
        {
            "unique": ProductAnswer("review"),
            "again": ProductAnswer(),
            "rework": ProductAnswer("application", explained="Напишите, что исправить в заявке."),
            "duplicate": ProductAnswer(
                explained="Напишите, какой товар уже есть: артикул или код в 1С.",
                lost="productDuplicate",
            ),
        },
    ),
    "placeTrial": ProductStep(
        "Пробный заказ",
        {"placed": ProductAnswer(needs=("trialOrderNumber", "trialQuantity", TRIAL_DUE_ON))},
        ("trialOrderNumber", "trialQuantity", TRIAL_DUE_ON),
    ),
    "assessTrial": ProductStep(
        "Итоги пробного заказа",
        {
            "accepted": ProductAnswer("inAssortment", ("trialSold", "trialResult")),
            "prolonged": ProductAnswer(
                needs=(TRIAL_DUE_ON,), explained="Напишите, почему нужен ещё срок."
            ),
            "rejected": ProductAnswer(
                needs=("trialSold", "trialResult"),
                explained="Напишите, почему товар не берём: причина останется в сделке.",
                lost="trialFailed",
            ),
        },
        ("trialSold", "trialResult", TRIAL_DUE_ON),
    ),
}
"""Code of the step in the diagram → what its person may say."""
NEEDS_FUTURE = frozenset({"placed", "prolonged"})
"""Answers after which the trial goes on until a day that is not over."""


def answer_step(
    catalog: Catalog,
    deal: Deal,
    step: ProductStep,
    said: object,
    values: object,
    reason: object,
    lists: ListNames,
    *,
    at: datetime,
    today: date,
) -> str | None:
    """Apply a person's answer: write the fields, then move or reject the product.

    Returns: the words that explain the answer.
    Raises: AnswerMissing, CommentMissing, FieldsInvalid, FieldsMissing, StageNotAllowed,
    DealClosed.
    """
    answer = answer_of(step.answers, said)
    words = words_of(reason)
    if answer.explained is not None and words is None:
        raise CommentMissing(answer.explained)
    write(catalog, deal, filled_fields(catalog, deal, step.fields, values), lists, by_worker=True)
    check_filled(catalog, deal, answer.needs)
    if said in NEEDS_FUTURE:
        _check_due(catalog, deal, today)
    if answer.lost is not None:
        lose(catalog, deal, answer.lost, words, lists, at=at)
    elif answer.stage is not None:
        move(catalog, deal, answer.stage, at=at, by_process=True)
    return words


def trial_due_on(deal: Deal) -> date | None:
    """Day by which the trial order is assessed."""
    day = deal.values.get(TRIAL_DUE_ON)
    return date.fromisoformat(day) if day else None


def _check_due(catalog: Catalog, deal: Deal, today: date) -> None:
    day = trial_due_on(deal)
    if day is not None and day < today:
        label = catalog.fields[TRIAL_DUE_ON].label
        sentence = "Этот день уже прошёл, укажите сегодняшний или более поздний."
        raise FieldsInvalid([FieldProblem(TRIAL_DUE_ON, label, sentence)])


def code_key(code: object) -> str:
    """An article or barcode as it is compared: only letters and digits, one case, one alphabet."""
    text = str(code or "")[:LONGEST_CODE].upper().translate(CYRILLIC)
    return "".join(filter(str.isalnum, text))


def words_of_name(name: object) -> tuple[str, ...]:
    """The words of a product's name that tell it from others, in their order."""
    text = str(name or "")[:LONGEST_NAME].casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in text).split()
    return tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST_WORD))[:MOST_WORDS]


def likeness(name: object, other: object) -> float:
    """Share of the words that two names have in common, from 0 to 1."""
    mine, others = set(words_of_name(name)), set(words_of_name(other))
    return len(mine & others) / len(mine | others) if mine and others else 0.0


@dataclass(frozen=True)
class Product:
    """Properties by which two products are compared."""

    name: str
    manufacturer: str
    article: str
    barcode: str

    def why_like(self, other: "Product") -> Collection[str]:
        """In what the other product is the same, the surest sign first; empty if in nothing."""
        signs = {
            "barcode": same_code(self.barcode, other.barcode),
            "article": same_code(self.article, other.article),
            "name": likeness(self.name, other.name) >= ALIKE,
        }
        return [sign for sign, same in signs.items() if same]


ALIKE = 0.5
"""Likeness from which two names are shown to the person who decides."""


def same_code(one: object, other: object) -> bool:
    """Whether two articles or barcodes are the same, however they are written."""
    return bool(code_key(one)) and code_key(one) == code_key(other)


def product_of(deal: Deal) -> Product:
    """The product of a deal."""
    text = {code: str(deal.values.get(code) or "") for code in (NAME, MANUFACTURER, ARTICLE)}
    barcode = str(deal.values.get(BARCODE) or "")
    return Product(text[NAME], text[MANUFACTURER], text[ARTICLE], barcode)

"""Names of people in the cases of Russian, and shortened to initials.

The rules of declension are those of Petrovich (`pytrovich`). A name whose parts or gender cannot
be told is not declined by guess: a contract with a wrong name is worse than one that a person has
to finish.
"""

import re
from enum import StrEnum
from functools import cache

from pytrovich.detector import PetrovichGenderDetector
from pytrovich.enums import Case, Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker


class Declension(StrEnum):
    """Oblique cases by their Russian names."""

    GENITIVE = "родительный"
    DATIVE = "дательный"
    ACCUSATIVE = "винительный"
    INSTRUMENTAL = "творительный"
    PREPOSITIONAL = "предложный"


_CASES = {
    Declension.GENITIVE: Case.GENITIVE,
    Declension.DATIVE: Case.DATIVE,
    Declension.ACCUSATIVE: Case.ACCUSATIVE,
    Declension.INSTRUMENTAL: Case.INSTRUMENTAL,
    Declension.PREPOSITIONAL: Case.PREPOSITIONAL,
}
_WORD = re.compile(r"[А-ЯЁа-яё]{1,40}(?:-[А-ЯЁа-яё]{1,40})?")
_PATRONYMIC = ("вич", "вна", "ична", "инична", "ильич", "кузьмич", "лукич", "фомич")
MAX_NAME = 120  # characters


class NotAName(ValueError):
    """The text is no name whose parts and gender can be told."""


def declined(name: str, case: Declension) -> str:
    """A full name in a case, in the order in which it is given.

    Raises: NotAName.
    """
    return " ".join(
        _decline(part, gender, case, word) for part, word, gender in _with_gender(_parts(name))
    )


def with_initials(name: str) -> str:
    """«Иванов Иван Петрович» → «Иванов И. П.». Raises: NotAName."""
    parts = _parts(name)
    surname = next(word for part, word in parts if part is NamePart.LASTNAME)
    others = [word for part, word in parts if part is not NamePart.LASTNAME]
    return "\u00a0".join([surname, *(f"{word[0]}." for word in others)])


def _parts(name: str) -> list[tuple[NamePart, str]]:
    """Words of a name with their parts: the patronymic tells which of the others is the surname.

    Of two words without a patronymic the one that is known as a first name is the first name.
    """
    words = name.split() if len(name) <= MAX_NAME else []
    if not 2 <= len(words) <= 3 or not all(map(_WORD.fullmatch, words)):
        raise NotAName
    surname_first = (NamePart.LASTNAME, NamePart.FIRSTNAME, NamePart.MIDDLENAME)
    surname_last = (NamePart.FIRSTNAME, NamePart.MIDDLENAME, NamePart.LASTNAME)
    order: tuple[NamePart, ...]
    middle, last = (_is_patronymic(word) for word in words[-2:])
    if len(words) == 3 and middle and last and _is_first_name(words[0]):
        order = surname_last  # Роман Аркадьевич Абрамович
    elif len(words) == 3 and middle != last:
        order = surname_first if last else surname_last
    elif len(words) == 2 and not any(map(_is_patronymic, words)):
        first = [_is_first_name(word) for word in words]
        if first[0] == first[1]:
            raise NotAName
        pair = (NamePart.FIRSTNAME, NamePart.LASTNAME)
        order = pair if first[0] else (pair[1], pair[0])
    else:
        raise NotAName
    return list(zip(order, words, strict=True))


def _with_gender(parts: list[tuple[NamePart, str]]) -> list[tuple[NamePart, str, Gender]]:
    known = dict(parts)
    gender = _gender(firstname=known[NamePart.FIRSTNAME], middlename=known.get(NamePart.MIDDLENAME))
    if gender is Gender.ANDROGYNOUS:
        gender = _gender(lastname=known[NamePart.LASTNAME])
    if gender is Gender.ANDROGYNOUS:
        raise NotAName
    return [(part, word, gender) for part, word in parts]


def _gender(**parts: str | None) -> Gender:
    found = _detector().detect(**parts)  # type: ignore[no-untyped-call]
    assert isinstance(found, Gender)
    return found


def _decline(part: NamePart, gender: Gender, case: Declension, word: str) -> str:
    return str(_maker().make(part, gender, _CASES[case], word, known_gender=True))


def _is_patronymic(word: str) -> bool:
    return word.casefold().endswith(_PATRONYMIC)


def _is_first_name(word: str) -> bool:
    return word.casefold() in FIRST_NAMES


@cache
def _maker() -> PetrovichDeclinationMaker:
    return PetrovichDeclinationMaker()


@cache
def _detector() -> PetrovichGenderDetector:
    return PetrovichGenderDetector()


_KNOWN = """
александр алексей анатолий андрей антон аркадий арсений артём артем артур богдан борис вадим
валентин валерий василий виктор виталий владимир владислав вячеслав геннадий георгий герман глеб
григорий даниил данил денис дмитрий евгений егор захар иван игорь илья кирилл константин лев леонид
макар максим марат марк матвей михаил никита николай олег павел пётр петр родион роман ростислав
руслан рустам савелий семён семен сергей станислав степан тарас тимофей тимур фёдор федор филипп
эдуард юрий яков ян ярослав
алевтина александра алина алиса алла анастасия ангелина анжелика анна антонина арина валентина
валерия варвара василиса вера вероника виктория галина дарья диана ева евгения екатерина елена
елизавета жанна зинаида зоя инна ирина карина кира кристина ксения лариса лидия лилия любовь людмила
маргарита марина мария милана надежда наталия наталья нелли нина оксана олеся ольга полина раиса
регина римма светлана снежана софия софья таисия тамара татьяна ульяна фаина эльвира эмилия юлия яна
ярослава
"""
FIRST_NAMES = frozenset(_KNOWN.split())
"""First names of most people in Russia, in lower case; others need their patronymic."""

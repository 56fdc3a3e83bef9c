"""Reasons why a move ends without a change, and the comparison of counts."""

from collections.abc import Iterable, Mapping

from db.config.operator_error import OperatorError


class MoveRefused(OperatorError):
    """The move did not begin and changed nothing; the message names the next step."""


class MoveUnfinished(OperatorError):
    """The data are moved, but the engine does not work with them."""


class CountsDiffer(OperatorError):
    """Something was lost or added in the transaction, which was rolled back."""

    def __init__(self, changed: Iterable[str]) -> None:
        super().__init__(
            "Перенос отменён, база осталась прежней: после него было бы другое число "
            f"({', '.join(changed)}). Сообщите разработчикам."
        )


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names whose counts are not equal, with both."""
    return [
        f"{name}: {count} → {after.get(name)}"
        for name, count in before.items()
        if after.get(name) != count
    ]

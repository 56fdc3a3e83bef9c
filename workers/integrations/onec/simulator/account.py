"""Whom the simulated 1C lets in; apart from it, because whoever starts it needs nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """The user that 1C knows; Cyrillic logins are usual there."""

    login: str = "СделкиЧтение"
    password: str = "пароль симулятора"

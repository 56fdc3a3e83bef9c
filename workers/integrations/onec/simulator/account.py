"""Login and password that the simulated 1C accepts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """A user of 1C, with a Cyrillic login as is usual there."""

    login: str = "СделкиЧтение"
    password: str = "пароль симулятора"

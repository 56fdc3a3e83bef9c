"""The check after a move says what failed, whichever part did not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bpmn.camunda.server.settings import EngineSettings
from db.domain.errors import Unavailable
from ops.local.settings import SuiteSettings
from ops.move import command
from ops.move.refusals import MoveUnfinished


@contextmanager
def deaf_engine(_: EngineSettings) -> Iterator[str]:
    yield "http://127.0.0.1:9/engine-rest"


@contextmanager
def no_database(_: EngineSettings) -> Iterator[str]:
    raise Unavailable("PostgreSQL")
    yield


@pytest.mark.parametrize(
    ("engine", "said"),
    [(deaf_engine, "движок не отвечает"), (no_database, "база сделок не отвечает")],
)
def test_a_check_without_an_answer_is_an_unfinished_move(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: object, said: str
) -> None:
    """So that the message names the way back, as for every other failure after the change."""
    monkeypatch.setattr(command, "private_engine", engine)
    target = EngineSettings(_env_file=None, data_dir=tmp_path)

    with pytest.raises(MoveUnfinished, match=said):
        list(command.verify(SuiteSettings(_env_file=None, data_dir=tmp_path), target))

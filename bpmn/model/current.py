"""Sets and mappings read from the diagrams, which learn what a deployment without restart added."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, Generic, TypeVar

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import InvalidDiagram

Key = TypeVar("Key")
Value = TypeVar("Value")
CHECK_SECONDS = 5.0
log = logging.getLogger(__name__)


class _Current(Generic[Value]):
    """A reading of the folder, repeated after its files changed."""

    def __init__(
        self,
        read: Callable[[Path], Value],
        joined: Callable[[Value, Value], Value],
        folder: Path = DIRECTORY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._joined, self._folder, self._clock = read, joined, folder, clock
        self._signature = self._files()
        self._value = read(folder)
        self._checked = clock()

    def __call__(self) -> Value:
        """Return the reading; what was known before stays known.

        Instances of earlier versions still stand at activities that the files no longer have. A
        file that is no diagram at the moment leaves everything as it was.
        """
        if self._clock() - self._checked < CHECK_SECONDS:
            return self._value
        self._checked = self._clock()
        try:
            if (signature := self._files()) != self._signature:
                self._value = self._joined(self._value, self._read(self._folder))
                self._signature = signature
        except (InvalidDiagram, OSError) as error:  # a file that is just being replaced
            log.warning("the changed diagrams are not read: %s", error)
        return self._value

    def _files(self) -> Any:
        return sorted(
            (path.name, found.st_mtime_ns, found.st_size)
            for path in self._folder.glob("*.bpmn")
            for found in [path.stat()]
        )


class CurrentSet(Set[Key]):
    """A set that is read from the diagrams and grows with them. Safe to share between threads."""

    def __init__(self, read: Callable[[Path], frozenset[Key]], **options: Any) -> None:
        self._current: _Current[frozenset[Key]] = _Current(
            read, lambda old, new: old | new, **options
        )

    @classmethod
    def _from_iterable(cls, found: Any) -> Set[Any]:
        return frozenset(found)

    def __contains__(self, key: object) -> bool:
        return key in self._current()

    def __iter__(self) -> Iterator[Key]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())


class CurrentMapping(Mapping[Key, Value]):
    """A mapping that is read from the diagrams and grows with them; new values replace old ones.

    Safe to share between threads.
    """

    def __init__(self, read: Callable[[Path], Mapping[Key, Value]], **options: Any) -> None:
        self._current: _Current[Mapping[Key, Value]] = _Current(
            read, lambda old, new: {**old, **new}, **options
        )

    def __getitem__(self, key: Key) -> Value:
        return self._current()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

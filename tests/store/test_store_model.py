"""An index against a plain dictionary, through whatever may be done to it in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from numbered import ORIGIN, contents, ids_of, item, named, names, path, put

from aekeras.errors import MissingError
from aekeras.store import Manifest, Store, building, changing, code_draft, kept

NUMBERS = st.lists(st.integers(0, 25), max_size=12)
COPIES = st.integers(0, 1)


class IndexMachine(RuleBasedStateMachine):
    """Verbs, and what must then be there.

    Attributes:
        files: The number of each path.
        ids: The id of each number.
        used: All ids that were ever given.
        checked: What was current when all was looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.directory = self.folder / "index"
        self.files: dict[str, int] = {}
        self.ids: dict[int, int] = {}
        self.used: set[int] = set()
        self.checked: Manifest | None = None
        self._begin(new=False)

    def teardown(self) -> None:
        self._end()
        shutil.rmtree(self.folder)

    def _begin(self, *, new: bool) -> None:
        there = (self.directory / "manifest.json").exists()
        self.anew = new or not there
        self.context = building(self.directory, ORIGIN) if self.anew else changing(self.directory)
        self.change = self.context.__enter__()
        self.draft = {} if self.anew else dict(self.files)
        self.touched = False

    def _end(self) -> None:
        self.context.__exit__(None, None, None)

    @rule(numbers=NUMBERS, copy=COPIES)
    def add(self, numbers: list[int], copy: int) -> None:
        put(self.change, numbers, copy)
        self.draft |= {path(number, copy): number for number in numbers}
        self.touched = True

    @rule(numbers=NUMBERS, copy=COPIES)
    def add_paths(self, numbers: list[int], copy: int) -> None:
        known = [number for number in numbers if self.change.holds(item(number).digest)]
        assert set(self.draft.values()) & set(numbers) <= set(known)
        self.change.add_paths([item(number, copy) for number in known])
        self.draft |= {path(number, copy): number for number in known}

    @precondition(lambda self: self.draft)
    @rule(numbers=NUMBERS, copy=COPIES)
    def remove(self, numbers: list[int], copy: int) -> None:
        self.change.remove([path(number, copy) for number in numbers])
        for number in numbers:
            self.draft.pop(path(number, copy), None)

    @precondition(lambda self: not self.anew or self.touched)
    @rule(settle=st.booleans())
    def commit(self, settle: bool) -> None:
        self.change.commit(settle=settle)
        self.files = dict(self.draft)
        self._learn()
        self.anew = False

    @precondition(lambda self: not self.anew or self.touched)
    @rule()
    def rebuild(self) -> None:
        self.change.rebuild()
        self.files = dict(self.draft)
        self._learn()
        self.anew = False

    @rule(new=st.booleans())
    def begin_again(self, new: bool) -> None:
        self._end()
        if (self.directory / "manifest.json").exists():
            with Store.open(self.directory) as store:
                assert names(self.directory) == named(store), "what was not committed is gone"
        else:
            assert names(self.directory) == []
        self._begin(new=new)

    def _learn(self) -> None:
        with Store.open(self.directory) as store:
            now = ids_of(store)
        for number, key in now.items():
            assert self.ids[number] == key if number in self.ids else key not in self.used
        self.ids = now
        self.used |= set(now.values())

    @initialize(numbers=NUMBERS)
    def first(self, numbers: list[int]) -> None:
        self.add(numbers, 0)
        self.commit(settle=True)

    @invariant()
    def readers_meet_what_was_committed_last(self) -> None:
        try:
            store = Store.open(self.directory)
        except MissingError:
            assert not self.files
            return
        with store:
            if store.manifest != self.checked:
                store.verify()
                assert contents(store) == self.files
                self.checked = store.manifest


@pytest.mark.slow
def test_an_index_is_what_a_dictionary_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_draft, "SHARD", 8)
    monkeypatch.setattr(kept, "_FILE_BYTES", 5 * 48)
    machine = IndexMachine.TestCase()
    machine.settings = settings(
        max_examples=60,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.runTest()

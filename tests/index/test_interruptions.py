"""A long run that is interrupted, or overtaken by others, loses nothing and leaves nothing half done."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from watching import Telling, check_codes

from aekeras.index import Index, Update, build_indexes, update_indexes
from aekeras.progress import Progress
from aekeras.store import Store


class Interrupting(Telling):
    """Presses Ctrl-C, once or oftener, after seven pictures."""

    def __init__(self, times: int = 1) -> None:
        super().__init__()
        self._times = times

    def advance(self, done: int, note: str = "") -> None:
        del note
        if done == 7:
            for _ in range(self._times):
                signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_what_was_done_and_sync_goes_on(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aekeras.index.filling._BATCH", 4)
    shutil.rmtree("indexes/l1")
    telling = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        update_indexes(Update(sources=(photos,)), ["l1"], progress=telling)
    assert telling.warnings == [
        "Interrupted: what was done so far, 7 pictures, is kept; `aekeras index sync` goes on from there."
    ]
    with Index.open("indexes/l1") as index:
        assert len(index) == 7
        index.verify()
        assert len(index.sync(photos).added) == 5
        check_codes(index)


def test_ctrl_c_in_a_build_leaves_the_index_that_was_there(photos: Path) -> None:
    telling = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        build_indexes(photos.parent / "pictures", ["l1"], progress=telling)
    assert telling.warnings == ["Interrupted: the indexes are as they were."]
    with Index.open("indexes/l1") as index:
        assert len(index) == 12
        index.verify()


def test_whoever_presses_ctrl_c_twice_does_not_wait(photos: Path) -> None:
    shutil.rmtree("indexes/l1")
    telling = Interrupting(times=2)
    with pytest.raises(KeyboardInterrupt):
        update_indexes(Update(sources=(photos,)), ["l1"], progress=telling)
    assert telling.warnings == []
    assert not Path("indexes/l1/manifest.json").exists()
    assert len(update_indexes(Update(sources=(photos,)), ["l1"])[0].added) == 12


def test_a_long_run_is_committed_now_and_then(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_BATCH", 2), ("_COMMIT_EACH", 4)):
        monkeypatch.setattr(f"aekeras.index.filling.{name}", value)
    shutil.rmtree("indexes/l1")
    counts = []

    class Watching(Progress):
        def advance(self, done: int, note: str = "") -> None:
            del done, note
            if Path("indexes/l1/manifest.json").exists():
                with Store.open("indexes/l1") as store:
                    counts.append(len(store))
                    store.verify()

    update_indexes(Update(sources=(photos,)), ["l1"], progress=Watching())
    assert sorted(set(counts)) == [4, 8, 12]
    with Index.open("indexes/l1") as index:
        assert len(index) == 12
        check_codes(index)


def test_a_content_that_was_lost_meanwhile_is_encoded_again(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file changes, its former content goes with an interim commit, and turns up again under a later name."""
    for name in ("_BATCH", "_COMMIT_EACH"):
        monkeypatch.setattr(f"aekeras.index.filling.{name}", 1)
    first = sorted(photos.glob("*.png"))[0]
    shutil.copy(first, photos / "z-later.png")
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[70], first)
    with Index.open("indexes/l1") as index:
        changes = index.sync(photos)
        assert (len(changes.added), len(changes.updated), changes.count) == (1, 1, 13)
        check_codes(index)

"""What changes an index: ids that last, contents with several paths, small pictures that move, broken-off changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numbered import ORIGIN, built, codes, contents, ids_of, image, images, item, named, names, path, put

from aekeras.errors import InputError, MissingError
from aekeras.store import Change, Store, building, changing, image_draft
from aekeras.store.drafts import Drafts


def changed(directory: Path, *steps: Callable[[Change], None], rebuild: bool = False) -> Store:
    """The index after a change."""
    with changing(directory) as change:
        for step in steps:
            step(change)
        change.commit()
        if rebuild:
            change.rebuild()
    store = Store.open(directory)
    store.verify()
    assert names(directory) == named(store)
    return store


def without(*numbers: int, copy: int = 0) -> Callable[[Change], None]:
    return lambda change: change.remove([path(number, copy) for number in numbers])


def with_(*numbers: int, copy: int = 0) -> Callable[[Change], None]:
    return lambda change: put(change, numbers, copy)


def test_ids_last_and_are_never_used_again(directory: Path) -> None:
    built(directory, range(6))
    assert ids_of(changed(directory, without(1, 5))) == {0: 0, 2: 2, 3: 3, 4: 4}
    assert ids_of(changed(directory, with_(7, 1))) == {0: 0, 2: 2, 3: 3, 4: 4, 7: 6, 1: 7}
    assert ids_of(changed(directory, rebuild=True)) == {0: 0, 2: 2, 3: 3, 4: 4, 7: 6, 1: 7}
    assert ids_of(changed(directory, without(1))) == {0: 0, 2: 2, 3: 3, 4: 4, 7: 6}
    assert ids_of(built(directory, [9, 7, 5, 2])) == {2: 2, 7: 6, 9: 8, 5: 9}
    changed(directory, without(9, 7, 5, 2))
    assert ids_of(changed(directory, with_(0))) == {0: 10}
    assert contents(Store.open(directory)) == {path(0): 0}


def test_a_content_stays_as_long_as_one_file_has_it(directory: Path) -> None:
    built(directory, range(3))
    assert len(changed(directory, with_(1, 1, 2, copy=1))) == 3
    store = changed(directory, lambda change: change.add_paths([item(1, copy=2)]))
    assert store.items.paths([1]) == {1: [path(1), path(1, 1), path(1, 2)]}
    assert store.items.count_paths() == 6
    store = changed(directory, without(1), without(1, copy=2))
    assert contents(store) == {path(0): 0, path(1, 1): 1, path(2): 2, path(2, 1): 2}
    store = changed(directory, without(1, copy=1))
    assert contents(store) == {path(0): 0, path(2): 2, path(2, 1): 2}
    assert store.ids.tolist() == [0, 2]


def test_a_file_that_has_another_content_now_leaves_the_old_one(directory: Path) -> None:
    built(directory, range(3))

    def other(change: Change) -> None:
        change.add([replace(item(8), path=Path(path(1)))], codes([8]), images([8]))

    store = changed(directory, other)
    assert ids_of(store) == {0: 0, 2: 2, 8: 3}
    assert store.items.id_of(path(1)) == 3


def test_what_goes_and_comes_in_one_change_keeps_its_id(directory: Path) -> None:
    built(directory, range(3))
    assert ids_of(changed(directory, without(1), with_(1, copy=4))) == {0: 0, 1: 1, 2: 2}
    assert ids_of(changed(directory, with_(5), without(5))) == {0: 0, 1: 1, 2: 2}


def test_metadata_can_be_told_later(directory: Path) -> None:
    built(directory, range(3))
    store = changed(directory, lambda change: change.describe({path(0): {"née": "\udcff"}, "/unknown": {"a": "b"}}))
    told = {key: known.metadata for key, known in store.items}
    assert told == {0: {"née": "\udcff"}, 1: {"number": "1"}, 2: {"number": "2"}}


def test_unreadable_files_are_remembered_until_they_can_be_read_or_go(directory: Path) -> None:
    built(directory, range(3))
    bad = [(path(number), number, 5, "no picture") for number in (7, 8, 9)]
    store = changed(directory, lambda change: change.put_unreadable(bad))
    assert store.items.unreadable() == {path(number): (number, 5) for number in (7, 8, 9)}
    store = changed(directory, with_(7), without(8))
    assert store.items.unreadable() == {path(9): (9, 5)}
    assert set(contents(store)) == {path(0), path(1), path(2), path(7)}


def test_a_new_index_of_unreadable_files_only_is_none(directory: Path) -> None:
    with building(directory, ORIGIN) as change:
        change.put_unreadable([("/a", 1, 1, "no picture")])
        assert change.commit() is None
    with pytest.raises(MissingError, match=r"Found none"):
        Store.open(directory)


def test_a_change_of_nothing_writes_nothing(directory: Path) -> None:
    manifest = built(directory, range(3)).manifest
    assert changed(directory).manifest == manifest
    assert changed(directory, without(), lambda change: change.describe({})).manifest == manifest
    assert changed(directory, rebuild=True).manifest != manifest


@pytest.mark.usefixtures("small_files")
def test_small_pictures_are_found_wherever_they_move(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[Path] = []
    move = image_draft.ImageDraft._move
    monkeypatch.setattr(
        image_draft.ImageDraft, "_move", lambda self, file, items: (moved.append(file), move(self, file, items))
    )
    rng = np.random.default_rng(0)
    built(directory, range(45))
    here = set(range(45))
    for step in range(25):
        out = set(rng.permutation(sorted(here))[: rng.integers(0, 12)].tolist())
        come = set(range(45 + 10 * step, 45 + 10 * step + int(rng.integers(0, 9))))
        store = changed(directory, without(*out), with_(*come))
        here = here - out | come
        assert set(contents(store).values()) == here
        files = [file.size for file in store.manifest.images]
        assert len(files) <= 2 * -(-len(here) // 10) + 1, "files that are half empty are put together"
    assert len(moved) > 10


def test_an_index_without_small_pictures_has_none(directory: Path) -> None:
    store = built(directory, range(3), keep_images=False)
    assert store.images_of([0, 1]) is None
    assert store.manifest.images == ()
    with changing(directory, keep_images=True) as change:
        put(change, [3])
        change.commit()
    store = Store.open(directory)
    assert store.images_of([0, 3]) is None
    kept = store.images_of([3])
    assert kept is not None
    np.testing.assert_array_equal(kept[0], image(3))


@pytest.mark.parametrize("wrong", [images([1]), images([1, 2])[:, :2], images([1, 2]).astype(np.float32)])
def test_small_pictures_that_do_not_fit_are_refused(directory: Path, wrong: np.ndarray) -> None:
    with building(directory, ORIGIN) as change, pytest.raises(InputError, match=r"^Expected small pictures of shape "):
        change.add([item(1), item(2)], codes([1, 2]), wrong)


def test_codes_and_items_of_different_number_are_refused(directory: Path) -> None:
    with building(directory, ORIGIN) as change:
        with pytest.raises(InputError, match=r"^Expected one code per item\. Received: 3 codes and 0 items\. "):
            change.add([], np.zeros((3, 2)))
        put(change, [1])  # nothing had been done
        change.commit()
    assert contents(Store.open(directory)) == {path(1): 1}


def test_a_path_to_a_content_that_is_not_there_is_refused(directory: Path) -> None:
    built(directory, range(3))
    with changing(directory) as change, pytest.raises(InputError, match=r"Received: /photos/0/5\.png, which is new"):
        change.add_paths([item(5)])
    assert len(contents(Store.open(directory))) == 3


def test_a_change_that_broke_off_cannot_be_committed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(directory, range(3))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for at in ("add_paths", "finish"):  # in the midst of what is put, or written
        with changing(directory) as change, monkeypatch.context() as patched:
            put(change, [4])
            assert change.interim
            patched.setattr(Drafts, at, interrupted)
            with pytest.raises(KeyboardInterrupt):
                (change.commit if at == "finish" else lambda: put(change, [5, 6]))()
            patched.undo()
            assert not change.interim
            for then in (change.commit, lambda: put(change, [7])):
                with pytest.raises(InputError, match=r"^Expected a change that went well so far\. .*Begin it anew\.$"):
                    then()
        store = Store.open(directory)
        assert set(contents(store).values()) == {0, 1, 2}
        assert names(directory) == named(store)


def test_a_new_index_can_grow_step_by_step_but_one_that_replaces_another_cannot(directory: Path) -> None:
    with building(directory, ORIGIN) as change:
        assert change.interim
        put(change, [0])
        change.commit(settle=False)
        assert len(Store.open(directory)) == 1
        put(change, [1])
        change.commit()
    assert ids_of(Store.open(directory)) == {0: 0, 1: 1}
    with building(directory, ORIGIN) as change:
        assert not change.interim
        put(change, [2])
        assert ids_of(Store.open(directory)) == {0: 0, 1: 1}
        change.commit()
    assert ids_of(Store.open(directory)) == {2: 2}

"""Made-up pictures of which everything follows from a number, so all that an index tells of them can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from aekeras.store import Change, Item, Origin, Store, building, code_draft, kept

DIM, SIZE = 8, 4
SHARD, PICTURES = 16, 10  # in one file, where files are small
ORIGIN = Origin(
    loss="mirror(l1_gray)",
    blind_to=("chroma", "left-right flip"),
    model_name="mirror-l1_gray-37811e05",
    model_version=3,
    fingerprint="a1" * 32,
    image_size=SIZE,
)


def digest(number: int) -> str:
    return f"{number:064x}"


@cache
def code(number: int) -> np.ndarray:
    return np.random.default_rng((number, 0)).normal(size=DIM).astype(np.float32)


@cache
def image(number: int) -> np.ndarray:
    return np.random.default_rng((number, 1)).integers(0, 256, (SIZE, SIZE, 3), np.uint8)


def codes(numbers: Iterable[int]) -> np.ndarray:
    return np.array([code(number) for number in numbers], np.float32).reshape(-1, DIM)


def images(numbers: Iterable[int]) -> np.ndarray:
    return np.array([image(number) for number in numbers], np.uint8).reshape(-1, SIZE, SIZE, 3)


def path(number: int, copy: int = 0) -> str:
    return f"/photos/{copy}/{number}.png"


def item(number: int, copy: int = 0) -> Item:
    return Item(
        path=Path(path(number, copy)),
        size=number,
        mtime_ns=number * 10**9,
        digest=digest(number),
        metadata={"number": str(number)} if number % 3 else None,
    )


def put(change: Change, numbers: Sequence[int], copy: int = 0) -> None:
    """Adds pictures to a change."""
    change.add([item(number, copy) for number in numbers], codes(numbers), images(numbers))


def built(directory: Path, numbers: Sequence[int], **settings: object) -> Store:
    """An index of pictures."""
    with building(directory, ORIGIN, **settings) as change:
        put(change, numbers)
        change.commit()
    return Store.open(directory)


def small_files() -> None:
    """Many files for few pictures; for processes that a test starts."""
    code_draft.SHARD = SHARD
    kept._FILE_BYTES = PICTURES * SIZE * SIZE * 3


def contents(store: Store) -> dict[str, int]:
    """The number of each path, once every way to ask for it has given the same answer."""
    found = {str(known.path): (key, int(known.digest, 16)) for key, known in store.items}
    ids = {number: key for key, number in found.values()}
    for name, (key, number) in found.items():
        assert ids[number] == key, "one content, one id"
        assert name == path(number, int(Path(name).parent.name))
        assert store.items.id_of(name) == key
    keys = store.ids.tolist()
    assert sorted(ids.values()) == keys
    assert len(store) == len(keys)
    order = sorted(ids, key=ids.__getitem__)
    np.testing.assert_array_equal(store.codes, codes(order))
    if order:
        kept_images = store.images_of(keys)
        assert kept_images is not None
        np.testing.assert_array_equal(kept_images, images(order))
        for nearest in (store.nearest(codes(order), 1), store.within(codes(order), 0)):
            assert [one.ids.tolist() for one in nearest] == [[key] for key in keys]
    return {name: number for name, (_, number) in found.items()}


def ids_of(store: Store) -> dict[int, int]:
    """The id of each number."""
    return {int(known.digest, 16): key for key, known in store.items}


def names(directory: Path) -> list[str]:
    """The files of an index, without the two of its lock."""
    return sorted(file.name for file in directory.iterdir() if not file.name.startswith("."))


def named(store: Store) -> list[str]:
    """The files that an index should have."""
    return sorted(["manifest.json", *(file.name for file in store.manifest.files)])

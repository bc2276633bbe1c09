"""Whatever happens to a file of an index, the damage is named, by whoever reads it, and by `verify` always."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numbered
import numpy as np
import pytest
from numbered import built, codes, contents, names, path, put

from aekeras.errors import AekerasError, InputError, MissingError
from aekeras.store import Manifest, Store, building, changing, files

REBUILD = r"Rebuild the index by `aekeras index build`\.$"
COUNT = 200
KINDS = ("manifest", "items", "codes", "images", "search")

SEARCHING = """
import sys
from pathlib import Path
import numbered
from aekeras.errors import AekerasError
from aekeras.store import Store
outcomes = []
for directory in map(Path, sys.argv[1:]):
    try:
        with Store.open(directory) as store:
            store.nearest(numbered.codes(range(30)), 5, exact=True)
            store.within(numbered.codes(range(3)), 1)
    except AekerasError as error:
        outcomes.append(str(error))
    else:
        outcomes.append("no error")
print("\\n".join(outcomes))
"""


def flip(at: int, bit: int = 0) -> Callable[[bytes], bytes]:
    def flipped(data: bytes) -> bytes:
        place = at % len(data)
        return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]

    return flipped


def flips(size: int, seed: int) -> Iterator[Callable[[bytes], bytes]]:
    """One bit each: of the first byte, of the last one, and anywhere."""
    rng = np.random.default_rng(seed)
    yield flip(0)
    yield flip(-1, 7)
    for _ in range(10):
        yield flip(int(rng.integers(size)), int(rng.integers(8)))


CUTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: data[:0],
    "half": lambda data: data[: len(data) // 2],
    "one byte less": lambda data: data[:-1],
    "one byte more": lambda data: data + b"0",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that has files of all kinds; not to be changed."""
    directory = tmp_path_factory.mktemp("whole") / "index"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("aekeras.store.code_draft.SHARD", 150)
        patched.setattr("aekeras.store.kept._FILE_BYTES", 150 * 48)
        store = built(directory, range(COUNT), kind="IVF8,SQ8")
    assert {name.split("-")[0].split(".")[0] for name in names(directory)} == set(KINDS)
    store.verify()
    return directory


@pytest.fixture
def own(whole: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return shutil.copytree(whole, tmp_path / "index")


def files_of(directory: Path, kind: str) -> list[Path]:
    return [directory / name for name in names(directory) if name.startswith(kind)]


def refused(directory: Path, file: Path) -> None:
    """Passes when opening says which file is damaged."""
    with pytest.raises(AekerasError) as caught:
        Store.open(directory).verify()
    assert file.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_found_in_every_file(own: Path, kind: str) -> None:
    for number, file in enumerate(files_of(own, kind)):
        data = file.read_bytes()
        for damage in flips(len(data), number):
            file.write_bytes(damage(data))
            refused(own, file)
        file.write_bytes(data)
    Store.open(own).verify()


@pytest.mark.parametrize("cut", CUTS.values(), ids=list(CUTS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_size_is_found(own: Path, kind: str, cut: Callable[[bytes], bytes]) -> None:
    for file in files_of(own, kind):
        data = file.read_bytes()
        file.write_bytes(cut(data))
        refused(own, file)
        file.write_bytes(data)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_file_that_is_gone_is_named(own: Path, kind: str) -> None:
    file = files_of(own, kind)[-1]
    with Store.open(own) as store:
        file.unlink()
        for ask in (lambda: Store.open(own), store.verify):
            with pytest.raises(MissingError, match=rf"^Expected a file at .*{file.name}\. Found none\. {REBUILD}"):
                ask()


def test_verify_reads_the_manifest_again(own: Path) -> None:
    with Store.open(own) as store:
        (own / "manifest.json").write_bytes(flip(50)((own / "manifest.json").read_bytes()))
        with pytest.raises(InputError, match=r"manifest\.json"):
            store.verify()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_search_in_a_damaged_index_fails_and_does_not_crash(whole: Path, tmp_path: Path, kind: str) -> None:
    damaged = []
    for file in files_of(whole, kind)[:1]:
        data = file.read_bytes()
        for number, damage in enumerate([*flips(len(data), 1), *CUTS.values()]):
            damaged.append(shutil.copytree(whole, tmp_path / str(number)))
            (damaged[-1] / file.name).write_bytes(damage(data))
    command = [sys.executable, "-c", SEARCHING, *map(str, damaged)]
    ran = subprocess.run(command, cwd=Path(numbered.__file__).parent, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    outcomes = ran.stdout.splitlines()
    assert len(outcomes) == len(damaged)
    assert all(files_of(whole, kind)[0].name in outcome for outcome in outcomes)


def test_large_files_are_read_when_codes_are_searched_or_all_is_verified(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_READ_WHOLE", 0)
    for kind in ("items", "codes", "images"):
        file = files_of(own, kind)[0]
        data = file.read_bytes()
        # Not in its head, which is read when it is opened.
        file.write_bytes(flip(-20)(data))
        with Store.open(own) as store:
            with pytest.raises(
                InputError, match=rf"{file.name} as it was written\. Received: other bytes: .*{REBUILD}"
            ):
                store.verify()
            if kind == "codes":
                for ask in (store.nearest, store.farthest, store.within):
                    with pytest.raises(InputError, match=rf"{file.name} as it was written"):
                        ask(codes([1]), 150)
        file.write_bytes(data)


@pytest.mark.parametrize("position", [0, 4, 8, 12, 40, 45, -1, -1201])
def test_a_damaged_head_of_large_codes_is_refused(own: Path, position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_READ_WHOLE", 0)
    file = files_of(own, "codes")[0]
    file.write_bytes(flip(position, 7)(file.read_bytes()))
    with pytest.raises(InputError, match=rf"{file.name}.* damaged.* {REBUILD}"):
        Store.open(own).nearest(codes([1]), 200, exact=True)


@pytest.mark.parametrize("kind", ["items", "codes", "images"])
def test_a_change_does_not_take_damage_over_into_new_files(
    own: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_READ_WHOLE", 0)
    monkeypatch.setattr("aekeras.store.kept._FILE_BYTES", 150 * 48)
    file = files_of(own, kind)[0]
    file.write_bytes(flip(-20)(file.read_bytes()))
    before = names(own)

    def change() -> None:
        with changing(own) as begun:
            begun.remove([path(number) for number in range(120)])
            begun.commit()

    with pytest.raises(InputError, match=rf"{file.name} as it was written\. Received: other bytes"):
        change()
    assert names(own) == before
    refused(own, file)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_index_can_be_built_anew(own: Path, kind: str) -> None:
    for file in files_of(own, kind):
        file.write_bytes(flip(-20)(file.read_bytes()))
    next_id = None if kind == "manifest" else Manifest.read(own).next_id
    with building(own, numbered.ORIGIN) as change:
        put(change, range(190, 210))
        change.commit()
    store = Store.open(own)
    assert set(contents(store).values()) == set(range(190, 210))
    if kind == "items":
        assert next_id is not None
        assert store.ids.min() == next_id, "who had which id is not known any more"
    elif kind != "manifest":
        assert store.ids.tolist() == list(range(190, 210))
    assert names(own) == numbered.named(store)

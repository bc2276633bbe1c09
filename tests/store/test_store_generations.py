"""Whoever reads meets the old index or the new one, whatever happens meanwhile to the one who writes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from numbered import ORIGIN, built, codes, contents, ids_of, named, names, path, put

from aekeras.store import Manifest, Store, building, changing, files


def numbers(store: Store) -> set[int]:
    return set(contents(store).values())


def test_a_new_index_replaces_the_old_one_and_leaves_one_generation(directory: Path) -> None:
    built(directory, range(50))
    store = built(directory, range(40, 60))
    assert names(directory) == named(store) == ["codes-6.faiss", "images-5.npy", "items-4.sqlite", "manifest.json"]
    assert (store.manifest.generation, store.manifest.next_id) == (2, 60)
    assert numbers(store) == set(range(40, 60))


@pytest.mark.usefixtures("small_files")
def test_files_that_stay_as_they_are_are_not_written_again(directory: Path) -> None:
    before = set(built(directory, range(64)).manifest.files)
    with changing(directory) as change:
        put(change, [70])
        change.remove([path(3)])
        change.commit()
    after = set(Store.open(directory).manifest.files)
    kinds = sorted(file.name.split("-")[0] for file in before & after)
    assert kinds == ["codes"] * 3 + ["images"] * 6


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps files that are open")
@pytest.mark.parametrize("asked_before", [True, False])
@pytest.mark.parametrize("read_at_opening", [True, False])
def test_an_open_index_answers_as_before_while_it_is_replaced(
    directory: Path, monkeypatch: pytest.MonkeyPatch, asked_before: bool, read_at_opening: bool
) -> None:
    if not read_at_opening:  # as with files that are large
        monkeypatch.setattr(files, "_READ_WHOLE", 0)
    old = built(directory, range(600), kind="IVF4,Flat")
    if asked_before:
        contents(old)
    built(directory, range(500, 520))
    assert numbers(old) == set(range(600))
    assert [one.ids[0] for one in old.nearest(codes(range(30)), 1)] == list(range(30))
    old.verify()  # of what is there now


def test_a_reader_whose_files_go_away_meanwhile_reads_the_new_ones(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(directory, range(5))
    read = Manifest.read

    def overtaken(folder: Path) -> Manifest:
        manifest = read(folder)
        monkeypatch.setattr(Manifest, "read", read)
        built(directory, range(3, 9))
        return manifest

    monkeypatch.setattr(Manifest, "read", overtaken)
    assert numbers(Store.open(directory)) == set(range(3, 9))


@pytest.mark.parametrize("check", ["check_file", "unread_files", "CodeTable", "KeptImages", "Structure", "ItemTable"])
def test_a_reader_is_overtaken_at_any_moment(directory: Path, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    monkeypatch.setattr(files, "_READ_WHOLE", 0)
    built(directory, range(600), kind="IVF4,Flat")
    room = Store.__init__.__globals__
    original: Callable[..., object] = room[check]

    def overtaken(*given: object, **named_ones: object) -> object:
        monkeypatch.setitem(room, check, original)
        built(directory, range(3, 9))
        return original(*given, **named_ones)

    monkeypatch.setitem(room, check, overtaken)
    assert numbers(Store.open(directory)) == set(range(3, 9))


@pytest.mark.usefixtures("small_files")
def test_readers_during_changes_meet_one_index_or_another(directory: Path) -> None:
    states = [set(range(turn, 90 - turn)) for turn in range(30)]
    built(directory, range(90))
    done = threading.Event()

    def change() -> None:
        try:
            for turn in range(1, 30):
                with changing(directory) as begun:
                    begun.remove([path(turn - 1), path(90 - turn)])
                    begun.commit()
        finally:
            done.set()

    writer = threading.Thread(target=change)
    writer.start()
    seen = []
    while not done.is_set():
        with Store.open(directory) as store:
            seen.append(states.index(numbers(store)))
    writer.join()
    assert seen == sorted(seen)
    assert numbers(Store.open(directory)) == states[-1]


def test_an_interruption_leaves_the_old_index(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(directory, range(5))
    before = names(directory)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        built(directory, range(9))
    assert names(directory) == before
    assert numbers(Store.open(directory)) == set(range(5))


def test_an_interruption_after_the_manifest_keeps_the_new_index(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(directory, range(5))
    write = Manifest.write

    def interrupted(self: Manifest, directory: Path) -> None:
        write(self, directory)
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        built(directory, range(9))
    store = Store.open(directory)
    assert numbers(store) == set(range(9))
    assert names(directory) == named(store)


def test_what_others_keep_in_the_folder_stays(directory: Path) -> None:
    built(directory, range(5))
    others = {"notes.txt", "codes-x.faiss", "codes-1.faiss.bak", "2024-1.npy"}
    for name in others:
        (directory / name).touch()
    store = built(directory, range(3))
    assert set(names(directory)) == others | set(named(store))


def test_ids_are_found_by_digest_when_an_index_is_built_again(directory: Path) -> None:
    built(directory, range(100))
    with building(directory, ORIGIN) as change:
        for start in (90, 50, 98, 0):
            put(change, range(start, start + 10), copy=start)
        change.commit()
    assert ids_of(Store.open(directory)) == {n: n for n in (*range(10), *range(50, 60), *range(90, 108))}

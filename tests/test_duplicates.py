"""Groups of equal pictures against brute force, and their rules on made-up codes; one verdict for all who ask."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from verdicts import brute_force, matrix

import aekeras
from aekeras.duplication import (
    EqualGroup,
    EqualPicture,
    LossDuplicates,
    check_free,
    duplicates,
    pairs,
)
from aekeras.duplication.grouping import grouped
from aekeras.duplication.near import near_pairs
from aekeras.duplication.pairs import Pairs
from aekeras.errors import InputError, MissingError
from aekeras.places import Places
from aekeras.store import Item, Origin, building

Ask = Callable[..., LossDuplicates]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Builds an index without pictures from codes, of /photos/<row>.png or of other paths, and asks it."""

    def asked(codes: Sequence[Sequence[float]], paths: Sequence[str] = (), **wanted: float | Path) -> LossDuplicates:
        names = paths or [f"/photos/{row:04}.png" for row in range(len(codes))]
        items = [
            Item(path=Path(name), size=1, mtime_ns=1, digest=f"{row % len(codes):064x}")
            for row, name in enumerate(names)
        ]
        origin = Origin(loss="l1", blind_to=(), model_name="l1", model_version=1, fingerprint="a1" * 32, image_size=8)
        places = Places(indexes=tmp_path / "indexes", models=tmp_path / "models")
        with building(places.indexes / "l1", origin) as change:
            change.add(items[: len(codes)], np.array(codes, np.float32))
            change.add_paths(items[len(codes) :])
            change.commit()
        (found,) = duplicates(places=places, **wanted)  # type: ignore[arg-type]
        return found

    return asked


def rows_of(found: LossDuplicates) -> list[list[int]]:
    return [[int(picture.path.stem) for picture in group.pictures] for group in found.groups]


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_no_near_pair_is_missed_and_none_is_too_far(offset: float) -> None:
    codes = (np.random.default_rng(0).normal(size=(2500, 6)) + offset).astype(np.float32)
    found = [(nodes, others) for _, nodes, others in near_pairs(codes, 0.9)]
    expected = np.argwhere(np.triu(matrix(codes) <= 0.9, 1))
    together = np.column_stack([np.concatenate(part) for part in zip(*found, strict=True)])
    assert len(expected) > 100
    assert sorted(map(tuple, together.tolist())) == list(map(tuple, expected.tolist()))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("limit", [0.1, 0.3, 1.0])
def test_groups_are_those_of_the_rule(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    distances = matrix(rng.uniform(size=(60, 2)).round(1))
    weights = rng.integers(1, 4, size=60)
    nodes, others = np.nonzero(np.triu(distances <= limit, 1))
    equal = Pairs(nodes.astype(np.int32), others.astype(np.int32), distances[nodes, others].astype(np.float32))
    stars = list(grouped(weights, equal))
    assert [(star.first, star.others.tolist()) for star in stars] == brute_force(distances, limit, weights)
    for star in stars:
        np.testing.assert_allclose(star.figures, distances[star.first, star.others], rtol=1e-6)


def test_an_index_is_grouped_as_by_brute_force(ask: Ask) -> None:
    codes = np.random.default_rng(1).normal(size=(400, 3)).astype(np.float32)
    expected = brute_force(matrix(codes), 0.4, np.ones(400))
    found = ask(codes.tolist(), max_distance=0.4)
    assert sorted((rows[0], sorted(rows[1:])) for rows in rows_of(found)) == sorted(expected)
    assert found.judged_by == "codes"


def test_a_chain_makes_no_giant_group(ask: Ask) -> None:
    found = ask([[0.75 * place] for place in range(9)], max_distance=1.0)
    assert rows_of(found) == [[1, 0, 2], [4, 3, 5], [7, 6, 8]]
    assert all(picture.distance <= 1.0 for group in found.groups for picture in group.pictures)


def test_a_thousand_equal_codes_are_one_group_without_half_a_million_pairs(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_MOST_PAIRS", 1)
    found = ask([[0.0, 1.0]] * 1000 + [[5.0, 1.0]], max_distance=0.1)
    assert rows_of(found) == [list(range(1000))]


def test_so_many_equal_pairs_that_they_fill_the_memory_are_refused(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_MOST_PAIRS", 100)
    with pytest.raises(InputError, match=r"Received: 9, up to which more than 100 pairs are equal\. Lower it"):
        ask([[0.1 * place] for place in range(20)], max_distance=9)


def test_files_with_the_same_bytes_are_a_group_at_distance_0(ask: Ask) -> None:
    found = ask([[0.0], [9.0]], ["/photos/b.png", "/photos/c.png", "/photos/a.png"], max_distance=0.0)
    assert found.groups == (
        EqualGroup(
            pictures=(
                EqualPicture(path=Path("/photos/a.png"), distance=0.0, identical=False),
                EqualPicture(path=Path("/photos/b.png"), distance=0.0, identical=True),
            )
        ),
    )


def test_copies_of_a_picture_stand_behind_it(ask: Ask) -> None:
    paths = ["/p/1.png", "/p/2.png", "/p/3.png", "/p/9.png", "/p/8.png"]  # the last two are copies of the first two
    found = ask([[0.0], [0.5], [0.5]], paths, max_distance=1.0)
    (group,) = found.groups
    shown = [(picture.path.name, picture.distance, picture.identical) for picture in group.pictures]
    assert shown == [
        ("1.png", 0.0, False),
        ("9.png", 0.0, True),
        ("2.png", 0.5, False),
        ("8.png", 0.5, True),
        ("3.png", 0.5, False),
    ]


def test_the_largest_groups_come_first_then_the_first_paths(ask: Ask) -> None:
    paths = [f"/p/{name}.png" for name in "54321076"]
    found = ask([[0.0], [0.25], [5.0], [5.25], [9.0], [9.25], [9.5], [20.0]], paths, max_distance=0.3)
    assert rows_of(found) == [[0, 1, 7], [3, 2], [5, 4]]


def test_only_what_is_below_a_folder_is_compared(ask: Ask) -> None:
    paths = ["/a/0.png", "/b/1.png", "/a/2.png", "/a/3.png", "/b/4.png", "/a/5.png"]
    codes = [[0.0], [0.0], [0.1], [7.0]]  # the copies are of the first two
    assert rows_of(ask(codes, paths, max_distance=1.0)) == [[0, 4, 5, 1, 2]]
    found = ask(codes, paths, max_distance=1.0, under=Path("/a"))
    assert (rows_of(found), found.count) == ([[0, 5, 2]], 4)
    with pytest.raises(InputError, match=r"below /c\. Found none\."):
        ask(codes, paths, max_distance=1.0, under=Path("/c"))


def test_one_picture_is_nothing_to_compare(ask: Ask) -> None:
    found = ask([[1.0, 2.0]], max_distance=1.0)
    assert found.groups == ()
    assert str(found).startswith("Nothing to compare under l1: ")
    assert str(found).endswith("holds 1 picture.")


def test_that_there_are_none_is_said_plainly(ask: Ask) -> None:
    found = ask([[0.0], [4.0]], max_distance=0.5)
    assert str(found) == "No duplicates among 2 pictures under l1: no two are as near as 0.5."


def test_the_table_says_everything(ask: Ask) -> None:
    found = ask([[0.0], [0.25], [9.0]], ["/p/a.png", "/p/b.png", "/p/c.png", "/p/d.png"], max_distance=0.5)
    assert str(found).splitlines() == [
        "l1: equal up to 0.5, by the distances of their codes, for the index keeps no pictures",
        "  group  distance  path",
        "      1    0.0000  /p/a.png",
        "           0.0000  /p/d.png  (same bytes)",
        "           0.2500  /p/b.png",
        "1 group, 3 pictures, 2 of them more than one needs under l1.",
    ]


def test_a_name_that_is_no_text_can_be_printed(ask: Ask) -> None:
    found = ask([[0.0], [0.0]], [os.fsdecode(b"/p/\xff.png"), "/p/ü.png"], max_distance=0.0)
    assert "/p/\\xff.png" in str(found).encode().decode()
    assert "/p/ü.png" in str(found)
    json.dumps(found.to_dict()).encode("ascii")


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="Expected `max_distance` of at least 0"):
        duplicates(max_distance=limit)


@pytest.mark.parametrize("share", [-0.1, float("nan"), 5.0 * 100])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="Expected `equal_within` from 0 to 10"):
        duplicates(equal_within=share)


def test_by_the_rule_the_model_is_needed_for_it_knows_what_is_typical(ask: Ask) -> None:
    with pytest.raises(MissingError, match=r"Expected the model of .*l1 in .*models/l1/1\. Found none\."):
        ask([[0.0], [1.0]])


def test_without_an_index_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="Run `aekeras train` first"):
        aekeras.duplicates(places=Places(indexes=tmp_path))


def test_a_folder_among_the_pictures_is_refused(ask: Ask, tmp_path: Path) -> None:
    places = Places(indexes=tmp_path / "indexes", models=tmp_path / "models")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    ask([[0.0], [1.0]], [f"{tmp_path}/photos/a/1.png", f"{tmp_path}/photos/b/2.png"], max_distance=0.0)
    for name in ("photos/a", "photos/a/new", "link/b/new/newer"):
        with pytest.raises(InputError, match=r"among the pictures of .*photos/[ab], so that"):
            check_free(tmp_path / name, places=places)
    for name in ("indexes/l1/new", "models"):
        with pytest.raises(InputError, match=r"one in .*(indexes|models)\. Choose a folder elsewhere"):
            check_free(tmp_path / name, places=places)
    assert "lies below" in check_free(tmp_path / "photos" / "new", places=places)
    assert check_free(tmp_path / "new", places=places) == ""

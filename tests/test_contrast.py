"""Contrasts against a loop over all pictures, and clear words where nothing is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from aekeras import images, index
from aekeras.contrasts import ContrastResult, FewSharedWarning, Limits, contrast
from aekeras.contrasts.limits import chosen
from aekeras.errors import InputError, MissingError
from aekeras.gallery import contrast_blocks
from aekeras.places import Places

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
WIDE = {"equal_below": 9.0, "different_above": 0.0}


@pytest.fixture(scope="module")
def cat(trained: Project) -> Path:
    return sorted(trained.pictures.glob("cat-ginger-*.png"))[0]


def ask(project: Project, *queries: Path, **arguments: object) -> ContrastResult:
    wanted = {"equal": ["l1_gray"], "different": ["l1"]} | arguments
    return contrast(queries, places=project.places, **wanted)[0]  # type: ignore[arg-type]


def shares_of(project: Project, loss: str, query: Path) -> dict[Path, float]:
    """By a loop over all pictures and all pairs."""
    (opened,) = index.open_indexes([loss], project.places)
    codes = opened.codes.astype(float)
    typical = np.median([np.linalg.norm(codes[i] - codes[j]) for i in range(len(codes)) for j in range(i)])
    code = opened.encoder.encode(images.read(query, 32)[None])[0]
    known = zip(opened.items(), codes, strict=True)
    return {item.path: float(np.linalg.norm(of_item - code) / typical) for (_, item), of_item in known}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_chosen_and_its_order_are_those_of_a_loop(seed: int) -> None:
    draw = np.random.default_rng(seed)
    equal, different = draw.integers(0, 6, (2, 60)).astype(float), draw.integers(0, 6, (3, 60)).astype(float)
    limits = Limits(equal_below=3.0, different_above=1.0)
    kept = [
        (max(equal[:, i]), -min(different[:, i]), i)
        for i in range(60)
        if all(equal[:, i] <= 3) and all(different[:, i] > 1)
    ]
    assert chosen(equal, different, limits).tolist() == [i for _, _, i in sorted(kept)]


def test_without_losses_to_differ_under_the_nearest_are_chosen() -> None:
    equal = np.array([[0.06, 0.0, 0.02, 0.05]])
    assert chosen(equal, np.empty((0, 4)), Limits()).tolist() == [1, 2, 3]


def test_the_matches_are_those_of_brute_force(trained: Project, cat: Path) -> None:
    gray, everything = (shares_of(trained, loss, cat) for loss in ("l1_gray", "l1"))
    result = ask(trained, cat, k=999, equal_below=0.8, different_above=0.6)
    found = {match.path: match.shares for match in result.neighbors}
    off = 1e-4
    surely = {path for path in gray if gray[path] <= 0.8 - off and everything[path] > 0.6 + off}
    perhaps = {path for path in gray if gray[path] <= 0.8 + off and everything[path] > 0.6 - off}
    assert len(surely) > 5
    assert surely <= set(found) <= perhaps
    for path, told in found.items():
        assert told["l1_gray"] == pytest.approx(gray[path], abs=off)
        assert told["l1"] == pytest.approx(everything[path], abs=off)
    order = [match.shares["l1_gray"] for match in result.neighbors]
    assert order == sorted(order)
    assert [match.rank for match in result.neighbors] == list(range(1, len(order) + 1))


def test_equal_under_gray_and_different_under_l1_finds_recolored_copies(trained: Project, cat: Path) -> None:
    """The samples begin with one cat in six colors of one luma; its twins of the same color are nearer under `l1`."""
    result = ask(trained, cat, k=3)
    assert len(result.neighbors) == 3
    for match in result.neighbors:
        one, other = (images.read(path, 32) / 255.0 for path in (cat, match.path))
        assert np.abs((one - other) @ [0.299, 0.587, 0.114]).mean() < 0.01
        assert np.abs(one - other).mean() > 0.02


def test_the_query_itself_is_left_out_for_it_is_not_different(trained: Project, cat: Path) -> None:
    result = ask(trained, cat, k=999, **WIDE)
    assert cat not in {match.path for match in result.neighbors}
    assert len(result.neighbors) == 119


def test_without_losses_to_differ_under_the_query_is_the_first(trained: Project, cat: Path) -> None:
    result = ask(trained, cat, equal=["l1", "l1_gray"], different=(), k=2)
    assert result.neighbors[0].path == cat
    assert set(result.neighbors[0].shares) == {"l1", "l1_gray"}


def test_several_queries_give_what_each_gives_alone(trained: Project, cat: Path) -> None:
    dog = sorted(trained.pictures.glob("dog-*.png"))[0]
    wanted = {"equal": ["l1_gray"], "different": ["l1"], "equal_below": 0.8, "places": trained.places}
    both = contrast([cat, dog], **wanted)  # type: ignore[arg-type]
    for query, result in zip((cat, dog), both, strict=True):
        (alone,) = contrast(query, **wanted)  # type: ignore[arg-type]
        assert [match.path for match in result.neighbors] == [match.path for match in alone.neighbors]
        assert result.query == query


@pytest.mark.usefixtures("here")
def test_the_dictionary_has_the_keys_that_are_fixed(cat: Path) -> None:
    (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], k=2)
    assert len(result.neighbors) == 2
    told = json.loads(json.dumps(result.to_dict()))
    assert set(told) == {"query", "equal", "different", "neighbors"}
    assert (told["query"], told["equal"], told["different"]) == (f"pictures/{cat.name}", ["l1_gray"], ["l1"])
    for entry in told["neighbors"]:
        assert set(entry) == {"rank", "path", "shares", "percentiles", "distances"}
        assert set(entry["percentiles"]) == set(entry["distances"]) == {"l1_gray", "l1"}


@pytest.mark.usefixtures("here")
def test_results_print_their_question_and_a_line_for_each_match(cat: Path) -> None:
    (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], k=2)
    query, asked, columns, first, _ = str(result).splitlines()
    assert query == f"pictures/{cat.name}"
    assert asked.startswith("  equal under l1_gray, different under l1; ")
    assert columns.split() == ["l1_gray", "l1"]
    assert first.split()[0] == "1"
    assert first.endswith(f"pictures/{result.neighbors[0].path.name}")


def test_where_none_differs_the_text_says_how_many_are_equal_and_how_far_they_are(trained: Project, cat: Path) -> None:
    gray = sorted(shares_of(trained, "l1_gray", cat).values())[1:60]
    count = int(np.argmax(np.diff(gray))) + 1  # up to the widest gap, so that no rounding matters
    limit = (gray[count - 1] + gray[count]) / 2
    result = ask(trained, cat, equal_below=limit, different_above=9.0)
    assert result.neighbors == ()
    assert result.note.startswith(f"{count} pictures are equal under `l1_gray`, none of them different under `l1`")
    assert result.note.endswith("Lower --different-above.")
    assert str(result).splitlines()[1:] == ["  equal under l1_gray, different under l1: none", f"    {result.note}"]
    assert result.to_dict()["note"] == result.note


def test_where_none_is_equal_the_text_says_how_near_the_nearest_is(trained: Project, cat: Path) -> None:
    result = ask(trained, cat, equal=["l1"], different=["l1_gray"], equal_below=0.0)
    assert result.note.startswith("None of 119 pictures is equal under `l1`: the nearest is at ")
    assert result.note.endswith("and up to 0 % is equal. Raise --equal-below.")


@pytest.mark.usefixtures("own")
def test_pictures_that_are_not_in_all_indexes_are_not_compared(cat: Path) -> None:
    paths = [cat, *sorted(cat.parent.glob("dog-*.png"))[:4]]
    index.build_indexes(paths, ["l1_gray"], Places())
    with pytest.warns(FewSharedWarning, match=r"Only 5 of 120 pictures are in all of indexes/l1_gray and indexes/l1: "):
        (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], k=999, **WIDE)
    assert {match.path.name for match in result.neighbors} == {path.name for path in paths[1:]}


@pytest.mark.usefixtures("own")
def test_indexes_without_a_common_picture_are_refused(cat: Path) -> None:
    Path("others").mkdir()
    for name in ("1.png", "2.png"):
        shutil.copy(cat, Path("others", name))
    index.build_indexes(["others"], ["l1"], Places())
    with pytest.raises(
        InputError, match=r"in all of indexes/l1_gray and indexes/l1\. Received: indexes that share none"
    ):
        contrast(cat, equal=["l1_gray"], different=["l1"])


@pytest.mark.usefixtures("own")
def test_an_index_of_one_picture_has_no_percentiles(cat: Path) -> None:
    index.build_indexes([cat], (), Places())
    with pytest.raises(InputError, match=r"Expected at least 2 pictures, to compare\. Received: 1\."):
        contrast(cat, equal=["l1_gray"], different=["l1"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"equal": []}, r"Expected at least one loss in `equal`\. Received: none\."),
        (
            {"different": ["l1_gray"]},
            r"Expected other losses in `different` than in `equal`\. Received: 'l1_gray' in both",
        ),
        ({"different": ["ssim"]}, r"Received: 'ssim'\. Run `aekeras train --loss ssim` first\."),
        ({"k": 0}, r"Expected `k` of at least 1\. Received: 0\."),
        ({"equal_below": float("inf")}, r"Expected `equal_below` from 0 to 10\. Received: inf\."),
        ({"different_above": -0.5}, r"Expected `different_above` from 0 to 10\. Received: -0\.5\."),
    ],
)
def test_wrong_arguments_are_told_of(arguments: dict[str, object], message: str, trained: Project, cat: Path) -> None:
    with pytest.raises(InputError, match=message):
        ask(trained, cat, **arguments)


def test_a_query_that_is_not_there_is_told_of(trained: Project) -> None:
    with pytest.raises(MissingError, match=r"gone\.png', which does not exist"):
        ask(trained, Path("gone.png"))


def test_a_sheet_has_a_row_per_loss_with_the_same_pictures(trained: Project, cat: Path) -> None:
    result = ask(trained, cat, k=3)
    (block,) = contrast_blocks([result])
    assert [(row.label, row.note) for row in block.rows] == [
        ("l1_gray", "equal; distances by a typical one"),
        ("l1", "different; distances by a typical one"),
    ]
    names = [match.path.name for match in result.neighbors]
    assert [[tile.note for tile in row.tiles] for row in block.rows] == [names, names]
    assert all(len(tile.below) == 1 for row in block.rows for tile in row.tiles)
    (plain,) = contrast_blocks([result], views=False)
    assert not any(tile.below for row in plain.rows for tile in row.tiles)

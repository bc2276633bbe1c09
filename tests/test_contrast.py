"""Contrasts against a loop over all pictures, and clear words where nothing is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from verdicts import between, kept_of, matrix, record_of, scale_of, shares_by_rule

from aekeras import images, index
from aekeras.contrasts import ContrastResult, FewSharedWarning, Limits, contrast
from aekeras.contrasts.limits import chosen
from aekeras.errors import InputError, MissingError
from aekeras.gallery import contrast_blocks
from aekeras.judging import MeasuredScaleWarning
from aekeras.places import Places

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
WIDE = {"equal_below": 9.0, "different_above": 0.0}
OFF = 1e-6


@pytest.fixture(scope="module")
def cat(trained: Project) -> Path:
    return sorted(trained.pictures.glob("cat-ginger-*.png"))[0]


def ask(project: Project, *queries: Path, **arguments: object) -> ContrastResult:
    wanted = {"equal": ["l1_gray"], "different": ["l1"]} | arguments
    return contrast(queries, places=project.places, **wanted)[0]  # type: ignore[arg-type]


def shares_of(project: Project, loss: str, query: Path) -> dict[Path, float]:
    """By the rule, in NumPy and SciPy."""
    paths, pictures, _ = kept_of(project.places, loss)
    shares = shares_by_rule(loss, pictures, project.places)
    return dict(zip(paths, shares[paths.index(query)].tolist(), strict=True))


def code_shares_of(project: Project, loss: str, query: Path) -> dict[Path, float]:
    """Distances of codes, in typical ones."""
    paths, _, codes = kept_of(project.places, loss)
    distances = matrix(codes)[paths.index(query)]
    return dict(zip(paths, (distances / scale_of(project.places, loss)["codes"]["typical"]).tolist(), strict=True))


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


@pytest.mark.parametrize(("equal", "different"), [("l1_gray", "l1"), ("l1", "l1_gray")])
@pytest.mark.parametrize(("below", "above"), [(0.25, 0.25), (0.8, 0.6), (0.4, 0.0)])
def test_the_matches_are_those_of_brute_force(
    trained: Project, cat: Path, equal: str, different: str, below: float, above: float
) -> None:
    same, other = (shares_of(trained, loss, cat) for loss in (equal, different))
    below, above = between(np.array([*same.values()]), below), between(np.array([*other.values()]), above)
    result = ask(trained, cat, equal=[equal], different=[different], k=999, equal_below=below, different_above=above)
    expected = {path for path in same if same[path] <= below and other[path] > above}
    assert {match.path for match in result.neighbors} == expected
    for match in result.neighbors:
        assert match.shares == pytest.approx({equal: same[match.path], different: other[match.path]}, abs=OFF)
    order = [(match.shares[equal], -match.shares[different]) for match in result.neighbors]
    assert order == sorted(order)
    assert [match.rank for match in result.neighbors] == list(range(1, len(order) + 1))


def test_beside_the_verdict_stand_the_codes_and_percentiles(trained: Project, cat: Path) -> None:
    by_code = {loss: code_shares_of(trained, loss, cat) for loss in ("l1_gray", "l1")}
    result = ask(trained, cat, k=999, **WIDE)
    read = {path: images.read(path, 32) / 255.0 for path in (cat, *(match.path for match in result.neighbors))}
    for match in result.neighbors:
        codes = {loss: by_code[loss][match.path] for loss in by_code}
        assert match.code_shares == pytest.approx(codes, abs=1e-4)
        scales = {loss: scale_of(trained.places, loss) for loss in codes}
        typical = {loss: scales[loss]["codes"]["typical"] for loss in codes}
        assert match.distances == pytest.approx({loss: codes[loss] * typical[loss] for loss in codes}, abs=1e-4)
        levels, value = np.linspace(0, 1, 201) ** 2, np.abs(read[cat] - read[match.path]).mean()
        percentile = 100 * np.interp(value, scales["l1"]["loss"]["quantiles"], levels)
        assert match.percentiles["l1"] == pytest.approx(percentile, abs=0.01)


def test_one_share_is_the_limit_of_both_unless_one_has_its_own(trained: Project, cat: Path) -> None:
    def found(**limits: float) -> list[Path]:
        return [match.path for match in ask(trained, cat, k=999, **limits).neighbors]

    assert found() == found(equal_within=0.05) == found(equal_below=0.05, different_above=0.05)
    assert found(equal_within=0.3) == found(equal_below=0.3, different_above=0.3) != found()
    assert found(equal_within=0.3, different_above=0.5) == found(equal_below=0.3, different_above=0.5)
    assert found(equal_within=0.3, equal_below=0.1) == found(equal_below=0.1, different_above=0.3)
    assert ask(trained, cat, equal_within=0.3, equal_below=0.1).limits == Limits(equal_below=0.1, different_above=0.3)


def test_where_the_codes_say_otherwise_there_is_a_mark(trained: Project, cat: Path) -> None:
    shares, by_code = shares_of(trained, "l1", cat), code_shares_of(trained, "l1", cat)
    odd = max((path for path in shares if 0 < shares[path] < 0.5), key=lambda path: by_code[path] - shares[path])
    limit = (shares[odd] + by_code[odd]) / 2
    result = ask(trained, cat, equal=["l1"], different=(), equal_within=limit, k=999)
    marked = {match.path: result.contradicted(match, "l1") for match in result.neighbors}
    assert marked[odd]
    assert marked == {path: by_code[path] > limit for path in marked}
    lines = {str(path): line for path in marked for line in str(result).splitlines() if line.endswith(str(path))}
    assert {path: "%!" in line for path, line in lines.items() if path != str(cat)} == {
        str(path): mark for path, mark in marked.items() if path != cat
    }
    assert str(result).splitlines()[-1] == "    !: the codes say otherwise."
    (block,) = contrast_blocks([result], views=False)
    captions = {tile.note: tile.caption.endswith("%!") for row in block.rows for tile in row.tiles}
    assert captions == {path.name: mark for path, mark in marked.items()}


def test_the_mark_also_says_that_the_codes_see_no_difference(trained: Project, cat: Path) -> None:
    shares, by_code = shares_of(trained, "l1", cat), code_shares_of(trained, "l1", cat)
    odd = max((path for path in shares if by_code[path] > 0), key=lambda path: shares[path] - by_code[path])
    limit = (shares[odd] + by_code[odd]) / 2
    result = ask(trained, cat, equal=["l1_gray"], different=["l1"], equal_below=9.0, different_above=limit, k=999)
    (match,) = [match for match in result.neighbors if match.path == odd]
    assert result.contradicted(match, "l1")
    assert result.figure(match, "l1").endswith(" %!")
    assert not result.contradicted(match, "l1_gray")


@pytest.mark.usefixtures("own")
def test_an_index_without_pictures_goes_by_its_codes(cat: Path, trained: Project) -> None:
    index.build_indexes(trained.pictures, ["l1_gray"], keep_images=False)
    (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], k=999, **WIDE)
    by_code, by_loss = code_shares_of(trained, "l1_gray", cat), shares_of(trained, "l1", cat)
    assert len(result.neighbors) == 119
    for match in result.neighbors:
        told = match.shares["l1_gray"]
        assert told == match.code_shares["l1_gray"] == pytest.approx(by_code[match.path], abs=1e-4)
        assert match.shares["l1"] == pytest.approx(by_loss[match.path], abs=OFF)
        assert not result.contradicted(match, "l1_gray")


@pytest.mark.usefixtures("own")
def test_a_model_that_does_not_know_what_is_typical_measures_it_once(cat: Path) -> None:
    for loss in ("l1_gray", "l1"):
        file = record_of(Places(), loss)
        record = json.loads(file.read_text())
        file.write_text(json.dumps({key: value for key, value in record.items() if key != "scale"}))
    with pytest.warns(MeasuredScaleWarning) as warned:
        first = contrast(cat, equal=["l1_gray"], different=["l1"])
    assert len(warned) == 2
    again = contrast(cat, equal=["l1_gray"], different=["l1"])
    assert len(again[0].neighbors) > 1
    assert [(match.path, match.shares) for match in again[0].neighbors] == [
        (match.path, match.shares) for match in first[0].neighbors
    ]


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
    assert set(told) == {"query", "equal", "different", "neighbors", "judged_by"}
    assert (told["query"], told["equal"], told["different"]) == (f"pictures/{cat.name}", ["l1_gray"], ["l1"])
    for entry in told["neighbors"]:
        assert set(entry) == {"rank", "path", "shares", "code_shares", "percentiles", "distances"}
        assert all(set(entry[key]) == {"l1_gray", "l1"} for key in entry if key not in ("rank", "path"))


@pytest.mark.usefixtures("here")
def test_results_print_their_question_and_a_line_for_each_match(cat: Path) -> None:
    (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], k=2)
    query, asked, columns, first, _ = str(result).splitlines()
    assert query == f"pictures/{cat.name}"
    assert asked == "  equal under l1_gray, different under l1; in typical losses"
    assert columns.split() == ["l1_gray", "l1"]
    assert first.split()[0] == "1"
    assert first.endswith(f"pictures/{result.neighbors[0].path.name}")


def test_where_none_differs_the_text_says_how_many_are_equal_and_how_far_they_are(trained: Project, cat: Path) -> None:
    gray = sorted(shares_of(trained, "l1_gray", cat).values())[1:]
    limit = between(np.array(gray), 0.3)
    count = sum(share <= limit for share in gray)
    result = ask(trained, cat, equal_below=limit, different_above=9.0)
    assert result.neighbors == ()
    assert result.note.startswith(f"{count} pictures are equal under `l1_gray`, none of them different under `l1`")
    assert result.note.endswith("Lower --different-above.")
    assert str(result).splitlines()[1:] == ["  equal under l1_gray, different under l1: none", f"    {result.note}"]
    assert result.to_dict()["note"] == result.note


def test_where_none_is_equal_the_text_says_how_near_the_nearest_is(trained: Project, cat: Path) -> None:
    result = ask(trained, cat, equal=["l1"], different=["l1_gray"], equal_below=0.0)
    assert result.note.startswith("None of 119 pictures is equal under `l1`: the nearest is at ")
    nearest = sorted(shares_of(trained, "l1", cat).values())[1]
    shown = f"{100 * nearest:.2f} % of a typical loss, and within 0 % is equal. Raise --equal-within."
    assert result.note.endswith(shown)


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
def test_an_index_of_one_picture_can_be_asked_for_the_model_knows_what_is_typical(trained: Project, cat: Path) -> None:
    other = sorted(cat.parent.glob("dog-*.png"))[0]
    index.build_indexes([other], (), Places())
    (result,) = contrast(cat, equal=["l1_gray"], different=["l1"], **WIDE)
    (match,) = result.neighbors
    expected = {loss: shares_of(trained, loss, cat)[other] for loss in ("l1_gray", "l1")}
    assert match.shares == pytest.approx(expected, abs=OFF)
    (none,) = contrast(other, equal=["l1_gray"], different=["l1"])
    assert (none.neighbors, none.note) == ((), "There is no other picture than the query.")


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
        ({"equal_within": float("nan")}, r"Expected `equal_within` from 0 to 10\. Received: nan\."),
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
        ("l1_gray", "equal; in typical losses"),
        ("l1", "different; in typical losses"),
    ]
    names = [match.path.name for match in result.neighbors]
    assert [[tile.note for tile in row.tiles] for row in block.rows] == [names, names]
    assert all(len(tile.below) == 1 for row in block.rows for tile in row.tiles)
    (plain,) = contrast_blocks([result], views=False)
    assert not any(tile.below for row in plain.rows for tile in row.tiles)

"""What one can ask an index: by picture, path, code or folder; with conditions; by code or by the loss itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result
from verdicts import between, kept_of, matrix, scale_of, shares_by_rule

import aekeras
from aekeras import images
from aekeras.cli import main
from aekeras.errors import InputError, MissingError
from aekeras.index import Index, build_indexes
from aekeras.places import Places
from aekeras.retrieval import SkippedQueryWarning

if TYPE_CHECKING:
    from conftest import Project


@pytest.fixture
def gray(trained: Project) -> Iterator[Index]:
    with Index.open(trained.places.indexes / "l1_gray", trained.places.models) as index:
        yield index


@pytest.fixture
def cat(trained: Project) -> Path:
    return sorted(trained.pictures.glob("cat-ginger-*.png"))[0]


def brute(index: Index, picture: Path) -> list[tuple[float, int]]:
    """(distance, id) of all pictures, nearest first, by a loop."""
    code = index.encoder.encode(images.read(picture, index.encoder.image_size)[None])[0].astype(np.float64)
    return sorted((float(np.linalg.norm(other - code)), key) for key, other in zip(index.ids, index.codes, strict=True))


def path_of(index: Index) -> dict[int, Path]:
    return {key: item.path for key, item in index}


def aekeras_(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_neighbors_are_those_of_a_loop(gray: Index, cat: Path) -> None:
    (found,) = gray.search(cat, k=20)
    nearest = brute(gray, cat)[:20]
    assert [(n.rank, n.id) for n in found] == [(rank, key) for rank, (_, key) in enumerate(nearest, 1)]
    assert [n.path for n in found] == [path_of(gray)[key] for _, key in nearest]
    np.testing.assert_allclose([n.distance for n in found], [distance for distance, _ in nearest], atol=1e-6)


def test_eight_come_unless_one_says_otherwise(gray: Index, cat: Path) -> None:
    assert len(gray.search(cat)[0]) == 8
    assert len(gray.search(cat, k=999)[0]) == len(gray)


def test_a_distance_alone_asks_for_all_that_are_as_near(gray: Index, cat: Path) -> None:
    everything = brute(gray, cat)
    limit = (everything[29][0] + everything[30][0]) / 2
    assert [n.id for n in gray.search(cat, max_distance=limit)[0]] == [key for _, key in everything[:30]]
    assert [n.id for n in gray.search(cat, k=5, max_distance=limit)[0]] == [key for _, key in everything[:5]]
    assert [n.path for n in gray.search(cat, max_distance=0)[0]] == [cat]
    assert len(gray.search(cat, max_distance=1e300)[0]) == len(gray)


def test_the_farthest_come_farthest_first(gray: Index, cat: Path) -> None:
    assert [n.id for n in gray.search(cat, k=7, farthest=True)[0]] == [key for _, key in brute(gray, cat)[::-1][:7]]


def test_a_condition_leaves_the_nearest_of_which_it_holds(gray: Index, cat: Path) -> None:
    known = {key: item.metadata or {} for key, item in gray}
    (found,) = gray.search(cat, k=9, where="shape = 'bird' AND color <> 'blue' OR size > 0.9")
    fitting = [
        key
        for _, key in brute(gray, cat)
        if (known[key]["shape"] == "bird" and known[key]["color"] != "blue") or float(known[key]["size"]) > 0.9
    ]
    assert len(fitting) > 9
    assert [n.id for n in found] == fitting[:9]


def test_a_condition_that_nothing_meets_finds_nothing(gray: Index, cat: Path) -> None:
    assert gray.search([cat, cat], where="shape = 'whale'") == [[], []]


def test_a_condition_on_what_is_not_known_is_refused(gray: Index, cat: Path) -> None:
    with pytest.raises(InputError, match=r"columns that there are: path, name, bytes, .*shape.*Received: 'shap'"):
        gray.search(cat, where="shap = 'cat'")


def test_only_what_lies_below_a_folder(own: Path, cat: Path) -> None:
    for place, pattern in (("one/deep", "cat-*.png"), ("one-more", "bird-*.png")):
        Path(place).mkdir(parents=True)
        for path in sorted((own / "pictures").glob(pattern))[:5]:
            shutil.copy(path, place)
    build_indexes(["one", "one-more"])
    with Index.open("indexes/l1") as index:
        assert {n.path.parent for n in index.search(cat, k=99, under=Path("one"))[0]} == {own / "one/deep"}
        assert len(index.search(cat, k=99, under=own / "one" / ".." / "one-more")[0]) == 5
        shutil.copy(own / "one/deep" / sorted(p.name for p in Path("one/deep").iterdir())[0], "one-more/copy.png")
        index.add("one-more")
        (copy,) = [n for n in index.search(cat, k=99, under=Path("one-more"))[0] if n.path.name == "copy.png"]
        assert [path.parent for path in copy.copies] == [own / "one/deep"]
        with pytest.raises(
            InputError, match=r"pictures of indexes/l1 below nowhere\. Found none\. Name another folder"
        ):
            index.search(cat, under=Path("nowhere"))


def distinct(nearest: list[tuple[float, int]], shares: np.ndarray, limit: float) -> list[int]:
    """Those that are equal to none of those before; shares of all pairs, in the order of the ids 0, 1, ..."""
    kept: list[int] = []
    for _, key in nearest:
        if all(shares[key, other] > limit for other in kept):
            kept.append(key)
    return kept


@pytest.mark.parametrize("about", [0.0, 0.05, 0.3])
def test_what_is_equal_to_something_nearer_can_be_left_out(
    gray: Index, trained: Project, cat: Path, about: float
) -> None:
    _, pictures, _ = kept_of(trained.places, "l1_gray")
    shares = shares_by_rule("l1_gray", pictures, trained.places)
    limit = between(shares, about)
    assert gray.ids.tolist() == list(range(len(gray)))
    kept = distinct(brute(gray, cat), shares, limit)
    assert 8 < len(kept) <= len(gray)
    assert [n.id for n in gray.search(cat, unique=True, equal_within=limit)[0]] == kept[:8]
    assert [n.id for n in gray.search(cat, k=999, unique=True, equal_within=limit)[0]] == kept


def test_unless_one_says_otherwise_what_is_within_5_percent_is_left_out(gray: Index, cat: Path) -> None:
    left = gray.search(cat, k=999, unique=True)
    assert left == gray.search(cat, k=999, unique=True, equal_within=0.05)
    assert len(left[0]) > len(gray.search(cat, k=999, unique=True, equal_within=0.3)[0])


def test_without_small_pictures_the_codes_say_what_is_equal(own: Path, cat: Path) -> None:
    build_indexes(own / "pictures", ["l1"], keep_images=False)
    with Index.open("indexes/l1") as index:
        shares = matrix(index.codes) / scale_of(Places(), "l1")["codes"]["typical"]
        limit = between(shares, 0.3)
        kept = distinct(brute(index, cat), shares, limit)
        assert 8 < len(kept) < len(index)
        assert [n.id for n in index.search(cat, k=999, unique=True, equal_within=limit)[0]] == kept


def test_reranked_distances_are_those_of_the_loss_itself(gray: Index, cat: Path) -> None:
    query = images.read(cat, 32)
    exact = sorted(
        (float(gray.encoder.loss(query[None], images.read(item.path, 32)[None])[0]), key) for key, item in gray
    )
    (found,) = gray.search(cat, k=10, rerank=999)
    assert [n.id for n in found] == [key for _, key in exact[:10]]
    np.testing.assert_allclose([n.distance for n in found], [loss for loss, _ in exact[:10]], atol=1e-6)
    (some,) = gray.search(cat, k=3, rerank=12)
    candidates = {key for _, key in brute(gray, cat)[:12]}
    assert [n.id for n in some] == [key for _, key in exact if key in candidates][:3]
    assert all(n.distance <= 0.05 for n in gray.search(cat, k=99, rerank=99, max_distance=0.05)[0])


def test_without_small_pictures_there_is_no_reranking(own: Path, cat: Path) -> None:
    build_indexes(own / "pictures", ["l1"], keep_images=False)
    with Index.open("indexes/l1") as index:
        assert not index.info().keeps_images
        with pytest.raises(
            InputError, match=r"small pictures in indexes/l1, to rank .* build --keep-images` on its pictures\."
        ):
            index.search(cat, rerank=10)


def test_a_code_is_a_query_and_so_are_several(gray: Index, tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", gray.codes[:3])
    np.save(tmp_path / "code.npy", gray.codes[4].astype(np.float64))
    found = gray.search([tmp_path / "codes.npy", tmp_path / "code.npy"], k=1)
    assert [(one[0].id, one[0].distance) for one in found] == [(key, 0.0) for key in gray.ids[[0, 1, 2, 4]]]
    assert gray.search(gray.codes[:3], 1) == found[:3]
    with pytest.raises(InputError, match=r"Expected pictures, to rank by the loss itself\. Received: a code"):
        gray.search(tmp_path / "code.npy", rerank=10)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 4)), r"Expected codes of shape \(D,\) or \(N, D\) in .*bad\.npy\. Received: float64 of shape"),
        (np.array(["text"]), r"Received: <U4 of shape"),
        (np.zeros(7), r"Expected codes of 16 numbers for .*l1_gray\. Received: 7 in .*bad\.npy\[0\]\."),
        (np.full(16, np.nan), r"Expected finite codes in .*bad\.npy\. Received: others in row 0\."),
    ],
)
def test_what_is_no_code_is_refused(gray: Index, tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "bad.npy", array)
    with pytest.raises(InputError, match=message):
        gray.search(tmp_path / "bad.npy")


def test_a_file_that_holds_no_array_is_refused(gray: Index, tmp_path: Path) -> None:
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"Expected codes in .*bad\.npy, as `numpy\.save` writes them"):
        gray.search(tmp_path / "bad.npy")
    with pytest.raises(MissingError, match=r"Expected codes in .*none\.npy\. Found no such file"):
        gray.search(tmp_path / "none.npy")


def test_a_picture_that_is_gone_is_asked_for_by_its_path(own: Path) -> None:
    Path("some").mkdir()
    for path in sorted((own / "pictures").glob("*.png"))[:20]:
        shutil.copy(path, "some")
    build_indexes("some")
    path = sorted(Path("some").iterdir())[5]
    with Index.open("indexes/l1_gray") as index:
        before, reranked = index.search(path), index.search(path, rerank=10)
        path.unlink()
        assert [n.id for n in index.search(path)[0]] == [n.id for n in before[0]]
        assert index.search(path, rerank=10) == reranked
        with pytest.raises(MissingError, match=r"'some/none\.png', which does not exist\. .* Nor is it indexed in ind"):
            index.search("some/none.png")


def test_a_folder_asks_for_each_of_its_pictures_and_passes_over_the_rest(here: Project, tmp_path: Path) -> None:
    for path in sorted(here.pictures.glob("dog-*.png"))[:3]:
        shutil.copy(path, tmp_path)
    (tmp_path / "broken.png").write_bytes(b"none")
    with pytest.warns(SkippedQueryWarning, match=r"Skipped 1 that are no pictures, such as .*broken\.png \(not a pict"):
        results = aekeras.search(tmp_path, k=1)
    assert [result.query for result in results] == sorted(tmp_path.glob("dog-*.png"))
    alone = aekeras.search(sorted(tmp_path.glob("dog-*.png")), k=1)
    for result, one in zip(results, alone, strict=True):
        assert [a.neighbors[0].id for a in result.answers] == [a.neighbors[0].id for a in one.answers]
    for path in tmp_path.glob("dog-*.png"):
        path.unlink()
    with pytest.raises(InputError, match=r"Expected at least one readable picture\. Received: 1 files, none"):
        aekeras.search(tmp_path)


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"k": 0}, r"Expected `k` of at least 1"),
        ({"max_distance": -1.0}, r"Expected `max_distance` of at least 0"),
        ({"max_distance": float("nan")}, r"Expected `max_distance` of at least 0"),
        ({"equal_within": -0.1}, r"Expected `equal_within` from 0 to 10\. Received: -0\.1\."),
        ({"rerank": 0}, r"Expected `rerank` of at least 1"),
        ({"farthest": True, "rerank": 10}, r"Expected `farthest` or `rerank`\. Received: both"),
        ({"farthest": True, "max_distance": 0.1}, r"Expected `farthest` or `max_distance`\. Received: both"),
        ({"where": " "}, r"Expected a condition"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(
    gray: Index, cat: Path, criteria: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        gray.search(cat, **criteria)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_command_line_has_all_of_it(cat: Path) -> None:
    words = (
        "search",
        cat,
        "--loss",
        "l1_gray",
        "--json",
        "--where",
        "shape = 'cat'",
        "--under",
        "pictures",
        "--unique",
    )
    told = json.loads(aekeras_(*words, "--rerank", "50", "-k", "4").stdout)
    (expected,) = aekeras.search(
        cat, losses=["l1_gray"], k=4, rerank=50, where="shape = 'cat'", under=Path("pictures"), unique=True
    )
    assert told == expected.to_dict()
    far = aekeras_("search", cat, "--loss", "l1", "--farthest", "-k", "1").stdout
    assert far == f"{aekeras.search(cat, losses=['l1'], k=1, farthest=True)}\n"
    near = aekeras_("search", cat, "--loss", "l1", "--max-distance", "0").stdout
    assert near == f"{aekeras.search(cat, losses=['l1'], max_distance=0)}\n"
    assert "Expected `rerank` of at least 1" in aekeras_("search", cat, "--rerank", "0").stderr
    refused = aekeras_("search", cat, "--equal", "l1_gray", "--unique")
    assert refused.exit_code == 2
    assert "Expected --unique, or --equal and --different. Received: both. Leave one out." in refused.stderr

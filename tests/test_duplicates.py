"""Groups of equal pictures against brute force, and their rules on made-up codes; one verdict for all who ask."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

import aekeras
from aekeras.contrasts import contrast
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
from aekeras.index import Index, build_indexes
from aekeras.judging import MeasuredScaleWarning
from aekeras.places import FACTORS, Places
from aekeras.store import Item, Origin, building

if TYPE_CHECKING:
    from conftest import Project

Ask = Callable[..., LossDuplicates]
Star = tuple[int, list[int]]

SEEN = {"l1": np.eye(3), "l1_gray": np.array([[0.299], [0.587], [0.114]])}
EVERYTHING = 9.0  # typical losses: no two of our pictures are farther apart
OFF = 1e-6  # of a share: losses are computed in float32


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


def record_of(places: Places, loss: str) -> Path:
    return places.models / loss / "1" / "assets.extra" / "run.json"


def scale_of(places: Places, loss: str) -> dict:
    """What the model has kept of its training: {"loss", "smoothed" or "codes": {"typical": ...}, "zero": ...}."""
    return json.loads(record_of(places, loss).read_text())["scale"]


def losses_among(loss: str, pictures: np.ndarray) -> np.ndarray:
    """By the formula, of all pairs of pictures in [0, 1], (N, S, S, 3) -> (N, N)."""
    seen = pictures @ SEEN[loss]
    return np.array([np.abs(seen - one).mean(axis=(1, 2, 3)) for one in seen])


def shares_by_rule(loss: str, pictures: np.ndarray, places: Places) -> np.ndarray:
    """The one rule, of all pairs of uint8 pictures, (N, S, S, 3) -> (N, N): as they are, or smoothed by SciPy."""
    scale, sharp = scale_of(places, loss), pictures / 255.0
    deviation = pictures.shape[1] / 48
    soft = gaussian_filter(sharp, sigma=(0, deviation, deviation, 0), mode="reflect")
    found = {part: losses_among(loss, them) for part, them in (("loss", sharp), ("smoothed", soft))}
    return np.minimum(
        *(np.where(some <= scale["zero"], 0.0, some) / scale[part]["typical"] for part, some in found.items())
    )


def between(values: np.ndarray, about: float) -> float:
    """A limit in the widest gap near another one, so that no rounding matters; 0 stays 0."""
    near = np.unique(values[(values > 0.7 * about) & (values < 1.3 * about)])
    widest = int(np.argmax(np.diff(near))) if about else 0
    assert not about or near[widest + 1] - near[widest] > 10 * OFF
    return float(near[widest : widest + 2].mean()) if about else 0.0


def kept_of(places: Places, loss: str) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """The files of an index, their small pictures, and their codes."""
    with Index.open(places.indexes / loss, places.models) as index:
        ids = index.ids.tolist()
        pictures = index.store.images_of(ids)
        assert pictures is not None
        paths = index.store.items.paths(ids)
        return [Path(paths[key][0]) for key in ids], pictures, index.codes


def rows_of(found: LossDuplicates) -> list[list[int]]:
    return [[int(picture.path.stem) for picture in group.pictures] for group in found.groups]


def brute_force(distances: np.ndarray, limit: float, weights: np.ndarray) -> list[Star]:
    """The rule word by word: whoever is equal to most that have no group yet, the lowest of several such."""
    free, stars = set(range(len(distances))), []
    while free:
        equal = {i: [j for j in sorted(free) if j != i and distances[i, j] <= limit] for i in free}
        sizes = {i: int(weights[i] + sum(weights[j] for j in equal[i])) for i in free}
        first = min(free, key=lambda i: (-sizes[i], i))
        if sizes[first] < 2:
            break
        stars.append((first, equal[first]))
        free -= {first, *equal[first]}
    return stars


def matrix(codes: np.ndarray) -> np.ndarray:
    return np.linalg.norm(codes[:, None].astype(np.float64) - codes[None], axis=2)


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


def grouped_by(shares: np.ndarray, limit: float, paths: Sequence[Path]) -> dict[Path, set[Path]]:
    """The groups by brute force: {first: the others}."""
    stars = brute_force(shares, limit, np.ones(len(shares)))
    return {paths[first]: {paths[other] for other in others} for first, others in stars}


def groups_of(found: LossDuplicates) -> dict[Path, set[Path]]:
    return {group.pictures[0].path: {picture.path for picture in group.pictures[1:]} for group in found.groups}


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["l1", "l1_gray"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_up_to_a_distance_the_loss_itself_is_the_judge_and_codes_hide_nothing(
    trained: Project, loss: str, share: float
) -> None:
    paths, pictures, _ = kept_of(trained.places, loss)
    losses = losses_among(loss, pictures / 255.0)
    limit = between(losses, share * scale_of(trained.places, loss)["loss"]["typical"])
    (found,) = duplicates([loss], limit, places=trained.places)
    assert (found.judged_by, found.max_distance, found.equal_within) == ("loss", limit, None)
    assert groups_of(found) == grouped_by(losses, limit, paths)
    place = {path: row for row, path in enumerate(paths)}
    for group in found.groups:
        for picture in group.pictures:
            loss_of_pair = losses[place[group.pictures[0].path], place[picture.path]]
            assert picture.distance == pytest.approx(loss_of_pair, abs=OFF)
            assert (picture.share, picture.contradicted) == (None, False)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["l1", "l1_gray"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_by_the_rule_groups_and_shares_are_those_of_the_formula_and_codes_hide_nothing(
    trained: Project, loss: str, share: float
) -> None:
    paths, pictures, codes = kept_of(trained.places, loss)
    shares = shares_by_rule(loss, pictures, trained.places)
    limit = between(shares, share)
    code_shares = matrix(codes) / scale_of(trained.places, loss)["codes"]["typical"]
    (found,) = duplicates([loss], places=trained.places, equal_within=limit)
    assert (found.judged_by, found.equal_within) == ("loss", limit)
    assert groups_of(found) == grouped_by(shares, limit, paths)
    place = {path: row for row, path in enumerate(paths)}
    for group in found.groups:
        for picture in group.pictures:
            pair = place[group.pictures[0].path], place[picture.path]
            assert picture.share == pytest.approx(shares[pair], abs=OFF)
            assert picture.contradicted == (code_shares[pair] > limit)


@pytest.mark.slow
def test_the_limit_is_5_percent_of_what_was_typical_at_training(trained: Project) -> None:
    for found in duplicates(places=trained.places):
        assert found.equal_within == 0.05
        typical = scale_of(trained.places, found.loss)["loss"]["typical"]
        assert found.max_distance == pytest.approx(0.05 * typical)
        shown = "equal within 5 % of typical, by the loss of the small pictures in the index, or of both smoothed"
        assert shown in str(found).splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["l1", "l1_gray"])
def test_two_files_get_one_verdict_whoever_is_asked_and_whatever_else_is_indexed(
    trained: Project, loss: str, tmp_path: Path
) -> None:
    paths, pictures, _ = kept_of(trained.places, loss)
    shares = shares_by_rule(loss, pictures, trained.places)[0]
    for row in np.argsort(shares)[[1, 7, 20]].tolist():  # the nearest, one of the near, one of the rest
        folder = tmp_path / f"pair-{row}"
        folder.mkdir()
        pair = [Path(shutil.copy(paths[one], folder)) for one in (0, row)]
        others = [path for one, path in enumerate(paths) if one not in (0, row)]
        limits = {limit: bool(shares[row] <= limit) for limit in (0.05, 0.99 * shares[row], 1.01 * shares[row])}
        for count in (0, 28, len(others)):
            places = Places(models=trained.places.models, indexes=tmp_path / f"indexes-{row}-{count}")
            build_indexes([folder, *others[:count]], [loss], places)
            assert told_shares(loss, pair, places) == pytest.approx([shares[row]] * 2, abs=OFF)
            for limit, equal in limits.items():
                assert verdicts(loss, pair, places, limit) == [equal] * 4, (loss, row, count, limit)


def told_shares(loss: str, pair: Sequence[Path], places: Places) -> list[float | None]:
    """How far apart two files in a folder of their own are, by `duplicates` and by `search --equal`."""
    first, other = pair
    (found,) = duplicates([loss], under=first.parent, places=places, equal_within=EVERYTHING)
    (asked,) = contrast(first, equal=[loss], k=999, equal_within=EVERYTHING, places=places)
    return [
        *(one.share for group in found.groups for one in group.pictures[1:]),
        *(match.shares[loss] for match in asked.neighbors if match.path == other),
    ]


def verdicts(loss: str, pair: Sequence[Path], places: Places, limit: float) -> list[bool]:
    """Whether they are equal, by `duplicates`, by `search --equal`, from either, and by `search --unique`."""
    first, other = pair
    (found,) = duplicates([loss], under=first.parent, places=places, equal_within=limit)
    matches = [
        {match.path for match in contrast(one, equal=[loss], k=999, equal_within=limit, places=places)[0].neighbors}
        for one in pair
    ]
    with Index.open(places.indexes / loss, places.models) as index:
        (unlike,) = index.search(first, unique=True, equal_within=limit, under=first.parent)
    return [bool(found.groups), other in matches[0], first in matches[1], len(unlike) == 1]


def saved(folder: Path, **pictures: np.ndarray) -> list[Path]:
    """Small pictures as PNG files."""
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in pictures]


@pytest.mark.slow
def test_a_loss_of_zero_is_always_equal(own: Path) -> None:
    one = np.random.default_rng(0).integers(40, 200, (32, 32, 3))
    paths = saved(own / "photos", one=one, recolored=np.add(one, [11, 1, -34]))  # 299 * 11 + 587 * 1 = 114 * 34
    Image.fromarray(one.astype(np.uint8)).save(own / "photos" / "other.bmp")
    build_indexes("photos")
    everything, gray = duplicates(equal_within=0.0)
    names = [[picture.path.name for picture in group.pictures] for group in (*everything.groups, *gray.groups)]
    assert names == [["one.png", "other.bmp"], ["one.png", "other.bmp", "recolored.png"]]
    assert {picture.share for found in (everything, gray) for picture in found.groups[0].pictures} == {0.0}
    (result,) = contrast(paths[0], equal=["l1_gray"], different=["l1"], equal_within=0.0)
    assert [(match.path, match.shares["l1_gray"]) for match in result.neighbors] == [(paths[1], 0.0)]
    with Index.open("indexes/l1_gray") as index:
        assert len(index.search(paths[0], unique=True, equal_within=0.0)[0]) == 1
    with Index.open("indexes/l1") as index:
        assert len(index.search(paths[0], unique=True, equal_within=0.0)[0]) == 2


@pytest.mark.slow
def test_fine_grain_leaves_pictures_equal_by_the_rule_and_not_by_a_distance(own: Path, trained: Project) -> None:
    _, pictures, _ = kept_of(trained.places, "l1")
    plain = np.clip(pictures[0].astype(int), 10, 240)
    grain = np.where(np.indices((32, 32)).sum(axis=0) % 2, 6, -6)[..., None]
    saved(own / "photos", plain=plain, grained=plain + grain)
    build_indexes("photos", ["l1"])
    loss = 6 / 255
    assert loss > 0.1 * scale_of(trained.places, "l1")["loss"]["typical"]
    (found,) = duplicates(["l1"])
    (group,) = found.groups
    assert group.pictures[1].distance == pytest.approx(loss, abs=OFF)
    assert group.pictures[1].share == pytest.approx(
        shares_by_rule("l1", np.stack([plain, plain + grain]), trained.places)[0, 1], abs=OFF
    )
    assert duplicates(["l1"], 0.99 * loss)[0].groups == ()
    assert duplicates(["l1"], 1.01 * loss)[0].pictures == 2


@pytest.mark.slow
@pytest.mark.usefixtures("own")
def test_an_index_without_pictures_goes_by_codes_and_says_so() -> None:
    build_indexes("pictures", ["l1"], keep_images=False)
    places = Places()
    with Index.open("indexes/l1") as index:
        paths, codes = [item.path for _, item in index], index.codes
    typical = scale_of(places, "l1")["codes"]["typical"]
    shares = matrix(codes) / typical
    limit = between(shares, 0.15)
    (found,) = duplicates(["l1"], equal_within=limit)
    assert (found.judged_by, found.max_distance) == ("codes", pytest.approx(limit * typical))
    assert str(found).splitlines()[0].endswith("by the distances of their codes, for the index keeps no pictures")
    assert groups_of(found) == grouped_by(shares, limit, paths)
    place = {path: row for row, path in enumerate(paths)}
    for group in found.groups:
        for picture in group.pictures:
            share = shares[place[group.pictures[0].path], place[picture.path]]
            assert (picture.share, picture.distance) == pytest.approx((share, share * typical), abs=OFF)
            assert not picture.contradicted


@pytest.mark.slow
def test_where_the_codes_say_otherwise_there_is_a_mark(trained: Project, tmp_path: Path) -> None:
    paths, pictures, codes = kept_of(trained.places, "l1")
    shares = np.triu(shares_by_rule("l1", pictures, trained.places), 1)
    code_shares = matrix(codes) / scale_of(trained.places, "l1")["codes"]["typical"]
    # Of the pairs within a quarter of a typical loss, that whose codes exaggerate most.
    row, other = np.unravel_index(
        np.argmax(np.where((shares > 0) & (shares < 0.25), code_shares - shares, 0)), (120,) * 2
    )
    limit = float((shares[row, other] + code_shares[row, other]) / 2)
    places = Places(models=trained.places.models, indexes=tmp_path)
    build_indexes([paths[row], paths[other]], ["l1"], places)
    (found,) = duplicates(["l1"], places=places, equal_within=limit)
    (group,) = found.groups
    assert [picture.contradicted for picture in group.pictures] == [False, True]
    lines = str(found).splitlines()
    assert lines[2].split()[3:5] == ["%", str(paths[row])]
    assert float(lines[3].split()[1]) == pytest.approx(100 * shares[row, other], abs=0.5)
    assert lines[3].split()[2:4] == ["%!", str(paths[other])]
    assert lines[4] == "  !: the codes of the two say otherwise."
    told = found.to_dict()["groups"][0]["pictures"]
    assert [one["contradicted"] for one in told] == [False, True]


@pytest.mark.slow
@pytest.mark.usefixtures("own")
def test_for_a_model_of_old_what_is_typical_is_measured_once_and_said() -> None:
    file = record_of(Places(), "l1")
    record = json.loads(file.read_text())
    kept = record.pop("scale")
    file.write_text(json.dumps(record))
    with pytest.warns(MeasuredScaleWarning, match=r"models/l1/1 .* measured on 120 pictures of its index, and kept in"):
        (found,) = duplicates(["l1"])
    typical = json.loads(file.read_text())["scale"]["loss"]["typical"]
    assert found.max_distance == pytest.approx(0.05 * typical)
    assert typical == pytest.approx(kept["loss"]["typical"], rel=0.1)
    assert duplicates(["l1"]) == (found,)  # without a warning, which would be an error


@pytest.mark.slow
@pytest.mark.usefixtures("own")
def test_a_model_of_old_whose_index_keeps_no_pictures_is_told_of() -> None:
    build_indexes("pictures", ["l1"], keep_images=False)
    file = record_of(Places(), "l1")
    file.write_text(json.dumps({key: value for key, value in json.loads(file.read_text()).items() if key != "scale"}))
    with pytest.raises(
        MissingError, match=r"what is typical under l1\. Received: models/l1/1, .*no two small pictures"
    ):
        duplicates(["l1"])
    assert duplicates(["l1"], 0.02)[0].judged_by == "codes"


@pytest.mark.slow
def test_a_drawing_in_colors_of_one_lightness_is_one_group_where_colors_are_not_seen(trained: Project) -> None:
    drawings = drawings_of(trained.pictures)
    everything, gray = duplicates(["l1", "l1_gray"], places=trained.places)
    group_of = {picture.path: number for number, group in enumerate(gray.groups) for picture in group.pictures}
    assert len(drawings) > 10
    assert all(len({group_of[path] for path in drawing}) == 1 for drawing in drawings)
    for group in everything.groups:
        together = {picture.path for picture in group.pictures}
        assert all(len(together.intersection(drawing)) <= 1 for drawing in drawings)


def drawings_of(folder: Path) -> list[list[Path]]:
    """The pictures that differ in nothing but a color, where the colors have one lightness."""
    drawings = defaultdict(list)
    with (folder / FACTORS).open() as file:
        for row in csv.DictReader(file):
            path, _ = row.pop("path"), row.pop("color")
            drawings[tuple(row.values())].append((folder / path).absolute())
    return [drawing for drawing in drawings.values() if len(drawing) > 1]


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

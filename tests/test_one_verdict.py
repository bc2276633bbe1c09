"""One verdict for two pictures, whoever is asked and whatever else is indexed, against brute force."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from verdicts import between, brute_force, kept_of, losses_among, matrix, record_of, scale_of, shares_by_rule

from aekeras.contrasts import contrast
from aekeras.duplication import (
    LossDuplicates,
    duplicates,
)
from aekeras.errors import MissingError
from aekeras.index import Index, build_indexes
from aekeras.judging import MeasuredScaleWarning
from aekeras.places import FACTORS, Places

if TYPE_CHECKING:
    from conftest import Project


EVERYTHING = 9.0  # typical losses: no two of our pictures are farther apart
OFF = 1e-6  # of a share: losses are computed in float32


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

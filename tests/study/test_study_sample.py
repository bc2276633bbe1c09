"""Which pictures a study measures, and what it says of the choice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from aekeras.errors import InputError, MissingError
from aekeras.index import build_indexes
from aekeras.places import Places
from aekeras.study.sample import Extent, Sample, draw
from aekeras.study.subjects import Subject, subjects
from aekeras.training.batches import split

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


def drawn(project: Project, extent: Extent | None = None, labels: Path | None = None) -> Sample:
    found, _ = subjects((), project.places)
    return draw(found, (), project.places, extent or Extent(), labels)


@pytest.fixture
def here_again(own: Path) -> Places:
    """A copy of models and indexes that a test may change."""
    del own
    return Places()


def known(places: Places) -> tuple[Subject, ...]:
    return subjects((), places)[0]


def test_queries_are_the_pictures_that_no_training_saw(here: Project) -> None:
    sample = drawn(here)
    files = sorted(here.pictures.glob("*.png"))
    _, rows = split(len(files), here.config.validation_share, here.config.seed)
    assert sample.held_out
    assert set(sample.query_paths) == {files[row] for row in rows}
    assert set(sample.query_paths).isdisjoint(sample.collection_paths)
    assert len(sample.query_paths) + len(sample.collection_paths) == sample.total == 120


def test_factors_come_along_in_the_order_of_the_pictures(here: Project) -> None:
    sample = drawn(here)
    shapes = [path.name.split("-")[0] for path in sample.collection_paths]
    assert list(sample.collection_factors["shape"]) == shapes
    assert len(sample.query_factors["shape"]) == len(sample.queries)


def test_the_extent_limits_both_and_the_seed_chooses(here: Project) -> None:
    some = drawn(here, Extent(queries=3, collection=20, seed=1))
    other = drawn(here, Extent(queries=3, collection=20, seed=2))
    assert (len(some.queries), len(some.collection)) == (3, 20)
    assert some.collection_paths != other.collection_paths
    assert some.collection_paths == drawn(here, Extent(queries=3, collection=20, seed=1)).collection_paths


def test_pictures_that_no_training_is_known_to_have_seen_are_said_so(here_again: Places) -> None:
    build_indexes("pictures/cat-ginger-0000.png", places=here_again)
    with pytest.raises(InputError, match=r"at least 2 pictures, to compare\. Received: 1"):
        draw(known(here_again), (), here_again, Extent())
    others = Path("others")
    others.mkdir()
    for file in sorted(Path("pictures").glob("*.png"))[:12]:
        shutil.copy(file, others)
    build_indexes(others, places=here_again)
    sample = draw(known(here_again), (), here_again, Extent())
    assert not sample.held_out
    assert (len(sample.queries), len(sample.collection)) == (2, 10)
    assert "It is not known which pictures the trainings saw" in sample.notes[0]


def test_a_missing_index_is_told_and_the_others_are_used(here_again: Places) -> None:
    shutil.rmtree("indexes/l1")
    sample = draw(known(here_again), (), here_again, Extent())
    assert sample.total == 120
    assert sample.notes[0].startswith("The index of `l1` is not used: Expected an index in")


def test_indexes_with_different_pictures_are_measured_on_what_they_share(here_again: Places) -> None:
    files = sorted(Path("pictures").resolve().glob("*.png"))
    build_indexes(files[:30], losses=["l1"], places=here_again)
    sample = draw(known(here_again), (), here_again, Extent())
    assert sample.total == 30
    assert "The indexes hold different pictures: the 30 that all of them hold are measured." in sample.notes


def test_indexes_that_share_no_picture_are_an_error_that_says_so(here_again: Places) -> None:
    build_indexes(sorted(Path("pictures").resolve().glob("*.png"))[:30], losses=["l1"], places=here_again)
    build_indexes(sorted(Path("pictures").resolve().glob("*.png"))[30:], losses=["l1_gray"], places=here_again)
    with pytest.raises(InputError, match=r"Received: 0\. .* The indexes hold different pictures: the 0 that all"):
        draw(known(here_again), (), here_again, Extent())


def test_a_picture_that_has_vanished_is_told(here_again: Places) -> None:
    shutil.copytree(Path("pictures"), "moved", symlinks=False)
    build_indexes("moved", places=here_again)
    gone = sorted(Path("moved").glob("*.png"))[3]
    gone.unlink()
    sample = draw(known(here_again), (), here_again, Extent())
    assert len(sample.queries) + len(sample.collection) == 119
    assert f"1 of the pictures are gone, the first of them {gone}." in sample.notes


def test_labels_become_factors_and_missing_ones_are_counted(here: Project, tmp_path: Path) -> None:
    files = sorted(here.pictures.glob("*.png"))
    table = tmp_path / "labels.csv"
    table.write_text("path,kind\n" + "".join(f"{file},{number % 2}\n" for number, file in enumerate(files[:100])))
    sample = drawn(here, labels=table)
    expected = {file: str(number % 2) for number, file in enumerate(files[:100])}
    assert list(sample.collection_factors["kind"]) == [expected.get(path, "") for path in sample.collection_paths]
    assert any("20 of the pictures have no label" in note for note in sample.notes)


def test_labels_of_other_pictures_are_left_out_with_a_word(here: Project, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("path,kind\nelsewhere.png,1\n")
    sample = drawn(here, labels=table)
    assert "kind" not in sample.query_factors
    (note,) = sample.notes
    assert "Expected paths of pictures that are measured" in note
    assert "elsewhere.png" in note


def test_a_table_that_is_not_there_is_missing(here: Project, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="Expected a table in"):
        drawn(here, labels=tmp_path / "none.csv")


@pytest.mark.parametrize(("asked", "least"), [({"queries": 0}, 1), ({"collection": 1}, 2), ({"seed": -1}, 0)])
def test_an_extent_of_nothing_is_refused(asked: dict[str, int], least: int) -> None:
    (name,) = asked
    with pytest.raises(InputError, match=f"Expected `{name}` of at least {least}"):
        Extent(**asked)


def test_two_pictures_are_enough(here: Project) -> None:
    files = sorted(here.pictures.glob("*.png"))[:2]
    found, _ = subjects((), here.places)
    sample = draw(found, files, here.places, Extent())
    assert (len(sample.queries), len(sample.collection)) == (1, 1)
    assert not np.array_equal(sample.queries[0], sample.collection[0])


def test_where_all_held_out_pictures_are_gone_others_are_asked_for(here_again: Places) -> None:
    shutil.copytree(Path("pictures"), "moved")
    build_indexes("moved", places=here_again)
    _, rows = split(120, 0.1, 0)
    files = sorted(Path("moved").glob("*.png"))
    for row in rows:
        files[row].unlink()
    sample = draw(known(here_again), (), here_again, Extent())
    assert len(sample.queries) > 0
    assert any(note.startswith("12 of the pictures are gone") for note in sample.notes)


def test_where_all_pictures_are_gone_it_is_said_where_they_were(here_again: Places) -> None:
    shutil.copytree(Path("pictures"), "moved")
    build_indexes("moved", places=here_again)
    shutil.rmtree("moved")
    with pytest.raises(MissingError, match=r"Found 0 of 120; the first that is gone is moved"):
        draw(known(here_again), (), here_again, Extent())

"""Names of losses: rows that load nothing heavy, and clear words about a name that is none."""

from __future__ import annotations

import importlib
import json

import pytest

from aekeras import losses
from aekeras.errors import AekerasError, InputError
from aekeras.losses.blindness import of_words
from aekeras.losses.image_loss import ImageLoss

ROWS = losses.catalogue()
OF_DESIGN = (
    "l1 l2 charbonnier l1_gray l1_red l1_green l1_blue l1_channels l1_chroma l1_lab l1_contrast l1_edges ssim ms_ssim "
    "spectrum palette l1_coarse mirror center"
)


def test_names_are_listed_once_each() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_the_default_losses_come_first_and_in_the_order_of_the_catalogue() -> None:
    assert losses.DEFAULT_LOSSES == ("l1", "l1_gray", "l1_red", "l1_green", "l1_blue")
    assert tuple(row.name for row in ROWS)[:5] == losses.DEFAULT_LOSSES


def test_every_loss_that_was_planned_is_there() -> None:
    assert set(OF_DESIGN.split()) <= {row.name for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_its_class_says(row: losses.Row) -> None:
    module, _, attribute = row.path.partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    assert issubclass(kind, ImageLoss)
    assert kind.__doc__
    if not row.example:
        assert kind.blind_to == row.blind_to
        return
    loss = losses.get(row.example)
    assert type(loss) is kind
    inside = losses.get("l1_gray").blind_to if row.wraps else ()
    assert loss.blind_to == (*inside, *row.blind_to)
    assert loss.text == row.example
    assert row.wraps or loss.name == row.name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_filled(row: losses.Row) -> None:
    assert all((row.question, row.summary, row.formula, row.sees, row.source))
    assert row.family in losses.FAMILIES
    assert row.wraps == (row.family == "wrapper")
    assert all(word == "border" or of_words((word,)) for word in row.blind_to)
    assert "\n" not in row.summary
    assert not row.summary.endswith(".")
    assert row.shade is None or all(0 <= part <= 1 for part in row.shade)


def test_an_example_is_an_expression_and_missing_only_where_something_must_be_given() -> None:
    assert losses.find("l1").example == "l1"
    assert losses.find("mirror").example == "mirror(l1_gray)"
    deep = losses.find("deep_features")
    assert (deep.example, deep.needs) == ("", "a model: deep_features(model='network.keras')")
    with pytest.raises(InputError, match=r"deep_features\(model='network\.keras'\)"):
        losses.get("deep_features")
    assert [row.name for row in ROWS if row.needs] == ["deep_features"]


def test_families_are_listed_in_order() -> None:
    assert losses.FAMILIES == ("pixel", "color", "structural", "arrangement", "deep", "wrapper")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_found_by_its_name_and_shown_under_the_keys_of_json(row: losses.catalogue.Row) -> None:
    assert losses.find(row.name) is row
    shown = row.to_dict()
    assert {"name", "summary", "sees", "blind_to", "source"} <= set(shown)
    assert "path" not in shown
    assert json.loads(json.dumps(shown)) == shown
    assert shown["blind_to"] == list(row.blind_to)


@pytest.mark.parametrize("ask", [losses.find, losses.get])
def test_an_unknown_name_is_refused_with_the_nearest_one(ask: object) -> None:
    assert callable(ask)
    expected = r"^Unknown loss 'l1_grey'\. Expected one of: l1, l1_gray, .*\. Did you mean 'l1_gray'\?$"
    with pytest.raises(InputError, match=expected) as caught:
        ask("l1_grey")
    assert isinstance(caught.value, AekerasError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["", "L1", "l1 ", "zebra"])
def test_a_name_that_resembles_none_gets_no_wrong_hint(name: str) -> None:
    with pytest.raises(InputError, match="Unknown loss") as caught:
        losses.find(name)
    assert repr(name) in str(caught.value)
    if name in ("", "zebra"):
        assert "Did you mean" not in str(caught.value)


def test_names_sort_as_the_catalogue_lists_them_and_others_follow_by_name() -> None:
    known = [row.name for row in ROWS]
    assert sorted(["zebra", *reversed(known), "ape"], key=losses.position) == [*known, "ape", "zebra"]

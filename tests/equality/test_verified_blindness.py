"""Verified blindness: every built-in declaration holds, and a wrong one is refuted."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from aekeras import losses, samples
from aekeras.equality.distances import as_floats, loss_distances
from aekeras.equality.scale import Scale
from aekeras.equality.verified import Verified, verify
from aekeras.losses.view_loss import ViewLoss

SIDE, SEED = 32, 2
BLIND = [row.example for row in losses.catalogue() if row.example and losses.get(row.example).blind_to]
SEEING_ALL = [row.example for row in losses.catalogue() if row.example and row.example not in BLIND]


class Boastful(ViewLoss):
    """Declares to be blind to chroma, and sees every color."""

    blind_to = ("chroma",)


class Careless(ViewLoss):
    """Sees red alike from both sides: is blind to flip, as declared, and not to red."""

    blind_to = ("red", "flip")

    def view(self, images: Any) -> Any:
        red = images[..., :1]
        return red + red[:, :, ::-1]


class Poetic(ViewLoss):
    """Declares what nobody knows how to change."""

    blind_to = ("sorrow",)


@cache
def pictures() -> np.ndarray:
    """Some of the samples, and noise of middle values, which leaves room for other light; uint8."""
    drawn = [samples.draw(sample, SIDE) for sample in samples.generate(30)[::5]]
    made = np.random.default_rng(0).integers(60, 190, (4, SIDE, SIDE, 3))
    return np.stack([*drawn, *made]).astype(np.uint8)


def checked(loss: Any, name: str = "loss", see: Any = None) -> Verified:
    images = pictures()
    usual = Scale.of(loss_distances(loss, images, images)[np.triu_indices(len(images), 1)])
    encode = {} if see is None else {name: see}
    by_code = {} if see is None else {name: Scale.of_codes(see(images))}
    return verify({name: loss}, encode, images, by_code, {name: usual}, SEED)


def flat(images: np.ndarray) -> np.ndarray:
    return as_floats(images).reshape(len(images), -1)


def gray(images: np.ndarray) -> np.ndarray:
    return (as_floats(images) @ np.array([0.299, 0.587, 0.114])).reshape(len(images), -1)


@pytest.mark.parametrize("text", BLIND)
def test_every_word_that_a_built_in_loss_declares_is_confirmed(text: str) -> None:
    loss = losses.get(text)
    found = checked(loss, text).evidence[text]
    assert list(found) == list(loss.blind_to)
    assert {word: evidence.verdict for word, evidence in found.items()} == dict.fromkeys(found, "confirmed")
    for word, evidence in found.items():
        assert evidence.changes, word  # something was done
        assert evidence.seen is not None
        assert evidence.seen <= 1e-3, (word, evidence)


def test_the_catalogue_has_both_kinds() -> None:
    assert len(BLIND) >= 10
    assert {"l1", "l2"} <= set(SEEING_ALL)


def test_a_loss_that_sees_colors_and_declares_not_to_is_refuted() -> None:
    found = checked(Boastful()).evidence["loss"]["chroma"]
    assert found.verdict == "refuted"
    assert found.seen is not None
    assert found.seen > 0.05
    assert any("refuted" in line and "chroma" in line for line in checked(Boastful()).sentences())


def test_only_the_wrong_one_of_two_words_is_refuted() -> None:
    found = checked(Careless()).evidence["loss"]
    assert {word: evidence.verdict for word, evidence in found.items()} == {"red": "refuted", "flip": "confirmed"}


def test_a_swap_of_two_channels_does_not_refute_the_word_that_is_right() -> None:
    class OnlyRed(ViewLoss):
        blind_to = ("red", "green")

        def view(self, images: Any) -> Any:
            return images[..., :1]

    found = checked(OnlyRed()).evidence["loss"]
    assert {word: evidence.verdict for word, evidence in found.items()} == {"red": "refuted", "green": "confirmed"}


def test_a_word_without_a_known_change_is_not_measured() -> None:
    found = checked(Poetic())
    assert found.evidence["loss"]["sorrow"].verdict == "not measured"
    assert any("not measured" in line for line in found.sentences())


@pytest.mark.parametrize(("see", "follows"), [(gray, True), (flat, False)])
def test_codes_follow_where_they_see_no_more_than_the_loss(see: Any, follows: bool) -> None:
    found = checked(losses.get("l1_gray"), "l1_gray", see)
    evidence = found.evidence["l1_gray"]["chroma"]
    assert evidence.verdict == "confirmed"
    assert evidence.code_follows is follows
    assert any(("follow" in line) == follows for line in found.sentences() if "`l1_gray`" in line)


def test_without_codes_nothing_is_said_of_them() -> None:
    found = checked(losses.get("l1_gray"), "l1_gray")
    assert found.evidence["l1_gray"]["chroma"].code_follows is None
    assert not any("codes" in line for line in found.sentences())


def test_a_loss_that_is_blind_to_nothing_has_no_evidence_and_is_named() -> None:
    found = checked(losses.get("l1"), "l1")
    assert found.to_dict() == {"l1": {}}
    assert found.sentences() == ("`l1` is declared blind to nothing.",)


def test_the_json_has_a_verdict_and_an_interval_for_every_word() -> None:
    written = json.loads(json.dumps(checked(losses.get("l1_red"), "l1_red", gray).to_dict(), allow_nan=False))
    assert set(written["l1_red"]) == {"green", "blue"}
    for cell in written["l1_red"].values():
        assert set(cell) >= {"verdict", "share", "share_interval", "code_follows", "seed"}
        assert cell["share_interval"][0] <= cell["share"] <= cell["share_interval"][1]


def test_the_same_seed_gives_the_same_evidence() -> None:
    assert checked(losses.get("palette"), "palette").to_dict() == checked(losses.get("palette"), "palette").to_dict()

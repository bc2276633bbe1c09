"""The check of what a loss promises: the catalogue keeps it all, and each promise can be broken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from networks import DEEP, save_network

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses import blindness, catalogue
from aekeras.losses.conformance import CHECKS, Check, Report
from aekeras.losses.conformance.registry import PROMISES
from aekeras.losses.conformance.seeing import PROBES
from aekeras.losses.conformance.specimens import scenes, specimens
from aekeras.progress import Progress

COMPOSED = ("0.7*l1_gray + 0.3*l1", "mirror(0.5*l1_red + 0.5*l1)", "center(mirror(l1_gray), size=0.5)")


def inside(name: str) -> tuple[str, ...]:
    """The expressions in which a row of the catalogue is tried."""
    if losses.find(name).wraps:
        return f"{name}(l1_gray)", f"{name}(l1)"
    return (losses.find(name).example or DEEP,)


CATALOGUE = (*(text for row in catalogue() for text in inside(row.name)), *COMPOSED)

OWN = Path(__file__).with_name("own_losses.py").read_text()

BROKEN = {
    "Good": set(),
    "Good(power=2.0)": set(),
    "good": set(),
    "GoodOfKeras": set(),
    "OwnWord": set(),
    "Scalar": {"shape"},
    "scalar": {"shape"},
    "PerPixel": {"shape"},
    "Raises": {"shape"},
    "NotANumber": {"finite"},
    "Offset": {"identity"},
    "Negative": {"non-negative"},
    "Asymmetric": {"symmetric"},
    "DeclaredAsymmetric": set(),
    "NoMetric": {"triangle"},
    "DeclaredNoMetric": set(),
    "OfBatch": {"batch"},
    "OfEvenSides": {"flip"},
    "ViewWithoutChannels": {"view"},
    "ViewOfNoNumbers": {"view"},
    "ByFormat": {"number formats"},
    "CountsTheBatch": {"compiled"},
    "OfNumPy": {"compiled", "gradient"},
    "Root": {"gradient finite"},
    "Rounds": {"gradient"},
    "Flat": {"gradient"},
    "FalselyBlindToChroma": {"gradient blind", "metamers", "metamers alike", "blind"},
    "FalselyBlindToFlip": {"metamers", "metamers alike", "blind"},
    "Unsaid": {"sees"},
    "UnsaidOrder": {"sees"},
    "MetamerOutside": {"metamers"},
    "MetamerTheSame": {"metamers"},
    "MetamerOfAnotherShape": {"metamers", "metamers alike"},
    "UnknownWord": {"metamers", "blind"},
    "SaysLessThanItsBlindness": {"blind"},
    "Forgotten": {"text"},
    "Doubled": {"round trip", "reload"},
    "ElsewhereOtherwise": {"reload"},
    "TwoFormulas": {"in parts"},
}
"""Losses of OWN, and the checks that each one fails."""

TOLD = {
    ("Scalar", "shape"): "shape (1,), for 1 of 48 x 48 pixels. Received: a single value. Average over all axes but",
    ("scalar", "shape"): "Received: a single value for the whole batch",
    ("PerPixel", "shape"): "Received: shape (1, 48, 48)",
    ("Raises", "shape"): "ZeroDivisionError: division by zero (",
    ("NotANumber", "finite"): "Received: inf for picture 0 against black (and",
    ("Offset", "identity"): "loss(x, x) = 0.013 for",
    ("Negative", "non-negative"): "Expected no value below 0. Received: -",
    ("Asymmetric", "symmetric"): "`symmetric = False`",
    ("NoMetric", "triangle"): "`metric = False`",
    ("OfBatch", "batch"): "alone and",
    ("OfEvenSides", "flip"): "for two pictures of 45 x 45 pixels. Take out `flip_invariant = True`",
    ("ViewWithoutChannels", "view"): "channels) for 1 of 48 x 48 pixels. Received: shape (1, 48, 48). Keep all four",
    ("ViewOfNoNumbers", "view"): "first for black",
    ("ByFormat", "number formats"): "in float64",
    ("CountsTheBatch", "compiled"): "for i in range(a.shape[0])",
    ("OfNumPy", "gradient"): "`keras.ops`",
    ("Root", "gradient finite"): "picture 0 against itself",
    ("Flat", "gradient"): "Received: 0 for 8 of 8 pairs of pictures",
    ("FalselyBlindToChroma", "gradient blind"): "along chroma",
    ("FalselyBlindToFlip", "blind"): "a change of flip",
    ("Unsaid", "sees"): "also blind to luma: declare it, `blind_to = ('luma',)`",
    ("UnsaidOrder", "sees"): "`blind_to = ('arrangement', 'detail')`",
    ("MetamerOutside", "metamers"): "Expected metamers in [0, 1]",
    ("MetamerTheSame", "metamers"): "Expected metamers with other pixels, as the loss is blind to chroma",
    ("UnknownWord", "blind"): "'fur' is not measured",
    ("SaysLessThanItsBlindness", "blind"): "Missing: chroma",
    ("Forgotten", "text"): "Write `self.size = size`",
    ("Doubled", "round trip"): "Received: my_losses.py:Doubled(size=12)",
    ("ElsewhereOtherwise", "reload"): "in a fresh process",
    ("TwoFormulas", "in parts"): "Override `distance` or `compare` instead of `call`.",
}


@pytest.fixture(scope="module")
def of_catalogue(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    folder = tmp_path_factory.mktemp("catalogue")
    save_network(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return dict(zip(CATALOGUE, losses.check(*CATALOGUE), strict=True))


@pytest.fixture(scope="module")
def of_own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "my_losses.py").write_text(OWN)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return dict(zip(BROKEN, losses.check(*(f"my_losses.py:{name}" for name in BROKEN)), strict=True))


def failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.outcome == "failed"}


def told(report: Report, name: str) -> str:
    return next(check.told for check in report.checks if check.name == name)


@pytest.mark.slow
@pytest.mark.parametrize("text", CATALOGUE)
def test_every_loss_of_the_catalogue_keeps_what_a_loss_promises(text: str, of_catalogue: dict[str, Report]) -> None:
    assert of_catalogue[text].passed, str(of_catalogue[text])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "checks"), BROKEN.items(), ids=BROKEN)
def test_a_loss_fails_the_checks_of_what_is_wrong_with_it_and_no_other(
    name: str, checks: set[str], of_own: dict[str, Report]
) -> None:
    assert failed(of_own[name]) == checks, str(of_own[name])


def test_every_check_can_fail() -> None:
    assert set().union(*BROKEN.values()) == set(CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "check"), TOLD)
def test_a_failure_says_what_was_expected_and_what_to_do(name: str, check: str, of_own: dict[str, Report]) -> None:
    assert TOLD[name, check] in told(of_own[name], check)


@pytest.mark.slow
def test_what_a_persons_own_code_raises_is_told_with_their_line(of_own: dict[str, Report]) -> None:
    line = next(number for number, text in enumerate(OWN.splitlines(), 1) if "1 / 0" in text)
    assert f"(my_losses.py, line {line}: return images * (1 / 0))" in told(of_own["Raises"], "shape")


@pytest.mark.slow
def test_behind_a_fundamental_failure_nothing_is_measured(of_own: dict[str, Report]) -> None:
    report = of_own["NotANumber"]
    behind = report.checks[[check.name for check in report.checks].index("finite") + 1 :]
    assert {(check.passed, check.outcome, check.figure, check.told) for check in behind} == {
        (False, "not measured", None, "Not measured: mend 'finite' first.")
    }
    assert {check.outcome for check in report.checks[: -len(behind)]} == {"passed", "failed"}


@pytest.mark.slow
def test_what_is_declared_not_to_hold_passes_with_a_note(of_own: dict[str, Report]) -> None:
    assert told(of_own["DeclaredAsymmetric"], "symmetric") == "declared not symmetric"
    assert told(of_own["DeclaredNoMetric"], "triangle") == "declared no metric"
    assert told(of_own["Good"], "flip") == "not declared flip invariant"


@pytest.mark.slow
def test_figures_are_numbers_or_nothing(of_own: dict[str, Report]) -> None:
    for report in of_own.values():
        found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert found["passed"] is report.passed
        assert [check["name"] for check in found["checks"]] == list(CHECKS)
        assert all(isinstance(check["figure"], float | None) for check in found["checks"])
        assert all(check["passed"] is (check["outcome"] == "passed") for check in found["checks"])


class Heard(Progress):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        self.said.append((stage, total, part, parts))

    def advance(self, done: int, note: str = "") -> None:
        self.said.append((done, note))

    def end(self, summary: str = "") -> None:
        self.said.append(summary)


@pytest.mark.slow
def test_a_loss_of_a_shell_is_told_to_be_put_into_a_file_and_one_with_a_reduction_is_measured_without() -> None:
    def nearby(y_true: object, y_pred: object) -> object:
        return losses.get("l1")(y_true, y_pred)

    heard, mean = Heard(), losses.get("l1", reduction="sum_over_batch_size")
    of_nearby, of_mean = losses.check(nearby, mean, progress=heard)
    assert failed(of_nearby) == {"round trip", "reload"}
    assert "my_losses.py:Name" in told(of_nearby, "reload")
    assert of_mean.passed, str(of_mean)
    assert mean.reduction == "sum_over_batch_size"
    assert heard.said == [("checking", 2, 1, 1), (1, of_nearby.loss), (2, "l1"), "1 of 2 passed"]


def test_a_loss_is_not_checked_under_a_name_that_is_not_known() -> None:
    with pytest.raises(InputError, match="Did you mean 'l1_gray'"):
        losses.check("l1_grey")


def test_a_report_prints_as_a_table() -> None:
    report = Report(
        "mine",
        (
            Check("one", "passed", 0.25, "holds"),
            Check("other", "failed", None, "Expected 1. Received: 2. Mend it."),
            Check("third", "not measured", None, "Not measured: mend 'other' first."),
        ),
    )
    assert str(report) == (
        "mine: 1 of 3 checks passed\n"
        "  passed  one         0.25  holds\n"
        "  FAILED  other\n"
        "    Expected 1. Received: 2. Mend it.\n"
        "    -     third             Not measured: mend 'other' first.\n"
        "  A typical loss is the median between two different pictures."
    )


def test_each_word_that_stands_for_a_change_is_shown_to_every_loss() -> None:
    assert all(len(blindness.of_words((word,))) == 1 for word in PROBES)
    changes = [getattr(blindness, name) for name in blindness.__all__]
    words = {kind.word for kind in changes if getattr(kind, "word", "")}
    assert words - set(PROBES) == {"border"}  # which means nothing without its size


def test_every_check_has_a_name_of_its_own() -> None:
    assert len(set(CHECKS)) == len(CHECKS) == len(PROMISES) + 1


def test_the_pictures_are_always_the_same_and_have_room_for_other_light() -> None:
    found = specimens()
    assert found.images.shape == (len(found.names), 48, 48, 3)
    assert found.images.dtype == np.float32
    assert (found.images >= 0).all()
    assert (found.images <= 1).all()
    np.testing.assert_array_equal(scenes(8, 48, 48), found.scenes)
    assert found.scenes.min() >= 0.05
    assert found.scenes.max() <= 0.95

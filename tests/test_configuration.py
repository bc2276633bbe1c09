"""What a training can be told: every option that cannot be used is named, with what came in its place."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from aekeras.configuration import Training
from aekeras.errors import AekerasError, InputError

NOT_USABLE = [
    ("image_size", 0, "a multiple of 16"),
    ("image_size", -16, "a multiple of 16"),
    ("image_size", 50, "a multiple of 16"),
    ("image_size", "64", "a whole number"),
    ("code_dim", 0, "a whole number of at least 1"),
    ("code_dim", 1.5, "a whole number"),
    ("code_dim", 5000, "at most 4096"),
    ("epochs", -1, "a whole number of at least 0"),
    ("epochs", 2.0, "a whole number"),
    ("batch_size", 1, "at least 2 pictures, to compare"),
    ("learning_rate", 0.0, "a number between 0 and 1"),
    ("learning_rate", 1.0, "a number between 0 and 1"),
    ("learning_rate", float("nan"), "a number between 0 and 1"),
    ("learning_rate", "fast", "a number"),
    ("seed", -1, "a whole number from 0 to 2147483647"),
    ("seed", 2**31, "a whole number from 0 to 2147483647"),
    ("seed", None, "a whole number"),
    ("patience", 0, "a whole number of at least 1"),
    ("validation_share", -0.1, "a share from 0 to 0.5"),
    ("validation_share", 0.6, "a share from 0 to 0.5"),
    ("isometry", -1.0, "a weight of at least 0"),
    ("isometry", float("inf"), "a weight of at least 0"),
    ("isometry", float("nan"), "a weight of at least 0"),
    ("metamers", "no", "True or False"),
    ("blends", 1, "True or False"),
    ("closed_form", None, "True or False"),
    ("encoder_input", 3, "text"),
    ("encoder_input", "pixels", "one of: images, view"),
]


@pytest.mark.parametrize(("name", "value", "expected"), NOT_USABLE)
def test_a_message_names_the_option_what_it_takes_and_what_came(name: str, value: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Training(**{name: value})
    assert str(caught.value) == f"Expected `{name}` to be {expected}. Received: {value!r}."
    assert isinstance(caught.value, AekerasError)


def test_every_option_is_among_those_that_are_checked() -> None:
    assert {field.name for field in dataclasses.fields(Training)} == {name for name, _, _ in NOT_USABLE}


def test_the_nearest_encoder_input_is_offered() -> None:
    with pytest.raises(InputError, match=r"Received: 'image'\. Did you mean 'images'\?$"):
        Training(encoder_input="image")


@pytest.mark.parametrize(
    "edge",
    [
        {"image_size": 16},
        {"image_size": 224},
        {"code_dim": 1},
        {"epochs": 1},
        {"batch_size": 2},
        {"learning_rate": 1e-9},
        {"seed": 2**31 - 1},
        {"patience": 1},
        {"validation_share": 0},
        {"validation_share": 0.5},
        {"isometry": 0},
        {"encoder_input": "view"},
    ],
)
def test_the_edges_of_what_is_allowed_are_allowed(edge: dict[str, Any]) -> None:
    ((name, value),) = edge.items()
    assert getattr(Training(**edge), name) == value


def test_a_configuration_cannot_be_changed_after_it_was_checked() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Training().epochs = -1  # type: ignore[misc]


def test_without_epochs_few_pictures_get_more_of_them_within_bounds() -> None:
    counts = (1, 70, 256, 1_700, 20_000, 1_000_000)
    epochs = [Training().for_count(count).epochs for count in counts]
    assert epochs == sorted(epochs, reverse=True)
    assert len(set(epochs)) > 2
    assert epochs[0] <= 100
    assert epochs[-2] == epochs[-1] >= 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_without_epochs_few_pictures_get_as_many_steps_as_a_few_more(share: float) -> None:
    """Between the bounds, the steps and not the epochs are what stays the same."""
    config = Training(validation_share=share, batch_size=8)
    steps = [config.for_count(count).epochs * int((count - int(count * share)) // 8) for count in (160, 200, 240)]
    assert max(steps) < 1.2 * min(steps)


def test_counting_pictures_changes_nothing_but_the_epochs() -> None:
    config = Training(seed=7, metamers=False)
    assert config.for_count(500) == dataclasses.replace(config, epochs=config.for_count(500).epochs)


def test_epochs_that_were_asked_for_stay() -> None:
    config = Training(epochs=3, seed=7)
    assert config.for_count(5) is config


def test_a_configuration_comes_back_from_json() -> None:
    config = Training(image_size=32, epochs=5, isometry=0, blends=False, encoder_input="view")
    assert Training.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert Training.from_dict({}) == Training()


def test_keys_of_later_versions_are_left_out_but_values_are_checked() -> None:
    assert Training.from_dict({"epochs": 2, "momentum": 0.9}) == Training(epochs=2)
    with pytest.raises(InputError, match="`epochs`"):
        Training.from_dict({"epochs": -2})

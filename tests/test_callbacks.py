"""Fidelity while any Keras model trains: what is logged, who sees it, and that the training does not notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses, samples
from aekeras.callbacks import Fidelity
from aekeras.configuration import Training
from aekeras.errors import InputError
from aekeras.training import Surroundings, fit

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # Keras's own, under NumPy 2
SIZE = 16
EPOCHS = 3


class Recorder(keras.callbacks.Callback):
    """Keeps the codes of each epoch, as the model itself gives them."""

    def __init__(self, *pictures: np.ndarray) -> None:
        super().__init__()
        self.pictures, self.codes = pictures, []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        del epoch, logs
        encoder = self.model.get_layer("encoder")
        self.codes.append([np.asarray(encoder(one, training=False)) for one in self.pictures])


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.stack([np.asarray(samples.draw(sample, SIZE)) for sample in samples.generate(60)])


@pytest.fixture(scope="module")
def floats(pictures: np.ndarray) -> np.ndarray:
    return pictures.astype(np.float32) / 255


def autoencoder(seed: int = 0) -> keras.Model:
    """A small one of someone's own, with a layer that draws random numbers and one that counts."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            layers.Conv2D(4, 4, strides=4, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.1, seed=1),
            layers.Flatten(),
            layers.Dense(6),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [keras.Input((6,)), layers.Dense(SIZE * SIZE * 3), layers.Reshape((SIZE, SIZE, 3))], name="decoder"
    )
    images = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(images, decoder(encoder(images)))
    model.compile("adam", losses.get("l1_gray", reduction="mean"))
    return model


def train(floats: np.ndarray, *callbacks: keras.callbacks.Callback, epochs: int = EPOCHS) -> keras.callbacks.History:
    train = floats[:40]
    return autoencoder().fit(train, train, batch_size=10, epochs=epochs, verbose=0, callbacks=list(callbacks))


def by_hand(codes: np.ndarray, queries: np.ndarray, of: np.ndarray, others: np.ndarray, k: int) -> float:
    """Fidelity of codes to the mean absolute difference of luma, in a loop."""
    luma, lumas = of @ [0.299, 0.587, 0.114], others @ [0.299, 0.587, 0.114]
    shares = []
    for query, code in zip(lumas, queries, strict=True):
        by_loss = np.argsort([np.abs(query - one).mean() for one in luma], kind="stable")[:k]
        by_code = np.argsort([np.linalg.norm(code - one) for one in codes], kind="stable")[:k]
        shares.append(len(set(by_loss) & set(by_code)) / k)
    return float(np.mean(shares))


def test_the_history_has_the_fidelity_that_a_loop_finds(floats: np.ndarray) -> None:
    images, queries = floats[:40], floats[40:]
    recorder = Recorder(images, queries)
    history = train(floats, Fidelity(images, queries, "l1_gray", k=5), recorder).history
    expected = [by_hand(codes, asked, images, queries, k=5) for codes, asked in recorder.codes]
    # One query may have two neighbors whose distances differ in the last digit only.
    assert history["fidelity"] == pytest.approx(expected, abs=1 / (5 * len(queries)) + 1e-9)
    assert len(history["fidelity"]) == EPOCHS
    assert len(set(history["fidelity"])) > 1


def measured(model: keras.Model, images: np.ndarray, loss: Any = "l1", **keywords: Any) -> float:
    """The fidelity of a model as it is, with the last 20 images for queries."""
    fidelity = Fidelity(images[:40], images[40:], loss, **keywords)
    fidelity.set_model(model)
    fidelity.on_train_begin()
    return fidelity.measure()


def test_pictures_as_uint8_give_the_same_as_floats(pictures: np.ndarray, floats: np.ndarray) -> None:
    model = autoencoder()
    assert measured(model, pictures) == measured(model, floats)


def test_the_training_does_not_notice_it(floats: np.ndarray) -> None:
    def outcome(*callbacks: keras.callbacks.Callback) -> tuple[dict[str, Any], list[np.ndarray]]:
        keras.utils.clear_session()  # not every Keras begins its random numbers anew when it is given a seed
        history = train(floats, *callbacks)
        logged = {name: values for name, values in history.history.items() if name != "fidelity"}
        draws = [np.asarray(keras.random.normal((2,))), np.random.random(2), tf.random.normal((2,)).numpy()]
        return logged, [*(variable.numpy() for variable in history.model.variables), *draws]

    logged, state = outcome()
    logged_beside, state_beside = outcome(Fidelity(floats[:40], floats[40:], "l1_gray"))
    assert logged == logged_beside
    for one, other in zip(state, state_beside, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_encoder_that_draws_whatever_training_says_keeps_its_state(floats: np.ndarray) -> None:
    @keras.saving.register_keras_serializable("tests")
    class Noisy(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seeds = keras.random.SeedGenerator(0)

        def call(self, codes: Any) -> Any:
            return codes + 0.01 * keras.random.normal(keras.ops.shape(codes), seed=self.seeds)

    model = autoencoder()
    noisy = keras.Sequential([model.get_layer("encoder"), Noisy()])
    noisy.build((None, SIZE, SIZE, 3))
    before = [variable.numpy() for variable in noisy.variables]
    assert 0 < measured(model, floats, encoder=noisy) <= 1
    for one, other in zip(before, [variable.numpy() for variable in noisy.variables], strict=True):
        np.testing.assert_array_equal(one, other)


def test_model_checkpoint_keeps_the_epoch_of_the_highest_fidelity(floats: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "best.weights.h5"
    keep = keras.callbacks.ModelCheckpoint(
        path, monitor="fidelity", mode="max", save_best_only=True, save_weights_only=True
    )
    fidelity = Fidelity(floats[:40], floats[40:], "l1_gray")
    history = train(floats, fidelity, keep, epochs=5).history
    assert keep.best == max(history["fidelity"])
    kept = autoencoder(seed=1)
    kept.optimizer.build(kept.trainable_variables)  # whose state is in the file, too
    kept.load_weights(path)
    fidelity.set_model(kept)
    assert fidelity.measure() == max(history["fidelity"])


def test_early_stopping_ends_a_training_whose_fidelity_no_longer_rises(floats: np.ndarray) -> None:
    stop = keras.callbacks.EarlyStopping(monitor="fidelity", mode="max", patience=1, min_delta=0.5)
    history = train(floats, Fidelity(floats[:40], floats[40:], "l1_gray"), stop, epochs=9).history
    assert len(history["fidelity"]) == len(history["loss"]) == 2


def logged(folder: Path) -> dict[tuple[str, int], float]:
    return dict(scalars(folder))


def scalars(folder: Path) -> Iterator[tuple[tuple[str, int], float]]:
    for path in folder.glob("events.*"):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                if value.tag == "epoch_fidelity":
                    yield (value.tag, event.step), float(tf.make_ndarray(value.tensor))


def test_tensorboard_draws_it(floats: np.ndarray, tmp_path: Path) -> None:
    board = keras.callbacks.TensorBoard(str(tmp_path), write_graph=False)
    history = train(floats, Fidelity(floats[:40], floats[40:], "l1_gray"), board).history
    drawn = logged(tmp_path / "train")
    assert drawn == {("epoch_fidelity", epoch): pytest.approx(share) for epoch, share in enumerate(history["fidelity"])}


@pytest.mark.slow
def test_a_training_of_aekeras_records_it_and_is_the_same_without_it(tmp_path: Path) -> None:
    images = np.stack([np.asarray(samples.draw(sample, 32)) for sample in samples.generate(48)])
    config = Training(image_size=32, code_dim=8, epochs=2, batch_size=16)
    loss = losses.get("l1_gray")
    around = Surroundings(callbacks=[Fidelity(images[:40], images[40:], loss)], tensorboard=tmp_path)
    beside, plain = fit(images, loss, config, around), fit(images, loss, config)
    shares = beside.history.pop("fidelity")
    assert all(0 < share <= 1 for share in shares)
    assert logged(tmp_path / "train") == {("epoch_fidelity", i): pytest.approx(one) for i, one in enumerate(shares)}
    assert beside.history == plain.history
    for one, other in zip(beside.autoencoder.get_weights(), plain.autoencoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_with_every_it_is_measured_so_often_and_after_the_last_epoch(floats: np.ndarray) -> None:
    seen: list[int] = []

    class Note(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            seen.extend([epoch + 1] if "fidelity" in (logs or {}) else [])

    history = train(floats, Fidelity(floats[:40], floats[40:], "l1", every=2), Note(), epochs=5).history
    assert seen == [2, 4, 5]
    assert len(history["fidelity"]) == 3


def test_the_encoder_is_the_one_named_so_or_the_model_itself(floats: np.ndarray) -> None:
    model = autoencoder()
    encoder = model.get_layer("encoder")
    owner = keras.Sequential([keras.layers.Identity()])
    owner.encoder = encoder
    function = measured(owner, floats, encoder=lambda images: encoder(images, training=False))
    assert function == measured(model, floats) == measured(encoder, floats) == measured(owner, floats)


def test_codes_of_pixels_find_all_that_l2_finds_and_codes_that_are_no_numbers_nothing(floats: np.ndarray) -> None:
    for factor, share in ((1.0, 1.0), (np.nan, 0.0)):
        fidelity = Fidelity(
            floats[:40],
            floats[40:],
            "l2",
            encoder=lambda images, factor=factor: factor * images.reshape(len(images), -1),
        )
        fidelity.on_train_begin()
        assert fidelity.measure() == share


def test_a_model_without_codes_is_told_of_before_the_first_epoch(floats: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(3, 1)])
    model.compile("sgd", "mse")
    with pytest.raises(InputError, match=r"codes of shape \(N, D\)\. Received: \(1, 16, 16, 3\)\. Pass `encoder`"):
        model.fit(floats, floats, verbose=0, callbacks=[Fidelity(floats[:40], floats[40:], "l1")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 41}, r"`k` of at least 1, and at most 40, the number of `images`\. Received: 41\."),
        ({"k": 0}, r"`k` of at least 1.*Received: 0"),
        ({"every": 0}, r"`every` of at least 1\. Received: 0\."),
        ({"loss": "l1_grey"}, r"Did you mean 'l1_gray'\?"),
        ({"queries": np.zeros((0, SIZE, SIZE, 3))}, r"`queries` of shape \(N, S, S, 3\)\. Received: \(0, 16, 16, 3\)"),
        (
            {"queries": np.zeros((2, 8, 8, 3))},
            r"`queries` of the size of `images`, \(16, 16, 3\)\. Received: \(8, 8, 3\)",
        ),
        ({"queries": np.full((2, SIZE, SIZE, 3), 255.0)}, r"in \[0, 1\]\. Received: 255 to 255\. Divide by 255"),
        ({"queries": np.zeros((2, SIZE, SIZE, 3), int)}, r"uint8 or float\. Received: int64"),
    ],
)
def test_what_cannot_be_measured_is_refused(floats: np.ndarray, changes: dict[str, Any], message: str) -> None:
    given = {"images": floats[:40], "queries": floats[40:], "loss": "l1"} | changes
    with pytest.raises(InputError, match=message):
        Fidelity(**given)

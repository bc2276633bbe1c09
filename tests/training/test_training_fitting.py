"""One training: what it gives, that it can be repeated, and what each part of the objective does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import autoencoder, losses, samples
from aekeras.configuration import Training
from aekeras.errors import CollapseError, InputError, StorageError
from aekeras.progress import Progress
from aekeras.training import Surroundings, Trained, fit, start
from aekeras.training.batches import Batches, split
from aekeras.training.callbacks import Keeper
from aekeras.training.checkpoint import State
from aekeras.training.learner import Learner

pytestmark = pytest.mark.slow
SIZE = 32
CONFIG = Training(image_size=SIZE, code_dim=8, epochs=2, batch_size=16)
LUMA = np.array([0.299, 0.587, 0.114])


def drawn(count: int) -> np.ndarray:
    return np.stack([np.asarray(samples.draw(sample, SIZE)) for sample in samples.generate(count)])


def codes(trained: Trained, images: np.ndarray) -> np.ndarray:
    return trained.autoencoder.get_layer("encoder").predict(images / np.float32(255), verbose=0)


def learner(config: Training = CONFIG, loss: str = "l1_gray") -> Learner:
    shape = autoencoder.Shape(
        image_size=SIZE,
        code_dim=config.code_dim,
        view=losses.get(loss).matrix,
        encoder_input=config.encoder_input,
    )
    keras.utils.set_random_seed(0)
    model = autoencoder.build(shape)
    random = np.random.default_rng(0)
    for layer in (model.get_layer("encoder").get_layer(name) for name in ("hidden_codes", "patch_codes")):
        layer.set_weights([random.normal(0.0, 0.1, w.shape) for w in layer.get_weights()])
    return Learner(model, losses.get(loss), config, unit=0.1)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return drawn(64)


@pytest.fixture(scope="module")
def fitted(images: np.ndarray) -> Trained:
    return fit(images, losses.get("l1_gray"), replace(CONFIG, epochs=5))


class Listener(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.notes: list[str] = []

    def advance(self, done: int, note: str = "") -> None:
        self.done.append(done)
        self.notes.append(note)


def test_five_epochs_on_few_pictures_are_a_success(fitted: Trained, images: np.ndarray) -> None:
    pictures = images / 255.0
    rebuilt = fitted.autoencoder.predict(pictures.astype(np.float32), verbose=0)
    gray, rebuilt_gray = pictures @ LUMA, rebuilt @ LUMA
    constant = np.abs(gray - np.median(gray, axis=0)).mean()
    assert np.abs(gray - rebuilt_gray).mean() < 0.5 * constant
    _, held_out = split(len(images), CONFIG.validation_share, CONFIG.seed)
    assert fitted.quality.held_out
    assert fitted.quality.pictures == len(held_out)
    assert fitted.quality.reconstruction == pytest.approx(np.abs(gray - rebuilt_gray)[held_out].mean(), rel=1e-3)


def test_distances_of_near_codes_are_in_the_units_of_the_loss(fitted: Trained, images: np.ndarray) -> None:
    train, _ = split(len(images), CONFIG.validation_share, CONFIG.seed)
    gray, vectors = images[train] / 255.0 @ LUMA, codes(fitted, images[train])
    by_code = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    by_loss = np.abs(gray[:, None] - gray[None]).mean(axis=(2, 3))
    np.fill_diagonal(by_code, np.inf)
    near = np.argsort(by_code, axis=1)[:, :10]
    ratios = np.take_along_axis(by_loss, near, 1) / np.take_along_axis(by_code, near, 1)
    assert np.median(ratios[ratios > 0]) == pytest.approx(1.0, rel=1e-2)


def test_the_history_has_a_number_per_epoch_and_the_best_epoch_is_kept(fitted: Trained) -> None:
    assert {len(values) for values in fitted.history.values()} == {5}
    assert {"loss", "reconstruction", "isometry", "val_loss"} <= set(fitted.history)
    values = fitted.history["val_loss"]
    assert fitted.best_epoch in (0, 1 + int(np.argmin(values)))


def test_the_same_seed_gives_the_same_codes_and_another_one_others(images: np.ndarray) -> None:
    first, again, other = (
        codes(fit(images, losses.get("l1"), replace(CONFIG, seed=seed)), images) for seed in (1, 1, 2)
    )
    np.testing.assert_allclose(again, first, rtol=0, atol=1e-6)
    assert np.abs(other - first).max() > 1e-3


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_handful_of_pictures_is_enough(count: int, images: np.ndarray) -> None:
    trained = fit(images[:count], losses.get("l1"), replace(CONFIG, epochs=1))
    vectors = codes(trained, images[:count])
    assert np.isfinite(vectors).all()
    assert len(np.unique(vectors.round(5), axis=0)) == count
    assert trained.quality.reconstruction < trained.quality.constant


def test_one_picture_is_too_few(images: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"Expected at least 2 pictures to train on\. Received: 1\. Add pictures\."):
        fit(images[:1], losses.get("l1"), CONFIG)


def test_pictures_that_the_loss_counts_as_equal_are_refused() -> None:
    red = np.zeros((4, SIZE, SIZE, 3), np.uint8)
    red[..., 0] = np.arange(4)[:, None, None] * 60
    with pytest.raises(InputError, match=r"under l1_green\. Received: 4 pictures, all equal under it: .* Add other"):
        fit(red, losses.get("l1_green"), replace(CONFIG, validation_share=0.0))


def test_a_training_that_never_beats_a_constant_image_collapses(images: np.ndarray) -> None:
    """Nothing fitted in closed form, and steps so small that nothing is learned."""
    config = replace(CONFIG, epochs=1, closed_form=False, learning_rate=1e-9)
    with pytest.raises(CollapseError, match=r"Expected reconstructions better than one constant image under l1, whose"):
        fit(images, losses.get("l1"), config)


def test_a_diverging_training_keeps_its_best_weights(images: np.ndarray) -> None:
    trained = fit(images, losses.get("l1"), replace(CONFIG, learning_rate=0.9, patience=1, epochs=9))
    assert trained.best_epoch == 0
    assert len(trained.history["loss"]) == 1, "patience is at an end"
    assert trained.quality.reconstruction < trained.quality.constant


def test_listeners_are_told_of_every_batch_and_every_epoch(images: np.ndarray, tmp_path: Path) -> None:
    class Callback(keras.callbacks.Callback):
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            del logs
            met.append(type(self.model))

    met: list[type] = []
    listener, logs = Listener(), tmp_path / "logs" / "l1"
    around = Surroundings(progress=listener, callbacks=[Callback()], tensorboard=logs)
    trained = fit(images, losses.get("l1"), CONFIG, around)
    assert met == [Learner]
    assert listener.done == [16, 32, 48, 64, 80, 96]  # 58 of 64 train, in 3 batches of 16
    assert listener.notes[0].startswith("epoch 1/2, loss 0.")
    assert listener.notes[-1].startswith("epoch 2/2, loss 0.")
    (events,) = (logs / "train").glob("events.*")
    logged = dict(scalars(events))
    for epoch, value in enumerate(trained.history["reconstruction"]):
        assert logged["epoch_reconstruction", epoch] == pytest.approx(value, rel=1e-5)


def scalars(events: Path) -> Iterator[tuple[tuple[str, int], float]]:
    for record in tf.data.TFRecordDataset(str(events)).as_numpy_iterator():
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            if value.tag.startswith("epoch_"):
                yield (value.tag, event.step), float(tf.make_ndarray(value.tensor))


def test_logs_without_a_place_are_told_of(images: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"Received: Not a directory"):
        fit(images, losses.get("l1"), CONFIG, Surroundings(tensorboard=tmp_path / "file" / "logs"))


def test_a_checkpoint_without_a_place_is_told_of_before_the_first_epoch(images: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    listener = Listener()
    around = Surroundings(checkpoint=tmp_path / "file" / "checkpoint.npz", progress=listener)
    with pytest.raises(StorageError, match=r"Received: File exists .*\. Choose a place that is a folder\."):
        fit(images, losses.get("l1"), CONFIG, around)
    assert listener.done == []


def test_metamers_are_what_the_encoder_sees_and_can_be_turned_off(
    images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = images[:6]
    plain = learner(replace(CONFIG, metamers=False, blends=False))(batch, training=True)
    np.testing.assert_allclose(plain["codes"], learner()(batch)["codes"], atol=1e-5)
    seen = learner(replace(CONFIG, blends=False))(batch, training=True)
    np.testing.assert_allclose(seen["pictures"], batch / 255.0, atol=1e-6)
    assert np.abs(np.asarray(seen["codes"]) - np.asarray(plain["codes"])).max() > 1e-3

    met: list[Any] = []
    model = learner(replace(CONFIG, metamers=False))
    monkeypatch.setattr(model.equality, "metamer", lambda pictures, seed: met.append(seed) or pictures)
    model(batch, training=True)
    assert met == []


def test_blends_follow_the_pictures_and_can_be_turned_off(images: np.ndarray) -> None:
    batch = images[:6]
    with_blends = learner(replace(CONFIG, metamers=False))(batch, training=True)
    assert with_blends["pictures"].shape[0] == with_blends["codes"].shape[0] == 12
    assert with_blends["reconstructions"].shape[0] == 6
    blends, pictures = np.asarray(with_blends["pictures"][6:]), batch / 255.0
    neighbors = np.roll(pictures, 1, axis=0)
    assert (blends >= np.minimum(pictures, neighbors) - 1e-5).all()
    assert (blends <= np.maximum(pictures, neighbors) + 1e-5).all()
    assert (np.abs(blends - pictures).max(axis=(1, 2, 3)) > 0.01).all()
    for config in (replace(CONFIG, blends=False), replace(CONFIG, isometry=0.0)):
        assert learner(config)(batch, training=True)["pictures"].shape[0] == 6


def test_without_isometry_the_loss_is_that_of_the_reconstruction(images: np.ndarray) -> None:
    for weight in (0.0, 2.0):
        model = learner(replace(CONFIG, isometry=weight, metamers=False))
        answers = model(images[:6], training=True)
        total = float(model.compute_loss(y_pred=answers))
        rebuilt = np.abs((images[:6] / 255.0 - np.asarray(answers["reconstructions"])) @ LUMA).mean()
        assert total == pytest.approx(rebuilt + weight * float(model.isometry_mean.result()), rel=1e-4)
        assert (float(model.isometry_mean.result()) > 0) == (weight > 0)


def test_the_closed_form_start_can_be_turned_off(images: np.ndarray) -> None:
    """With it, codes keep most of the distances before the first step."""
    stress = {}
    for closed_form in (True, False):
        begun = start.begin(images, losses.get("l1"), replace(CONFIG, closed_form=closed_form))
        vectors = np.asarray(begun.learner.encoder(begun.landmarks))
        by_code = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
        stress[closed_form] = np.abs(by_code - begun.distances).mean() / begun.distances.mean()
    assert stress[True] < 0.8 * stress[False], stress


def test_an_encoder_of_the_view_cannot_tell_metamers_apart(images: np.ndarray) -> None:
    loss = losses.get("l1_gray")
    pictures = (images[:6] / 255.0).astype(np.float32)
    metamers = np.asarray(loss.metamer(pictures, 3))
    apart = {}
    for encoder_input in ("images", "view"):
        encoder = learner(replace(CONFIG, encoder_input=encoder_input)).encoder
        apart[encoder_input] = np.abs(np.asarray(encoder(pictures)) - np.asarray(encoder(metamers))).max()
    assert apart["view"] < 1e-4 < 1e-3 < apart["images"]


def test_every_epoch_has_an_order_of_its_own_which_only_seed_and_epoch_decide(images: np.ndarray) -> None:
    def order(batches: Batches) -> np.ndarray:
        return np.concatenate([batches[i][0] for i in range(len(batches))])

    rows = np.arange(len(images))
    batches = Batches(images, rows, size=16, seed=3)
    first = order(batches)
    batches.on_epoch_end()
    second = order(batches)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(order(Batches(images, rows, size=16, seed=3, epoch=1)), second)
    assert not np.array_equal(order(Batches(images, rows, size=16, seed=4)), first)


def test_pictures_validate_only_where_at_least_three_would() -> None:
    train, held_out = split(29, 0.1, seed=0)
    assert (len(train), len(held_out)) == (29, 0)
    train, held_out = split(30, 0.1, seed=0)
    assert (len(train), len(held_out)) == (27, 3)
    assert sorted([*train, *held_out]) == list(range(30))


def test_patience_counts_from_the_best_epoch() -> None:
    state = State()
    keeper = Keeper(state, patience=2, path=None, key="")
    model = learner()
    keeper.set_model(model)
    stopped = []
    for epoch, value in enumerate([3.0, 2.0, 2.5, 2.0, 1.0]):
        keeper.on_epoch_end(epoch, {"loss": 0.0, "val_loss": value})
        stopped.append(getattr(model, "stop_training", False))
    assert stopped[:4] == [False, False, False, True]
    assert (state.best, state.best_epoch) == (1.0, 5)

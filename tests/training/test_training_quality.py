"""What a training came to, against scikit-learn, and which codes are kept where it lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from aekeras import losses, samples
from aekeras.configuration import Training
from aekeras.training import Start, begin, fit
from aekeras.training.quality import PRINCIPAL, START, TRAINED, Examination, settle

pytestmark = pytest.mark.slow
SIZE, COUNT = 16, 240
CONFIG = Training(image_size=SIZE, code_dim=6, epochs=2, batch_size=32, validation_share=0.2)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    drawn = np.stack([samples.draw(sample, SIZE) for sample in samples.generate(COUNT)])
    return np.random.default_rng(0).permutation(drawn)


def ruin(begun: Start) -> None:
    """Codes that a bad training might leave: nearly one number, whatever was fitted."""
    layer = begun.learner.encoder.get_layer("hidden_codes")
    (kernel,) = layer.get_weights()
    kernel[0] = 1e4
    layer.set_weights([kernel])


def test_fidelity_is_that_of_scikit_learns_neighbors_on_held_out_pictures(images: np.ndarray) -> None:
    loss = losses.get("l1")
    begun = begin(images, loss, CONFIG)
    found = settle(images, loss, begun)
    queries, collection = (images[np.sort(rows)] / 255.0 for rows in (begun.held_out, begun.train))
    flat, flat_queries = collection.reshape(len(collection), -1), queries.reshape(len(queries), -1)
    wanted = NearestNeighbors(n_neighbors=10, metric="cityblock").fit(flat).kneighbors(flat_queries)[1]

    def share(codes: np.ndarray, asked: np.ndarray) -> float:
        near = NearestNeighbors(n_neighbors=10).fit(codes).kneighbors(asked)[1]
        return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(near, wanted, strict=True)]))

    encoder = begun.learner.encoder
    codes, asked = (np.asarray(encoder(part.astype(np.float32))) for part in (collection, queries))
    assert (found.pictures, found.held_out, found.k) == (48, True, 10)
    assert found.fidelity == pytest.approx(share(codes, asked), abs=0.005)
    pca = PCA(CONFIG.code_dim).fit(flat)
    assert found.pca_fidelity == pytest.approx(share(pca.transform(flat), pca.transform(flat_queries)), abs=0.005)
    rebuilt = pca.inverse_transform(pca.transform(flat_queries))
    assert found.pca_reconstruction == pytest.approx(np.abs(rebuilt - flat_queries).mean(), rel=1e-3)
    constant = min(np.abs(flat_queries - one).mean() for one in (np.median(flat, axis=0), flat.mean(axis=0)))
    assert found.constant == pytest.approx(constant, rel=1e-4)


def test_codes_that_lose_against_principal_components_give_way(images: np.ndarray) -> None:
    loss = losses.get("l1_gray")
    begun = begin(images, loss, CONFIG)
    exam = Examination(images, loss, begun)
    ruin(begun)
    ruined = exam.fidelity(begun.learner.encoder)
    found = settle(images, loss, begun)
    assert found.codes in (START, PRINCIPAL)
    assert found.trained_fidelity == ruined
    assert found.pca_fidelity is not None
    assert found.fidelity >= found.pca_fidelity - 1e-9 > ruined
    assert exam.fidelity(begun.learner.encoder) == found.fidelity
    assert exam.reconstruction(begun.learner.autoencoder) == pytest.approx(found.reconstruction)
    assert found.reconstruction < 0.7 * found.constant, "the decoder belongs to these codes"


def test_principal_components_in_the_network_are_those_of_the_view(images: np.ndarray) -> None:
    loss = losses.get("l1_gray")
    begun = begin(images, loss, CONFIG)
    exam = Examination(images, loss, begun)
    encoder = begun.learner.encoder
    from aekeras.training import linear

    linear.only(encoder, begun.principal)
    assert exam.fidelity(encoder) == pytest.approx(exam.pca_fidelity(CONFIG.code_dim), abs=0.005)


def test_a_decoder_that_rebuilds_worse_than_one_in_closed_form_gives_way(images: np.ndarray) -> None:
    loss = losses.get("l1")
    begun = begin(images, loss, CONFIG)
    expected = Examination(images, loss, begun).reconstruction(begun.learner.autoencoder)
    layer = begun.learner.decoder.get_layer("drawn")
    layer.set_weights([np.random.default_rng(0).normal(size=weights.shape) for weights in layer.get_weights()])
    found = settle(images, loss, begun)
    assert found.codes == TRAINED
    assert found.reconstruction == pytest.approx(expected, rel=1e-4)


def test_the_plain_experiment_keeps_what_it_came_to(images: np.ndarray) -> None:
    loss = losses.get("l1")
    begun = begin(images, loss, replace(CONFIG, closed_form=False))
    ruin(begun)
    before = [weights.copy() for weights in begun.learner.autoencoder.get_weights()]
    assert settle(images, loss, begun).codes == TRAINED
    for old, new in zip(before, begun.learner.autoencoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_where_none_was_held_out_the_figures_say_so(images: np.ndarray) -> None:
    trained = fit(images[:20], losses.get("l1"), replace(CONFIG, validation_share=0.0))
    assert not trained.quality.held_out
    assert trained.quality.pictures == 20

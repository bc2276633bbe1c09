"""Refinement, against ranks of NumPy and by cases worked out by hand."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest

from aekeras import losses
from aekeras.equality.estimates import Estimate
from aekeras.equality.invariance import Effect, Invariance
from aekeras.equality.refinement import Edge, Refinement, null_space_inside, refinement, sees_all_of_its_colors
from aekeras.losses import DEFAULT_LOSSES
from aekeras.losses.view_loss import ViewLoss

CHANNELS = ("l1_red", "l1_green", "l1_blue")


def of(*names: str) -> Refinement:
    return refinement({name: losses.get(name) for name in names})


def pairs(found: Refinement) -> set[tuple[str, str]]:
    return {(edge.finer, edge.coarser) for edge in found.edges}


def measured(equal: dict[str, set[str]]) -> Invariance:
    """An invariance under which each loss calls these transformations equal."""

    def effect(value: float) -> Effect:
        found = Estimate(value=value, low=value, high=value, count=9)
        return Effect(
            verdict=found,
            share=found,
            percentile=found,
            loss_value=found,
            loss_share=found,
            loss_percentile=found,
            threshold=1.0,
        )

    names = sorted(set().union(*equal.values()) | {"noise"})
    effects = {loss: {name: effect(0.0 if name in same else 50.0) for name in names} for loss, same in equal.items()}
    return Invariance(effects=effects, threshold=1.0, pictures=9, seed=0)


def test_l1_refines_gray_red_green_and_blue_exactly_and_these_refine_nothing() -> None:
    found = of(*DEFAULT_LOSSES)
    assert pairs(found) == {("l1", other) for other in DEFAULT_LOSSES[1:]}
    assert {edge.how for edge in found.edges} == {"exact"}


def test_two_channels_refine_each_of_them_and_not_the_third() -> None:
    found = pairs(of("l1_red + l1_green", *CHANNELS))
    assert {coarser for finer, coarser in found if finer == "l1_red + l1_green"} == {"l1_red", "l1_green"}


def test_all_channels_refine_gray_though_each_alone_does_not() -> None:
    assert pairs(of("l1_red + l1_green + l1_blue", "l1_gray")) == {("l1_red + l1_green + l1_blue", "l1_gray")}
    assert not pairs(of("l1_red", "l1_gray"))


def test_losses_that_are_blind_to_nothing_share_a_node() -> None:
    found = of("l1", "l1_gray", "l2", "charbonnier", "l1_red")
    assert ("l1", "l2", "charbonnier") in found.groups
    assert len(found.groups) == 3
    assert {(edge.finer, edge.coarser) for edge in found.drawn} == {("l1", "l1_gray"), ("l1", "l1_red")}


def test_inclusion_of_null_spaces_is_what_ranks_say() -> None:
    """N(A) lies in N(B) exactly where the rows of B add nothing to the rank of A."""
    draw = np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        one, other = (draw.integers(-1, 2, (draw.integers(1, 4), 3)).astype(float) for _ in range(2))
        wanted = np.linalg.matrix_rank(np.concatenate([one, other])) == np.linalg.matrix_rank(one)
        assert null_space_inside(one, other) == wanted, (one, other)
        seen.add(bool(wanted))
    assert seen == {True, False}


def test_inclusion_does_not_depend_on_how_the_rows_are_mixed() -> None:
    draw = np.random.default_rng(1)
    luma = np.array([[0.299, 0.587, 0.114]])
    for _ in range(20):
        mixed = draw.normal(size=(2, 2)) @ np.concatenate([luma, [[1.0, 0.0, 0.0]]])
        assert null_space_inside(mixed, luma)
        assert not null_space_inside(luma, mixed)


@pytest.mark.parametrize("name", ["spectrum", "palette", "mirror(l1)", "l1_edges", "l1_coarse"])
def test_a_loss_that_is_blind_to_more_than_colors_is_not_taken_for_a_linear_map(name: str) -> None:
    assert not sees_all_of_its_colors(losses.get(name))


def test_a_loss_of_ones_own_is_not_known_exactly() -> None:
    class Corner(ViewLoss):
        """Sees one corner, and declares nothing."""

        def view(self, images: object) -> object:
            return images[:, :4, :4]  # type: ignore[index]

    assert not sees_all_of_its_colors(Corner())
    # Whatever it sees, it is 0 for equal pixels, and that is all that l1 asks.
    assert pairs(refinement({"corner": Corner(), "l1": losses.get("l1")})) == {("l1", "corner")}


def test_what_is_not_linear_is_compared_by_the_changes_that_the_finer_one_ignores() -> None:
    names = ("spectrum", "palette")
    given = {name: losses.get(name) for name in names}
    found = refinement(given, measured({"spectrum": {"shift"}, "palette": {"shift", "flip"}}))
    assert found.edges == (Edge(finer="spectrum", coarser="palette", how="measured"),)
    assert "only" in found.sentences()[-1]  # it says how far the finding goes
    assert not refinement(given).edges  # and without a measurement nothing is claimed


def test_a_loss_that_ignores_none_of_the_changes_is_not_said_to_refine_all() -> None:
    given = {name: losses.get(name) for name in ("spectrum", "palette")}
    assert not refinement(given, measured({"spectrum": set(), "palette": set()})).edges


def test_what_is_measured_and_what_is_exact_do_not_go_in_a_circle() -> None:
    """Gray ignores what edges are measured to see, though gray refines edges exactly: a median near the threshold."""
    same = {"mirror(l1_red)": {"blur"}, "l1_gray": {"blur"}, "l1_edges": {"gamma"}, "l1_red": {"gamma"}}
    found = refinement({name: losses.get(name) for name in same}, measured(same))
    known = pairs(found)
    assert all((a, d) in known for a, b in known for c, d in known if b == c and a != d)
    assert not {("l1_gray", "l1_red"), ("l1_red", "l1_gray")} & known  # which the null spaces deny
    first = {group[0] for group in found.groups}
    assert not any({(a, b), (b, a)} <= known for a in first for b in first)


def chain() -> Refinement:
    edges = [Edge(finer=a, coarser=b, how="exact") for a, b in (("a", "b"), ("b", "c"), ("a", "c"))]
    return Refinement(losses=("c", "b", "a"), edges=tuple(edges))


def test_an_edge_that_others_imply_is_not_drawn_but_stays_in_the_json() -> None:
    found = chain()
    assert {(edge.finer, edge.coarser) for edge in found.drawn} == {("a", "b"), ("b", "c")}
    assert len(found.to_dict()["edges"]) == 3


def test_what_is_drawn_reaches_as_far_as_all_edges_do() -> None:
    """Of random orders: the transitive closure of the reduction is the relation, and no edge of it can be spared."""
    draw = np.random.default_rng(3)
    for _ in range(30):
        count = 6
        reach = np.triu(draw.random((count, count)) < 0.4, 1)
        for middle in range(count):
            reach |= np.outer(reach[:, middle], reach[middle])
        names = [str(number) for number in range(count)]
        edges = tuple(Edge(finer=a, coarser=b, how="exact") for a, b in permutations(names, 2) if reach[int(a), int(b)])
        drawn = np.zeros((count, count), bool)
        for edge in Refinement(losses=tuple(names), edges=edges).drawn:
            drawn[int(edge.finer), int(edge.coarser)] = True
        closed = drawn.copy()
        for middle in range(count):
            closed |= np.outer(closed[:, middle], closed[middle])
        assert np.array_equal(closed, reach)
        assert not (drawn & (drawn.astype(int) @ closed > 0)).any()


def test_the_finest_is_drawn_on_top() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    chain().plot(axes)
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_text()}
    assert heights["a"] > heights["b"] > heights["c"]


def test_a_sentence_names_all_that_a_loss_refines() -> None:
    said = " ".join(of(*DEFAULT_LOSSES).sentences())
    assert "`l1` refines `l1_gray`, `l1_red`, `l1_green` and `l1_blue`." in said
    assert "refines another one" in of(*CHANNELS).sentences()[-1]


def test_the_json_has_the_fixed_keys() -> None:
    written = json.loads(json.dumps(of("l1", "l2", "l1_red").to_dict()))
    assert {"finer": "l1", "coarser": "l1_red", "how": "exact"} in written["edges"]
    assert ["l1", "l2"] in written["groups"]

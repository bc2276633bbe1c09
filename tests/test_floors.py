"""Arrows point down, and heavy guests come in by their own doors."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aekeras

PACKAGE = Path(aekeras.__file__).parent
FLOORS = (
    ("errors", "configuration", "artefacts", "progress", "places", "stderr"),
    (
        "images",
        "samples",
        "datasets",
        "metadata",
        "pictures",
        "losses",
        "autoencoder",
        "closed_form",
        "objective",
        "store",
        "shares",
    ),
    ("export", "encoding", "loss_gallery", "equality"),
    ("model_choice", "callbacks", "projector", "training", "judging", "outcome"),
    ("index",),
    ("retrieval", "reconstruction"),
    ("run", "explanation", "contrasts", "duplication", "metamers", "suggestion"),
    ("experiment", "gallery"),
    ("study",),
    ("report",),
    ("testing", "cli"),
    ("__init__", "__main__"),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
LEAVES = ("errors", "progress", "places", "stderr")  # of the lowest floor: they know the standard library only
LIGHT_LOSSES = ("names", "explaining", "expression", "tokens", "installed", "reference", "registration")
FOR_THE_TYPE_CHECKER = {
    "aekeras.losses.conformance",
    "aekeras.losses.expression",
    "aekeras.losses.image_loss",
    "aekeras.losses.view_loss",
}
DOORS = {
    "tensorflow": {"training", "export"},
    "keras": {"autoencoder", "callbacks", "objective", "losses", "training", "export"},
    "faiss": {"store"},
    "ai_edge_litert": set(),
    "rich": {"pictures", "cli"},
    "click": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(node: ast.AST) -> Iterator[str]:
    """The dotted names that a statement imports; `from aekeras import x` gives aekeras.x."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "a relative import"
        names = (f"{node.module}.{alias.name}" for alias in node.names)
        yield from names if node.module == "aekeras" else [str(node.module)]


def everywhere(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        yield from imports(node)


def while_loading(module: Path) -> Iterator[str]:
    """What is imported when the module is: all but the insides of functions."""
    waiting: list[ast.AST] = [ast.parse(module.read_text())]
    while waiting:
        node = waiting.pop()
        yield from imports(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def rooms_below(module: Path) -> set[str]:
    named = (name.split(".") for name in everywhere(module) if name.startswith("aekeras."))
    return {parts[1] for parts in named} - {room_of(module)}


def test_every_room_has_a_floor() -> None:
    assert {room_of(module) for module in modules()} == set(FLOOR_OF)


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_down(module: Path) -> None:
    room = room_of(module)
    wrong = {other for other in rooms_below(module) if FLOOR_OF[other] >= FLOOR_OF[room]}
    # The ground floor alone has stairs of its own: configuration and artefacts stand on the rooms that know nobody.
    allowed = set(LEAVES) if FLOOR_OF[room] == 0 and room not in LEAVES else set()
    assert wrong <= allowed


@pytest.mark.parametrize("guest", sorted(DOORS))
def test_a_heavy_guest_comes_in_by_its_own_doors(guest: str) -> None:
    met = {room_of(module) for module in modules() for name in while_loading(module) if name.split(".")[0] == guest}
    assert met == DOORS[guest]


def test_the_light_rooms_of_losses_know_no_keras() -> None:
    rooms = PACKAGE / "losses"
    light = {"", "catalogue", *LIGHT_LOSSES}
    for module in (
        rooms / "__init__.py",
        *(rooms / f"{name}.py" for name in LIGHT_LOSSES),
        *rooms.glob("catalogue/*.py"),
    ):
        for name in set(while_loading(module)) - FOR_THE_TYPE_CHECKER:
            assert not name.startswith(("keras", "tensorflow", "numpy")), module
            if name.startswith("aekeras.losses"):
                assert name.removeprefix("aekeras.losses").removeprefix(".").split(".")[0] in light, module


def test_the_ground_floor_needs_no_package() -> None:
    for module in modules():
        if FLOOR_OF[room_of(module)] == 0:
            guests = {name.split(".")[0] for name in everywhere(module)} - {"aekeras"}
            assert guests <= sys.stdlib_module_names

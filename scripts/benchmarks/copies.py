"""Copies of photographs, twelve kinds: which of them does each loss count as equal, and what else?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps
from sklearn.metrics import average_precision_score

from aekeras import images, judging
from aekeras.encoding import Encoder, load_encoder
from aekeras.equality.distances import code_distances
from aekeras.equality.verdict import Judge, values_of
from aekeras.experiment import Options, train
from aekeras.places import Places

_SIDE = 320  # pixels of the longer side of a crop
_FLAT = 0.06  # deviation of the luma below which a crop shows nothing
_SCALES = (0.15, 0.6)  # of a crop, in shorter sides of its photograph
_LUMA = np.array([0.299, 0.587, 0.114])
_TRAINED, _COLLECTION, _COPIED = 1500, 400, 100
_BLOCK = 50  # copies that are compared with the collection at a time

Row = tuple[str, ...]
HEADINGS = ("kind", "verdict", "loss alone", "code alone", "precision", "AP: verdict", "loss", "code")


def copies_tables(photographs: Path, losses: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
    """Per loss, a title and a row per kind: recall within the limit, by whom; precision; average precision."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(photographs, root)
        places = Places(models=root / "models", indexes=root / "indexes")
        done = train(root / "train", losses=losses, options=Options(places=places))
        for outcome in done.outcomes:
            yield _table(load_encoder(outcome.model), root)


def _write(photographs: Path, root: Path) -> None:
    """Crops to train on, others to find, and copies of some of these."""
    names = ("train", "collection", "copies")
    for name in names:
        (root / name).mkdir()
    for number, crop in enumerate(_crops(photographs, _TRAINED + _COLLECTION)):
        crop.save(root / names[number >= _TRAINED] / f"{number:05d}.jpg", quality=95)
    for path in sorted((root / "collection").iterdir())[:_COPIED]:
        original, draw = Image.open(path), np.random.default_rng(int(path.stem))
        for kind, make in KINDS.items():
            make(original, draw, root / "copies" / f"{path.stem}-{kind.replace(' ', '_')}")


def _crops(photographs: Path, count: int) -> Iterator[Image.Image]:
    """Crops at random places and scales, of all photographs in turn; flat ones are passed over."""
    paths = images.find([photographs])
    per_photograph = -(-count // len(paths))
    crops = [list(_crops_of(path, per_photograph, seed)) for seed, path in enumerate(paths)]
    mixed = [crop for of_one in crops for crop in of_one]
    for row in np.random.default_rng(7).permutation(len(mixed))[:count]:
        yield mixed[row]


def _crops_of(path: Path, count: int, seed: int) -> Iterator[Image.Image]:
    draw, photograph = np.random.default_rng(seed), Image.open(path).convert("RGB")
    for _ in range(100 * count):  # a photograph of nothing but sky would give none
        if not count:
            break
        side, aspect = draw.uniform(*_SCALES) * min(photograph.size), draw.uniform(0.75, 1.33)
        width, height = int(side * aspect**0.5), int(side / aspect**0.5)
        x, y = (int(draw.integers(0, room)) for room in (photograph.width - width, photograph.height - height))
        crop = photograph.crop((x, y, x + width, y + height))
        crop.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        if _luma(crop).std() >= _FLAT:
            count -= 1
            yield crop


Make = Callable[[Image.Image, np.random.Generator, Path], object]


def _as_png(change: Callable[[Image.Image, np.random.Generator], Image.Image]) -> Make:
    return lambda image, draw, path: change(image, draw).save(path.with_suffix(".png"))


def _recompressed(image: Image.Image, draw: np.random.Generator, path: Path) -> None:
    image.save(path.with_suffix(".jpg"), quality=int(draw.integers(10, 31)))


def _converted(image: Image.Image, draw: np.random.Generator, path: Path) -> None:
    if draw.integers(2):
        image.quantize(64).save(path.with_suffix(".gif"))
    else:
        image.save(path.with_suffix(".webp"), quality=60)


def _recolored(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Hues turned by a random angle, each pixel's luma as it was."""
    pixels, angle = np.asarray(image) / 255.0, draw.uniform(1.2, 2.2) * draw.choice((-1, 1))
    luma = (pixels @ _LUMA)[..., None]
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    moved = (pixels - luma) @ turn.T
    moved -= (moved @ _LUMA)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(moved > 0, (1 - luma) / moved, np.where(moved < 0, -luma / moved, np.inf)).min(-1)[..., None]
    return _image(luma + np.minimum(1, room) * moved)


def _noisy(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Grain of 4 x 4 pixels, of a deviation of 0.08."""
    cells = draw.normal(0, 0.08, (image.height // 4 + 1, image.width // 4 + 1, 3))
    return _image(np.asarray(image) / 255.0 + cells.repeat(4, 0).repeat(4, 1)[: image.height, : image.width])


def _captioned(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    """A white bar with a line of text over the lowest ninth."""
    copy, bar = image.copy(), max(8, image.height // 9)
    pen = ImageDraw.Draw(copy)
    pen.rectangle((0, image.height - bar, image.width, image.height), fill="white")
    pen.text((6, image.height - bar), f"No. {draw.integers(1000)}", fill=0, font=ImageFont.load_default(0.8 * bar))
    return copy


def _cropped(image: Image.Image, _: np.random.Generator) -> Image.Image:
    x, y = round(0.025 * image.width), round(0.025 * image.height)
    return image.crop((x, y, image.width - x, image.height - y))


KINDS: dict[str, Make] = {
    "resized to 40 %": _as_png(lambda image, _: image.resize((image.width * 2 // 5, image.height * 2 // 5))),
    "JPEG at 10 to 30": _recompressed,
    "GIF or WebP": _converted,
    "blurred": _as_png(lambda image, _: image.filter(ImageFilter.GaussianBlur(4))),
    "noisy": _as_png(_noisy),
    "cropped by 5 %": _as_png(_cropped),
    "captioned": _as_png(_captioned),
    "brighter by 20 %": _as_png(lambda image, _: ImageEnhance.Brightness(image).enhance(1.2)),
    "contrast of 70 %": _as_png(lambda image, _: ImageEnhance.Contrast(image).enhance(0.7)),
    "gray": _as_png(lambda image, _: image.convert("L")),
    "recolored": _as_png(_recolored),
    "mirrored": _as_png(lambda image, _: ImageOps.mirror(image)),
}


def _luma(image: Image.Image) -> np.ndarray:
    return np.asarray(image) / 255.0 @ _LUMA


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8))


@dataclass(frozen=True, eq=False)
class _Figures:
    """How far each copy is from each picture of the collection, (C, N) each, in what is typical."""

    verdict: np.ndarray
    loss: np.ndarray
    code: np.ndarray


def _table(encoder: Encoder, root: Path) -> tuple[str, list[Row]]:
    judge = judging.judge_of(encoder)
    collection = images.load(sorted((root / "collection").iterdir()), encoder.image_size).images
    paths = sorted((root / "copies").iterdir())
    copies = images.load(paths, encoder.image_size).images
    figures = _figures(judge, encoder, copies, collection)
    own = np.array([int(path.stem.split("-")[0]) - _TRAINED for path in paths])
    of_kind = np.array([path.stem.split("-", 1)[1].replace("_", " ") for path in paths])
    rows = [_row(kind, figures, own, of_kind == kind, judge.within) for kind in KINDS]
    return f"{encoder.loss_name}: copies of {_COPIED} among {_COLLECTION}", rows


def _figures(judge: Judge, encoder: Encoder, copies: np.ndarray, collection: np.ndarray) -> _Figures:
    shape = (len(copies), len(collection))
    verdict, loss = np.empty(shape), np.empty(shape)
    for start in range(0, len(copies), _BLOCK):
        block = slice(start, start + _BLOCK)
        some = np.repeat(copies[block], len(collection), axis=0)
        others = np.tile(collection, (len(copies[block]), 1, 1, 1))
        values = values_of(judge.loss, some, others)
        loss[block] = judge.scales.loss.share(values).reshape(-1, len(collection))
        verdict[block] = judge.shares_of(values, some, others).reshape(-1, len(collection))
    code = judge.code_shares(code_distances(encoder.encode(copies), encoder.encode(collection)))
    return _Figures(verdict, loss, code)


def _row(kind: str, figures: _Figures, own: np.ndarray, rows: np.ndarray, within: float) -> Row:
    true = np.zeros((len(own), figures.loss.shape[1]), bool)
    true[np.arange(len(own)), own] = True
    true = true[rows]
    words = [figure[rows] for figure in (figures.verdict, figures.loss, figures.code)]
    recalls = [f"{np.mean(word[true] <= within):.2f}" for word in words]
    equal = words[0] <= within
    precision = f"{np.mean(true[equal]):.2f}" if equal.any() else "-"
    return kind, *recalls, precision, *(f"{average_precision_score(true.ravel(), -word.ravel()):.2f}" for word in words)

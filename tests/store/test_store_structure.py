"""Search structures: what they find is measured here by brute force in numpy."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest
from disk import files_no_larger_than

from aekeras.errors import InputError
from aekeras.store import kinds
from aekeras.store.kinds import check_kind, choose_kind
from aekeras.store.structure import Structure, StructureFacts, build_structure
from aekeras.store.tuning import NEIGHBORS, TARGET_RECALL

DIM = 16
COUNT = 3000
KINDS = (
    "Flat",
    "SQ8",
    "PQ4np",
    "HNSW32",
    "HNSW16,SQ8",
    "IVF64,Flat",
    "IVF64,SQ8",
    "IVF64,PQ4np",
    "IVF64,PQ8x4fs",
    "IVF64_HNSW8,SQ8",
    "PCA8,IVF64,Flat",
    "OPQ2_8,IVF16,PQ2x4np",
    "IVF64,SQ8,RFlat",
    "IDMap,IVF64,Flat",
)
Codes = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


def made_codes(count: int = COUNT, code_dim: int = DIM) -> Codes:
    """Codes as encoders give them: clusters, and directions that vary less and less."""
    random = np.random.default_rng(0)
    spectrum = np.arange(1, code_dim + 1) ** -0.7
    centers = random.standard_normal((40, code_dim))
    codes = centers[random.integers(40, size=count)] + 0.5 * random.standard_normal((count, code_dim))
    return (codes * spectrum).astype(np.float32)


CODES = made_codes()
IDS: Ids = np.random.default_rng(1).permutation(np.arange(COUNT) * 3 + 7)


def squared_distances(queries: Codes, codes: Codes) -> npt.NDArray[np.float64]:
    return np.square(codes.astype(np.float64)[None] - queries.astype(np.float64)[:, None]).sum(axis=-1)


def recall_by_brute_force(structure: Structure, count: int = 400, k: int = NEIGHBORS) -> float:
    """Of the k nearest codes to queries that lie between codes, how many are among the candidates."""
    draw = np.random.default_rng(5)
    one, other = (CODES[draw.choice(COUNT, count, replace=False)] for _ in range(2))
    queries = (0.8 * one + 0.2 * other).astype(np.float32)
    found = structure.candidates(queries, structure.facts.wanted(k))
    nearest = IDS[np.argsort(squared_distances(queries, CODES), axis=1)[:, :k]]
    return float(np.mean([np.isin(true, ids).mean() for true, ids in zip(nearest, found, strict=True)]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_recall_it_states_is_what_brute_force_measures(tmp_path: Path, kind: str) -> None:
    facts = build_structure(tmp_path / "search.faiss", kind, CODES, IDS)
    structure = Structure(tmp_path / "search.faiss", facts)
    assert recall_by_brute_force(structure) == pytest.approx(facts.recall, abs=0.025)
    assert facts.recall >= TARGET_RECALL
    assert (facts.kind, facts.count) == (kind, COUNT)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("IVF64,SQ8", "nprobe"), ("PCA8,IVF64,Flat", "nprobe"), ("HNSW32", "efSearch"), ("SQ8,RFlat", ""), ("SQ8", "")],
)
def test_one_parameter_is_tuned_through_whatever_is_around_it(tmp_path: Path, kind: str, name: str) -> None:
    facts = build_structure(tmp_path / "search.faiss", kind, CODES, IDS)
    assert facts.parameter.partition("=")[0] == name


def test_it_searches_no_more_thoroughly_than_it_must(tmp_path: Path) -> None:
    facts = build_structure(tmp_path / "search.faiss", "IVF64,Flat", CODES, IDS)
    lists = int(facts.parameter.removeprefix("nprobe="))
    assert 1 < lists < 64
    less = replace(facts, parameter=f"nprobe={lists // 2}")
    assert recall_by_brute_force(Structure(tmp_path / "search.faiss", less)) < TARGET_RECALL


@pytest.mark.parametrize("kind", ["HNSW32", "IVF64,SQ8"])
def test_a_hundred_neighbors_are_found_nearly_as_well_as_ten(tmp_path: Path, kind: str) -> None:
    facts = build_structure(tmp_path / "search.faiss", kind, CODES, IDS)
    assert recall_by_brute_force(Structure(tmp_path / "search.faiss", facts), 200, k=100) > 0.93


def test_a_kind_that_cannot_find_enough_says_what_it_finds(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).standard_normal((COUNT, DIM), dtype=np.float32)
    facts = build_structure(tmp_path / "search.faiss", "IVF16,PQ1x2np", codes, IDS)
    assert 0 < facts.recall < TARGET_RECALL


def test_shards_make_the_same_structure_as_one_array(tmp_path: Path) -> None:
    shards = [CODES[:1000], CODES[:0], CODES[1000:1001], CODES[1001:]]
    facts = build_structure(tmp_path / "one.faiss", "IVF64,SQ8", CODES, IDS)
    assert build_structure(tmp_path / "shards.faiss", "IVF64,SQ8", shards, IDS) == facts
    assert (tmp_path / "shards.faiss").read_bytes() == (tmp_path / "one.faiss").read_bytes()


def test_codes_may_lie_in_a_mapped_file(tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", CODES)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    facts = build_structure(tmp_path / "search.faiss", "IVF64,SQ8", mapped, IDS)
    assert facts == build_structure(tmp_path / "again.faiss", "IVF64,SQ8", CODES, IDS)


@pytest.mark.parametrize("kind", ["SQ8", "HNSW8", "IVF4,Flat"])
def test_where_there_are_no_more_candidates_stands_minus_one(tmp_path: Path, kind: str) -> None:
    facts = build_structure(tmp_path / "search.faiss", kind, CODES[:20], IDS[:20])
    found = Structure(tmp_path / "search.faiss", replace(facts, parameter="")).candidates(CODES[:3], 50)
    assert found.shape == (3, 50)
    assert found.dtype == np.int64
    for row in found:
        ids = row[row >= 0]
        assert set(ids) <= set(IDS[:20])
        assert len(set(ids)) == len(ids) <= 20
        assert (row[len(ids) :] == -1).all()


def test_no_query_gets_no_candidates(tmp_path: Path) -> None:
    facts = build_structure(tmp_path / "search.faiss", "SQ8", CODES, IDS)
    assert Structure(tmp_path / "search.faiss", facts).candidates(CODES[:0], 5).shape == (0, 5)


@pytest.mark.parametrize("count", [1, 2, 11])
def test_an_index_of_few_codes_has_a_structure_too(tmp_path: Path, count: int) -> None:
    facts = build_structure(tmp_path / "search.faiss", "HNSW8", CODES[:count], IDS[:count])
    assert (facts.recall, facts.count) == (1.0, count)
    assert Structure(tmp_path / "search.faiss", facts).candidates(CODES[:1], 1)[0, 0] == IDS[0]


def test_equal_codes_count_as_found_whichever_of_them_is(tmp_path: Path) -> None:
    facts = build_structure(tmp_path / "search.faiss", "SQ8", np.repeat(CODES[:5], 400, axis=0), np.arange(2000))
    assert facts.recall == 1.0


def test_few_neighbors_are_sought_as_widely_as_ten() -> None:
    facts = StructureFacts(kind="SQ8", parameter="", recall=0.97, count=10**6, candidates=4)
    assert [facts.wanted(k) for k in (1, 10, 25)] == [40, 40, 100]


def test_building_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build_structure(tmp_path / "search.faiss", "IVF256,SQ8", CODES, IDS)  # FAISS would have 10,000 codes for that.
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
@pytest.mark.parametrize("kind", ["IVF64,Flat", "IVF64,PQ4np", "HNSW16,SQ8", "PCA8,IVF64,Flat", "SQ8"])
def test_opening_maps_the_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "search.faiss"
    structure = Structure(path, build_structure(path, kind, CODES, IDS))
    assert str(path) in Path("/proc/self/maps").read_text()
    assert structure.candidates(CODES[:1], 10).shape == (1, 10)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.faiss"
    facts = build_structure(path, "IVF64,SQ8", CODES, IDS)
    with pytest.raises(InputError, match="it holds 3000 codes where the manifest says 2999"):
        Structure(path, replace(facts, count=2999))
    with pytest.raises(InputError, match="damaged"):
        Structure(path, replace(facts, parameter="efSearch=8"))
    whole = path.read_bytes()
    for size in (0, 3, 100, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"Received: .*search\.faiss, which is damaged \(FAISS cannot read it\)"):
            Structure(path, facts)


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    with files_no_larger_than(20_000), pytest.raises(OSError, match="File too large"):
        build_structure(tmp_path / "search.faiss", "IVF64,SQ8", CODES, IDS)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("", "could not parse index string"),
        ("hello", "could not parse index string hello"),
        ("IVF64", "could not parse index string IVF64"),
        ("PQ7np", r"The dimension of the vector \(d\) should be a multiple"),
        ("IVF0,Flat", "IVF0: the number must be 1 to 1048576"),
        ("IVF1000000000,Flat", "the number must be 1 to 1048576"),
        ("IVF99999999999999999999,Flat", "the number must be"),
        ("IMI2x20,Flat", "the number must be 1 to 10"),
        ("HNSW1", "the number must be 4 to 512"),
        ("PQ16x30", "the number must be 1 to 12"),
        ("PQ4x0", "the number must be 1 to 12"),
        ("IVF64,PQ4+4", "re-scor"),
    ],
)
def test_what_is_no_kind_is_refused_in_one_line(kind: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        check_kind(kind, DIM)
    assert str(refused.value).startswith("Expected a kind of search structure")
    assert f"Received: {kind!r}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("kind", ["flat", *KINDS, "PQ8x12", "IMI2x8,Flat", "IVF65536,SQ8"])
def test_kinds_pass_without_being_built(kind: str) -> None:
    check_kind(kind, DIM)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("IVF4096,Flat", r"from 3000 codes: Number of training points \(3000\) should be at least as large"),
        ("PCA32,Flat", "from 3000 codes: PCA matrix cannot output 32 dimensions from 16"),
    ],
)
def test_what_cannot_be_built_from_these_codes_is_refused_in_one_line(tmp_path: Path, kind: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        build_structure(tmp_path / "search.faiss", kind, CODES, IDS)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "search.faiss").exists()


def test_nothing_to_search_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Expected codes to search\. Received: none\."):
        build_structure(tmp_path / "search.faiss", "SQ8", [], IDS[:0])


def test_the_kind_follows_the_size() -> None:
    assert choose_kind(0, 64) == "flat"
    assert choose_kind(500_000, 64) == "flat"
    assert choose_kind(250_001, 128) != "flat"
    assert choose_kind(1_000_000, 64) == "IVF4096,SQ8"
    assert choose_kind(10**9, 64) == "IVF16384,SQ8"


def test_the_less_memory_the_smaller_the_codes() -> None:
    kinds_by_memory = [choose_kind(1_000_000, 64, memory) for memory in (10**9, 75_000_000, 60_000_000, 30_000_000)]
    assert kinds_by_memory == ["IVF4096,SQ8", "IVF4096,SQ8", "IVF4096,SQ4", "IVF4096,PQ16np"]
    with pytest.raises(InputError, match=r"Expected at least 1\d{7} bytes of memory .* Received: 1000000\."):
        choose_kind(1_000_000, 64, 1_000_000)


@pytest.mark.parametrize("code_dim", [7, 12, 16])
def test_the_file_is_no_larger_than_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code_dim: int) -> None:
    monkeypatch.setattr(kinds, "_EXACTLY", 0)
    with pytest.raises(InputError) as error:
        choose_kind(COUNT, code_dim, 1)
    smallest = int(str(error.value).split()[3])
    least = {choose_kind(COUNT, code_dim, memory): memory for memory in range(200_000, smallest, -500)}
    assert [kind.partition(",")[2] for kind in least][:2] == ["SQ8", "SQ4"]
    for kind, memory in least.items():
        build_structure(tmp_path / "search.faiss", kind, made_codes(code_dim=code_dim), IDS)
        assert 0.7 * memory < (tmp_path / "search.faiss").stat().st_size <= memory


@pytest.mark.parametrize("kind", ["NSG32", "NSG8,SQ8"])
def test_a_kind_that_never_ends_on_equal_codes_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=r"NSG never ends where codes are equal"):
        check_kind(kind, DIM)


def test_a_kind_that_faiss_cannot_read_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reads_nothing(*_: object) -> None:
        raise RuntimeError("Error in read_index: not recognized")

    monkeypatch.setattr(faiss, "read_index", reads_nothing)  # which kinds those are differs from version to version
    with pytest.raises(InputError, match=r"Received: 'ZnLattice2x2_4' \(FAISS writes it, and cannot read it\)"):
        build_structure(tmp_path / "search.faiss", "ZnLattice2x2_4", CODES[:, :8].copy(), IDS)

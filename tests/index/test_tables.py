"""An index becomes a table that others read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from disk import files_no_larger_than

from aekeras.errors import StorageError
from aekeras.index import Index, build_indexes


def test_the_table_has_a_row_per_file_with_its_code(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aekeras.index.tables._ROWS", 50)  # several batches
    shutil.copytree(own / "pictures", "some")
    first = min(Path("some").glob("*.png"))
    shutil.copy(first, "some/copy.png")
    Path("some/copy.png.json").write_text('{"id": "7"}')
    build_indexes("some", ["l1"])
    with Index.open("indexes/l1") as index:
        index.to_parquet("table.parquet")
        table = pq.read_table("table.parquet")
        assert table.column("id").to_pylist() == [key for key, _ in index]
        assert table.column("path").to_pylist() == [str(item.path) for _, item in index]
        assert table.column("shape").to_pylist()[0] == "bird"
        assert table.column("metadata_id").to_pylist().count("7") == 1
        times = table.column("mtime").cast("int64").to_pylist()
        assert times == [item.path.stat().st_mtime_ns for _, item in index]
        codes = np.array(table.column("code").to_pylist(), np.float32)
        np.testing.assert_array_equal(codes, index.store.codes_of([key for key, _ in index]))
        assert table.num_rows == len(index) + 1


@pytest.mark.usefixtures("own")
def test_a_full_disk_leaves_no_half_a_table() -> None:
    with (
        Index.open("indexes/l1") as index,
        files_no_larger_than(2000),
        pytest.raises(StorageError, match=r"table\.parquet\. Received: .*File too large"),
    ):
        index.to_parquet("table.parquet")
    assert not [path for path in Path().iterdir() if "table" in path.name]


@pytest.mark.slow
@pytest.mark.usefixtures("own")
def test_without_pyarrow_one_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import aekeras\n"
        "try:\n    aekeras.Index.open('indexes/l1').to_parquet('t')\n"
        "except aekeras.errors.MissingError as error:\n    print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told == "Expected PyArrow, to write Parquet. Found none. Run `pip install aekeras[parquet]`.\n"

"""An index as a table, for pandas, Polars, DuckDB and the like; needs `pip install aekeras[parquet]`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aekeras.artefacts import new_file
from aekeras.errors import MissingError
from aekeras.store import Item, Store

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 65_536  # written at a time
_FIXED = ("id", "path", "digest", "size", "mtime", "code")


def write_parquet(store: Store, path: Path) -> None:
    """Writes one row per file: id, path, digest, size (bytes), mtime (UTC), its metadata as text, code (D numbers).

    A key of the metadata that is called like one of these is written as `metadata_<key>`. Bytes of a path that are no
    UTF-8 are written as `\\xNN`.

    Raises:
        MissingError: PyArrow is not installed.
        StorageError: The disk is full, or the place cannot be written.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingError(
            "Expected PyArrow, to write Parquet. Found none. Run `pip install aekeras[parquet]`."
        ) from error
    columns = _columns(store)
    schema = _schema(store.manifest.code_dim, columns)
    with new_file(path) as partial, pq.ParquetWriter(partial, schema) as writer:
        for batch in _batches(store):
            writer.write_table(_table(store, batch, columns, schema))


def _columns(store: Store) -> dict[str, str]:
    """The keys of the metadata by the names of their columns."""
    keys = sorted({key for _, item in store.items for key in item.metadata or {}})
    return {f"metadata_{key}" if key in _FIXED else key: key for key in keys}


def _schema(code_dim: int, columns: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.int64()),
            ("path", pa.string()),
            ("digest", pa.string()),
            ("size", pa.int64()),
            ("mtime", pa.timestamp("ns", tz="UTC")),
            *((name, pa.string()) for name in columns),
            ("code", pa.list_(pa.float32(), code_dim)),
        ]
    )


def _batches(store: Store) -> Iterator[list[tuple[int, Item]]]:
    rows = iter(store.items)
    while batch := list(islice(rows, _ROWS)):
        yield batch


def _table(store: Store, batch: list[tuple[int, Item]], columns: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    codes = store.codes_of([key for key, _ in batch])
    items = [item for _, item in batch]
    return pa.table(
        [
            np.array([key for key, _ in batch], np.int64),
            [os.fsencode(item.path).decode("utf-8", "backslashreplace") for item in items],
            [item.digest for item in items],
            [item.size for item in items],
            pa.array([item.mtime_ns for item in items], pa.int64()).cast(pa.timestamp("ns", tz="UTC")),
            *([(item.metadata or {}).get(key) for item in items] for key in columns.values()),
            pa.FixedSizeListArray.from_arrays(pa.array(codes.ravel()), codes.shape[1]),
        ],
        schema=schema,
    )

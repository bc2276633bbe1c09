"""An index: the codes of a collection, and the item behind each code.

    indexes/<name>/manifest.json        whose codes they are, and which files hold them
    indexes/<name>/codes-<g>.faiss      codes and their ids (FAISS)
    indexes/<name>/items-<g>.sqlite     id, path, size, time, digest, metadata of each item (SQLite)

`g` is a generation. A change writes the files of a new generation, then replaces the manifest in one step,
then removes the old files: a reader, or whoever comes after a crash, meets one generation or the other, never
a mixture.
"""

from aekeras.index.answers import IndexInfo, Neighbor
from aekeras.index.collection import Index, list_indexes
from aekeras.index.items import Item
from aekeras.index.manifest import Manifest, Origin

__all__ = ["Index", "IndexInfo", "Item", "Manifest", "Neighbor", "Origin", "list_indexes"]

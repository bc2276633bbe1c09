"""A store of codes that lasts: the codes of a collection, and the files behind each code.

    indexes/<name>/manifest.json        whose codes they are, and which files hold them
    indexes/<name>/codes-<n>.faiss      shards of codes with their ids (FAISS)
    indexes/<name>/items-<n>.sqlite     which files have which content (SQLite)
    indexes/<name>/images-<n>.npy       small pictures, for ranking by the loss itself
    indexes/<name>/search-<n>.faiss     how a large index is searched (FAISS); derived from the codes

Every file is written once under a number of its own. A change writes new files beside the old ones, then replaces the
manifest in one step, then removes the files that it does not name: a reader, or whoever comes after a crash, meets one
state that was committed or the next, never a mixture. One writer at a time holds the lock; readers need none.
"""

from aekeras.store.beginning import building, changing, rebuild
from aekeras.store.change import Change
from aekeras.store.codes import Codes, Ids
from aekeras.store.items import Item, PathState
from aekeras.store.kinds import check_kind
from aekeras.store.lock import PATIENCE
from aekeras.store.manifest import Manifest, current_manifest
from aekeras.store.reading import Store, check_distance, check_k, indexes_below, list_indexes
from aekeras.store.records import REBUILD, Origin, Settings
from aekeras.store.searching import Found

__all__ = [
    "PATIENCE",
    "REBUILD",
    "Change",
    "Codes",
    "Found",
    "Ids",
    "Item",
    "Manifest",
    "Origin",
    "PathState",
    "Settings",
    "Store",
    "building",
    "changing",
    "check_distance",
    "check_k",
    "check_kind",
    "current_manifest",
    "indexes_below",
    "list_indexes",
    "rebuild",
]

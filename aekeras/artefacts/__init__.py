"""How things get onto the disk: whole or not at all; neither a reader nor a crash meets half of one.

Everything is written beside its final place under a name that starts with a dot and is never a number,
synced, then renamed. TensorFlow Serving, which polls a folder for numbers, sees a finished version or none.
"""

from aekeras.artefacts.directories import Draft, latest_version, new_directory, new_version
from aekeras.artefacts.files import digest, new_file, read_json, write_file, write_json
from aekeras.artefacts.names import plain_path, safe_name, shown_path
from aekeras.artefacts.storage import storage_errors, sync

__all__ = [
    "Draft",
    "digest",
    "latest_version",
    "new_directory",
    "new_file",
    "new_version",
    "plain_path",
    "read_json",
    "safe_name",
    "shown_path",
    "storage_errors",
    "sync",
    "write_file",
    "write_json",
]

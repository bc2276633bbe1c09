"""What is known of pictures besides their pixels.

Three sources, of which the later wins key by key:

    factors.csv        a table in a folder of pictures
    cat.png.json       a sidecar: one flat JSON object beside its picture; `cat.json` where there is none
    --metadata FILE    a table anywhere
"""

from aekeras.metadata.collecting import collect
from aekeras.metadata.tables import read, read_table

__all__ = ["collect", "read", "read_table"]

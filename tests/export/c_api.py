"""Asks an exported model through TensorFlow's C API, as TensorFlow Serving's loader does: no Python of TensorFlow's.

    python c_api.py MODEL_DIRECTORY WORK_DIRECTORY

WORK_DIRECTORY holds `requests.json`, a list of {"name", "signature", "input": a .npy file} or
{"name", "signature", "strings": base64 texts, "shape": [...]}. Added are <name>.npy for each answer and
`answers.json`: the signatures that were found, the status of each request, and the modules that were imported.
"""

from __future__ import annotations

import base64
import ctypes
import importlib.metadata
import json
import math
import sys
from collections.abc import Iterator
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

FLOAT, STRING, TSTRING_BYTES = 1, 7, 24


class Buffer(Structure):
    _fields_ = (("data", c_void_p), ("length", c_size_t), ("deallocate", c_void_p))


class Output(Structure):
    _fields_ = (("operation", c_void_p), ("index", c_int))


def library() -> ctypes.CDLL:
    """TensorFlow's C library, with what its functions take and give."""
    (found,) = (f for f in importlib.metadata.files("tensorflow") or () if f.name.startswith("libtensorflow_cc"))
    lib = ctypes.CDLL(str(found.locate()))
    for name in ("Status", "Graph", "SessionOptions"):
        getattr(lib, f"TF_New{name}").restype = c_void_p
    lib.TF_GetCode.argtypes = (c_void_p,)
    lib.TF_Message.argtypes, lib.TF_Message.restype = (c_void_p,), c_char_p
    lib.TF_NewBuffer.restype = POINTER(Buffer)
    lib.TF_LoadSessionFromSavedModel.restype = c_void_p
    lib.TF_LoadSessionFromSavedModel.argtypes = (
        c_void_p,
        c_void_p,
        c_char_p,
        POINTER(c_char_p),
        c_int,
        c_void_p,
        POINTER(Buffer),
        c_void_p,
    )
    lib.TF_GraphOperationByName.argtypes, lib.TF_GraphOperationByName.restype = (c_void_p, c_char_p), c_void_p
    lib.TF_AllocateTensor.argtypes = (c_int, POINTER(c_int64), c_int, c_size_t)
    lib.TF_AllocateTensor.restype = c_void_p
    lib.TF_DeleteTensor.argtypes = (c_void_p,)
    lib.TF_TensorData.argtypes, lib.TF_TensorData.restype = (c_void_p,), c_void_p
    lib.TF_TensorByteSize.argtypes, lib.TF_TensorByteSize.restype = (c_void_p,), c_size_t
    lib.TF_NumDims.argtypes = (c_void_p,)
    lib.TF_Dim.argtypes, lib.TF_Dim.restype = (c_void_p, c_int), c_int64
    lib.TF_StringInit.argtypes = (c_void_p,)
    lib.TF_StringCopy.argtypes = (c_void_p, c_char_p, c_size_t)
    lib.TF_SessionRun.argtypes = (
        *(c_void_p, c_void_p),
        *(POINTER(Output), POINTER(c_void_p), c_int),
        *(POINTER(Output), POINTER(c_void_p), c_int),
        *(c_void_p, c_int),
        *(c_void_p, c_void_p),
    )
    return lib


class Model:
    """A loaded SavedModel."""

    def __init__(self, directory: str) -> None:
        self.lib = library()
        self.status = self.lib.TF_NewStatus()
        self.graph = self.lib.TF_NewGraph()
        meta_graph = self.lib.TF_NewBuffer()
        self.session = self.lib.TF_LoadSessionFromSavedModel(
            self.lib.TF_NewSessionOptions(),
            None,
            directory.encode(),
            (c_char_p * 1)(b"serve"),
            1,
            self.graph,
            meta_graph,
            self.status,
        )
        if self.lib.TF_GetCode(self.status):
            raise SystemExit(self.lib.TF_Message(self.status).decode())
        content = meta_graph.contents
        self.signatures = dict(signatures(ctypes.string_at(content.data, content.length)))

    def ask(self, signature: str, tensor: int) -> tuple[int, str, np.ndarray | None]:
        """The status code, its message, and the answer where there is one."""
        ((_, asked),), ((_, answered),) = (part.items() for part in self.signatures[signature])
        answer = c_void_p()
        self.lib.TF_SessionRun(
            self.session,
            None,
            byref(self._place(asked)),
            byref(c_void_p(tensor)),
            1,
            byref(self._place(answered)),
            byref(answer),
            1,
            None,
            0,
            None,
            self.status,
        )
        self.lib.TF_DeleteTensor(tensor)
        code, message = self.lib.TF_GetCode(self.status), self.lib.TF_Message(self.status).decode()
        return code, message, None if code else self._array(answer)

    def floats(self, array: np.ndarray) -> int:
        tensor = self._allocate(FLOAT, array.shape, array.nbytes)
        ctypes.memmove(self.lib.TF_TensorData(tensor), array.tobytes(), array.nbytes)
        return tensor

    def strings(self, texts: list[bytes], shape: list[int]) -> int:
        tensor = self._allocate(STRING, shape, TSTRING_BYTES * math.prod(shape))
        first = self.lib.TF_TensorData(tensor)
        for row, text in enumerate(texts):
            self.lib.TF_StringInit(first + row * TSTRING_BYTES)
            self.lib.TF_StringCopy(first + row * TSTRING_BYTES, text, len(text))
        return tensor

    def _allocate(self, kind: int, shape: Any, size: int) -> int:
        return self.lib.TF_AllocateTensor(kind, (c_int64 * len(shape))(*shape), len(shape), size)

    def _place(self, name: str) -> Output:
        operation, _, index = name.partition(":")
        return Output(self.lib.TF_GraphOperationByName(self.graph, operation.encode()), int(index))

    def _array(self, tensor: c_void_p) -> np.ndarray:
        shape = [self.lib.TF_Dim(tensor, axis) for axis in range(self.lib.TF_NumDims(tensor))]
        data = ctypes.string_at(self.lib.TF_TensorData(tensor), self.lib.TF_TensorByteSize(tensor))
        self.lib.TF_DeleteTensor(tensor)
        return np.frombuffer(data, np.float32).reshape(shape)


def signatures(meta_graph: bytes) -> Iterator[tuple[str, tuple[dict[str, str], dict[str, str]]]]:
    """Each signature's name, with the tensors of its inputs and of its outputs by their names.

    Read from the wire format of a `MetaGraphDef`: field 5 holds the signatures; fields 1 and 2 of a `SignatureDef`
    hold inputs and outputs; field 1 of a `TensorInfo` is the tensor's name. Entries of maps have a key 1 and a value 2.
    """
    for entry in fields(meta_graph, 5):
        (name,), (signature,) = fields(entry, 1), fields(entry, 2)
        inputs, outputs = ({_text(e, 1): _text(_one(e, 2), 1) for e in fields(signature, n)} for n in (1, 2))
        if not name.startswith(b"__"):  # TensorFlow's own, which starts the model
            yield name.decode(), (inputs, outputs)


def fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """The contents of a message's strings and messages of one field number."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _, place = _varint(message, place)
            continue
        length = {1: 8, 5: 4}.get(kind)
        if length is None:
            length, place = _varint(message, place)
        if number == wanted:
            yield message[place : place + length]
        place += length


def _one(message: bytes, number: int) -> bytes:
    (content,) = fields(message, number)
    return content


def _text(message: bytes, number: int) -> str:
    return _one(message, number).decode()


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if message[place - 1] < 0x80:
            return value, place


def main(directory: str, work: Path) -> None:
    model = Model(directory)
    statuses = {}
    for request in json.loads((work / "requests.json").read_text()):
        if "input" in request:
            tensor = model.floats(np.load(work / request["input"]))
        else:
            tensor = model.strings([base64.b64decode(text) for text in request["strings"]], request["shape"])
        code, message, answer = model.ask(request["signature"], tensor)
        statuses[request["name"]] = [code, message]
        if answer is not None:
            np.save(work / f"{request['name']}.npy", answer)
    answers = {"signatures": model.signatures, "statuses": statuses, "modules": sorted(sys.modules)}
    (work / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

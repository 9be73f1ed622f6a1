"""Tensors of the Open Inference Protocol: in JSON, and as bytes behind it (the binary tensor data extension).

https://github.com/kserve/open-inference-protocol and Triton's `extension_binary_data.md`.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType
from numpy.typing import NDArray

from bert_server.api.body import decode_json
from bert_server.api.problems import ProblemError, unprocessable
from bert_server.digits import whole_number

HEADER_LENGTH = "Inference-Header-Content-Length"
LENGTH_BYTES = 4  # before each element of a BYTES tensor, little-endian

Parameters = dict[str, str | bool | int | float]
Shape = Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=2)]


class InputTensor(Struct, forbid_unknown_fields=True):
    """`data` is left out if `parameters` has a `binary_data_size`."""

    name: str
    shape: Shape
    datatype: str
    parameters: Parameters = {}
    data: list[str | list[str]] | UnsetType = UNSET


class RequestedOutput(Struct, forbid_unknown_fields=True):
    name: str
    parameters: Parameters = {}


class InferRequest(Struct, forbid_unknown_fields=True):
    inputs: Annotated[list[InputTensor], Meta(min_length=1, max_length=2)]
    id: str = ""
    parameters: Parameters = {}
    outputs: Annotated[list[RequestedOutput], Meta(max_length=16)] = []


class OutputTensor(Struct, omit_defaults=True):
    name: str
    datatype: str
    shape: list[int]
    parameters: Parameters = {}
    data: Sequence[str | float] | UnsetType = UNSET


class InferResponse(Struct, omit_defaults=True):
    model_name: str
    model_version: str
    outputs: list[OutputTensor]
    id: str = ""
    parameters: Parameters = {}


class Output(NamedTuple):
    """What an output holds; `values` has the shape of the tensor, or is a row-major list of a BYTES tensor's texts."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[np.float32] | NDArray[np.int32] | Sequence[str]

    @property
    def datatype(self) -> str:
        if not isinstance(self.values, np.ndarray):
            return "BYTES"
        return "FP32" if self.values.dtype == np.float32 else "INT32"


_DECODER = msgspec.json.Decoder(InferRequest)
_ENCODER = msgspec.json.Encoder()


def read_request(body: bytes, header_length: str | None) -> tuple[InferRequest, dict[str, list[str]]]:
    """The request, and the texts of its inputs by name. Raises ProblemError."""
    length = _header_length(header_length, len(body))
    request = decode_json(body[:length], _DECODER)
    rest = memoryview(body)[length:]
    texts = {}
    for tensor in request.inputs:
        texts[tensor.name], rest = _texts(tensor, rest)
    if rest:
        raise unprocessable("invalid-tensor", f"{len(rest)} bytes follow that belong to no input", {"field": "inputs"})
    if len(texts) < len(request.inputs):
        raise unprocessable("invalid-tensor", "two inputs have the same name", {"field": "inputs"})
    return request, texts


def write_response(response: InferResponse, outputs: Sequence[tuple[Output, bool]]) -> tuple[bytes, int | None]:
    """The body, and the length of its JSON part if something follows it. Each output says if it is binary."""
    attached = []
    for output, is_binary in outputs:
        tensor = OutputTensor(output.name, output.datatype, list(output.shape))
        if is_binary:
            content = _as_bytes(output)
            tensor.parameters = {"binary_data_size": len(content)}
            attached.append(content)
        else:
            tensor.data = _as_list(output)
        response.outputs.append(tensor)
    head = _ENCODER.encode(response)
    return (b"".join([head, *attached]), len(head)) if attached else (head, None)


def _header_length(header: str | None, body_bytes: int) -> int:
    if header is None:
        return body_bytes
    length = whole_number(header)
    if length is None or length > body_bytes:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "invalid-header-length",
            f"{HEADER_LENGTH} is not the length of the body's first part",
            {"field": HEADER_LENGTH, "limit": body_bytes, "actual": header},
        )
    return length


def _texts(tensor: InputTensor, attached: memoryview) -> tuple[list[str], memoryview]:
    """The tensor's elements, and what is left of the attached bytes."""
    if tensor.datatype != "BYTES":
        raise _misfit(tensor, f"has datatype {tensor.datatype}, it must be BYTES")
    size = tensor.parameters.get("binary_data_size")
    if size is None:
        texts = _flat(tensor)
    else:
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(attached):
            raise _misfit(tensor, f"announces {size} bytes, {len(attached)} follow")
        texts = _elements(tensor, attached[:size])
        attached = attached[size:]
    columns = tensor.shape[1:] or [1]
    if tensor.shape[:1] != [len(texts)] or columns != [1]:
        raise _misfit(tensor, f"has shape {tensor.shape} and {len(texts)} elements; shape it [{len(texts)}]")
    return texts, attached


def _flat(tensor: InputTensor) -> list[str]:
    if tensor.data is UNSET:
        raise _misfit(tensor, "has neither data nor a binary_data_size")
    rows = [[row] if isinstance(row, str) else row for row in tensor.data]
    return [text for row in rows for text in row]


def _elements(tensor: InputTensor, content: memoryview) -> list[str]:
    texts, place = [], 0
    while place < len(content):
        start = place + LENGTH_BYTES
        place = start + int.from_bytes(content[place:start], "little")
        if start > len(content) or place > len(content):
            raise _misfit(tensor, "has an element that is longer than its bytes")
        try:
            texts.append(str(content[start:place], "utf-8"))
        except UnicodeDecodeError as error:
            raise _misfit(tensor, f"has an element that is not UTF-8: {error.reason}") from error
    return texts


def _misfit(tensor: InputTensor, problem: str) -> ProblemError:
    return unprocessable("invalid-tensor", f"input {tensor.name} {problem}", {"field": tensor.name})


def _as_bytes(output: Output) -> bytes:
    if isinstance(output.values, np.ndarray):
        return output.values.astype(output.values.dtype.newbyteorder("<")).tobytes()
    contents = [text.encode() for text in output.values]
    return b"".join(part for content in contents for part in (len(content).to_bytes(LENGTH_BYTES, "little"), content))


def _as_list(output: Output) -> Sequence[str | float]:
    return output.values.ravel().tolist() if isinstance(output.values, np.ndarray) else output.values

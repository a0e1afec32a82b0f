"""Python's side of the archive tests: archive_files.py <command> <files...>

Needs nothing but Python itself, so that files are judged by other code than
the one that made them.
"""

import json
import struct
import sys
import zipfile

# name: (dtype, shape, little-endian bytes)
TENSORS = {
    "net.weight": ("F32", [2, 3], struct.pack("<6f", *(i / 2 for i in range(6)))),
    "scalar": ("F64", [], struct.pack("<d", 0.1)),
    "empty": ("F32", [0, 3], b""),
    "int64": ("I64", [2], struct.pack("<2q", -2, 2**40)),
    "int32": ("I32", [2], struct.pack("<2i", -2, 3)),
    "int16": ("I16", [2], struct.pack("<2h", -2, 3)),
    "int8": ("I8", [2], struct.pack("<2b", -128, 127)),
    "uint8": ("U8", [3], bytes([0, 1, 255])),
    "bool": ("BOOL", [2], b"\x01\x00"),
    "float16": ("F16", [2], struct.pack("<2e", 0.5, -2.0)),
    "bfloat16": ("BF16", [2], b"\x00\x3f\x00\xc0"),
    "\u00fcmlaut": ("U8", [1], b"u"),
}
METADATA = {"format": "pt", "note": "na\u00efve"}


def write_safetensors(path):
    header, data = {"__metadata__": METADATA}, b""
    for name, (dtype, shape, content) in TENSORS.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def unique(pairs):
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def check_safetensors(path):
    """The file is well-formed and holds TENSORS and METADATA."""
    with open(path, "rb") as file:
        content = file.read()
    size, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size], object_pairs_hook=unique)
    data = content[8 + size:]
    assert content[8:9] == b"{" and size % 8 == 0
    assert header.pop("__metadata__") == METADATA
    assert sorted(header) == sorted(TENSORS)
    end = 0
    for name, entry in header.items():  # in the order of the data
        begin, past = entry["data_offsets"]
        assert begin == end
        end = past
        assert (entry["dtype"], entry["shape"], data[begin:past]) == TENSORS[name]
    assert end == len(data)


def zip_check(path):
    """Python's own zip reader accepts the file, checksums included."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.compress_type == 0


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

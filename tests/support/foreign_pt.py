"""Writes a .pt file as torch.save does, with other Python objects beside the
weights: foreign_pt.py FILE

Needs nothing but Python itself: what belongs to PyTorch and NumPy is acted.
"""

import argparse
import collections
import pathlib
import pickle
import struct
import sys
import types
import zipfile


def act(thing, module, name):
    """Makes `thing` known to pickle as `module.name`."""
    parts = module.split(".")
    for i in range(len(parts)):
        package = ".".join(parts[:i + 1])
        sys.modules.setdefault(package, types.ModuleType(package))
    setattr(sys.modules[module], name, thing)
    thing.__module__, thing.__name__, thing.__qualname__ = module, name, name
    return thing


FloatStorage = act(type("FloatStorage", (), {}), "torch", "FloatStorage")
rebuild = act(lambda *_: None, "torch._utils", "_rebuild_tensor_v2")
scalar = act(lambda *_: None, "numpy.core.multiarray", "scalar")


class Storage:
    def __init__(self, values):
        self.values = values


class Tensor:
    def __init__(self, shape, values):
        self.shape, self.storage = shape, Storage(values)

    def __reduce__(self):
        strides = tuple(self.shape[i + 1] if i + 1 < len(self.shape) else 1
                        for i in range(len(self.shape)))  # of two dimensions
        return rebuild, (self.storage, 0, self.shape, strides, False,
                         collections.OrderedDict())


class Dtype:
    def __reduce__(self):
        return "float32"


act(Dtype(), "torch", "float32")


class NumpyScalar:
    def __reduce__(self):
        return scalar, ("f8", b"\0\0\0\0\0\0\xf0\x3f")


class Recursive:
    def __init__(self):
        self.me = self


act(Recursive, "omegaconf", "DictConfig")


def content():
    weights = collections.OrderedDict(weight=Tensor((1, 2), [3.0, 3.0]),
                                      bias=Tensor((1,), [5.0]))
    return {
        "state_dict": weights,
        "args": argparse.Namespace(lr=0.1, root=pathlib.PurePosixPath("/a")),
        "path": pathlib.PurePosixPath("runs/a"),
        "accuracy": NumpyScalar(),
        "dtype": sys.modules["torch"].float32,
        "bytes": b"ab",
        "big": 1 << 80,
        "bigger": 1 << 3000,
        "defaults": collections.defaultdict(list, a=[1]),
        "by_class": {int: 1},
        "config": Recursive(),
        "complex": [1, 1j],
        "text": "\udcff",
        "epoch": 3,
    }


class Pickler(pickle.Pickler):
    def __init__(self, file, storages):
        super().__init__(file, protocol=2)
        self.storages = storages

    def persistent_id(self, thing):
        if not isinstance(thing, Storage):
            return None
        self.storages.append(thing)
        key = str(len(self.storages) - 1)
        return "storage", FloatStorage, key, "cpu", len(thing.values)


def main(path):
    storages = []
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("archive/data.pkl", "w") as file:
            Pickler(file, storages).dump(content())
        for i, storage in enumerate(storages):
            data = struct.pack(f"<{len(storage.values)}f", *storage.values)
            archive.writestr(f"archive/data/{i}", data)
        archive.writestr("archive/version", "3\n")


if __name__ == "__main__":
    main(sys.argv[1])

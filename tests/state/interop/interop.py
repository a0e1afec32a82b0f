"""Python's side of the interop tests: interop.py <command> <files...>"""

import collections
import os
import sys

import torch


NEWER = tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (2, 0)


def load(path):
    # PyTorch 1.13's safe loader knows no floats; later ones know all we write.
    return torch.load(path, weights_only=NEWER)


def make_model():
    nn = torch.nn
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(),
                         nn.Linear(8, 3))


def logits(model_path, input_path, out_path):
    """Loads weights, safely in every version, and computes on an input."""
    model = make_model()
    model.load_state_dict(torch.load(model_path, weights_only=True))
    model.eval()
    with torch.no_grad():
        torch.save({"logits": model(load(input_path)["x"])}, out_path)


def zoo():
    base = torch.arange(12, dtype=torch.float32)
    tied = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    state = collections.OrderedDict()
    state["dtypes"] = {
        "uint8": torch.tensor([0, 255], dtype=torch.uint8),
        "int8": torch.tensor([-128, 127], dtype=torch.int8),
        "int16": torch.tensor([-2, 3], dtype=torch.int16),
        "int32": torch.tensor([-2, 3], dtype=torch.int32),
        "int64": torch.tensor([-2, 2**40]),
        "float16": torch.tensor([0.5, -2.0], dtype=torch.float16),
        "bfloat16": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
        "float32": torch.tensor([0.1, float("inf")]),
        "float64": torch.tensor([0.1, -0.0], dtype=torch.float64),
        "bool": torch.tensor([True, False]),
        "complex64": torch.tensor([1 + 2j, -3j]),
        "complex128": torch.tensor([1 + 2j], dtype=torch.complex128),
    }
    state["encoder"] = tied
    state["decoder"] = tied
    state["view"] = base[2:5]
    state["transposed"] = base.view(3, 4).t()
    state["expanded"] = torch.tensor([[7.0]]).expand(2, 3)
    state["scalar"] = torch.tensor(3.5)
    state["empty"] = torch.empty(0, 3)
    state["parameter"] = torch.nn.Parameter(torch.ones(2))
    if NEWER:  # PyTorch 1.13 itself forgets the conjugation in a file
        state["conjugate"] = torch.tensor([1 + 2j]).conj()
    state["plain"] = {"none": None, "yes": True, "no": False, "int": 5,
                      "big": 2**40, "negative": -70000, "real": 0.1,
                      "text": "na\u00efve \u4e2d", "tuple": (1, (2, [3])),
                      "list": [], "dict": {}, "size": torch.Size([2, 3])}
    state["optim"] = {"state": {0: {"step": 1}, 1: {"step": 2}},
                      "param_groups": [{"lr": 0.1, "betas": (0.9, 0.99),
                                        "params": [0, 1]}]}
    state["model"] = make_model().state_dict()  # carries _metadata
    state["many"] = list(range(2000))  # over a thousand: several APPENDS
    return state


def write_zoo(path):
    torch.save(zoo(), path)


def write_legacy(path):
    torch.save(zoo(), path, _use_new_zipfile_serialization=False)


class Evil:
    def __reduce__(self):
        return os.system, ("touch " + sys.argv[2] + ".ran",)


def write_evil(path):
    torch.save({"a": Evil()}, path)


def write_module(path):
    torch.save(make_model(), path)


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return type(a) is type(b) and a == b


def check_zoo(path):
    """What C++ wrote equals the zoo (the model, drawn at random, aside)."""
    given, wanted = load(path), zoo()
    del given["model"], wanted["model"]
    assert same(dict(wanted), given)
    assert given["encoder"].data_ptr() == given["decoder"].data_ptr()


OPTIMIZERS = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
}


def train_on(name, in_path, out_path):
    """Takes model and optimizer over, trains on, and gives them back. The
    optimizer is made with other options than those in its state."""
    given = load(in_path)
    model = torch.nn.Linear(3, 2)
    model.load_state_dict(given["model"])
    optimizer = OPTIMIZERS[name](
        [{"params": [model.weight]}, {"params": [model.bias]}], lr=123.0)
    optimizer.load_state_dict(given["optim"])
    for _ in range(given["steps"]):
        optimizer.zero_grad()
        (model(given["x"]) - given["y"]).pow(2).mean().backward()
        optimizer.step()
    torch.save({"model": model.state_dict(), "optim": optimizer.state_dict()},
               out_path)


def zip_check(path):
    """Python's own zip reader accepts the file, checksums included."""
    import zipfile
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.compress_type == 0


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

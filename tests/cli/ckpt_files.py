"""Python's side of ckpt_test: ckpt_files.py write|check FILE

Ends with 77 where Python has no torch.
"""

import sys

try:
    import torch
except ImportError:
    sys.exit(77)


def state_dict():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    state = model.state_dict()  # an OrderedDict with _metadata
    state["tied"] = state["0.weight"]
    state["transposed"] = torch.arange(6.0).view(2, 3).t()
    state["half"] = torch.tensor([0.5, -2.0]).half()
    return state


def write(path):
    torch.save(state_dict(), path)


def check(path):
    """The file has the same tensors, under the same names."""
    wanted, given = state_dict(), torch.load(path, weights_only=True)
    assert sorted(wanted) == sorted(given)
    for name, tensor in wanted.items():
        assert given[name].dtype == tensor.dtype, name
        assert torch.equal(given[name], tensor), name


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

"""Python and C++ take a model and its optimizer over from each other.

    python3 optimizers.py PATH/TO/interop_trainer

For every optimizer: ten steps in one language, saved, then fifty in the other
one, against fifty more in the first. Prints the largest relative difference of
a loss, and fails above 1e-6 (with PyTorch 2 in float32 1e-5: it rounds some
updates otherwise in Python than in C++). Ends with 77 where there is no torch.
"""

import math
import os
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: this python3 has no torch (Debian: python3-torch)")
    sys.exit(77)

BEFORE, AFTER = 10, 50
NEWER = tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (2, 0)
LIMITS = {torch.float64: 1e-6, torch.float32: 1e-5 if NEWER else 1e-6}

CASES = [
    ("sgd", {"lr": 0.05, "weight_decay": 0.01}),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1}),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("adam", {"lr": 0.01, "weight_decay": 0.01}),
    ("adam", {"lr": 0.01, "betas": (0.8, 0.98), "amsgrad": True}),
    ("adamw", {"lr": 0.01, "weight_decay": 0.1}),
    ("adamw", {"lr": 0.01, "eps": 1e-6, "amsgrad": True}),
    ("rmsprop", {"lr": 0.005, "alpha": 0.9}),
    ("rmsprop", {"lr": 0.005, "centered": True, "weight_decay": 0.01}),
    ("rmsprop", {"lr": 0.002, "momentum": 0.9, "centered": True}),
    ("adagrad", {"lr": 0.05, "lr_decay": 0.01}),
    ("adagrad", {"lr": 0.05, "initial_accumulator_value": 0.1,
                 "weight_decay": 0.01}),
    ("lbfgs", {"lr": 0.1, "max_iter": 3, "history_size": 4}),
]
CLASSES = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad, "lbfgs": torch.optim.LBFGS,
}


def load(path):
    # PyTorch 1.13's safe loader knows no floats; later ones know all we write.
    return torch.load(path, weights_only=NEWER)


def waves(rows, columns, shift, dtype):
    """Numbers that look random and are the same everywhere."""
    values = [[math.sin(1.7 * i + 2.3 * j * j + shift) for j in range(columns)]
              for i in range(rows)]
    return torch.tensor(values, dtype=dtype)


def make_model(dtype):
    nn = torch.nn
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            flat = waves(1, parameter.numel(), number, torch.float64)
            parameter.copy_(0.4 * flat.view_as(parameter))
    return model.to(dtype)


class Side:
    """Model and optimizer in Python."""

    def __init__(self, name, options, dtype):
        self.model = make_model(dtype)
        self.optim = CLASSES[name](self.model.parameters(), **options)
        self.x, self.y = waves(32, 6, 0.5, dtype), waves(32, 3, 0.9, dtype)

    def train(self, steps):
        losses = []
        for _ in range(steps):
            losses.append(self.optim.step(self.loss).item())
        return losses

    def loss(self):
        self.optim.zero_grad()
        loss = torch.nn.functional.mse_loss(self.model(self.x), self.y)
        loss.backward()
        return loss

    def save(self, path):
        torch.save({"model": self.model.state_dict(),
                    "optim": self.optim.state_dict(),
                    "x": self.x, "y": self.y}, path)

    def load(self, state):
        self.model.load_state_dict(state["model"])
        self.optim.load_state_dict(state["optim"])


class Case:
    """One optimizer: what C++ has to do, and how far the losses differ."""

    def __init__(self, name, options, dtype, folder):
        self.name, self.options, self.dtype = name, options, dtype
        self.files = {n: os.path.join(folder, n + ".pt")
                      for n in ("python", "taken", "start", "middle", "end")}
        self.python = Side(name, options, dtype)
        self.python.save(self.files["start"])
        self.python.train(BEFORE)
        self.python.save(self.files["python"])

    def jobs(self):
        """(steps, in, out): Python's on, and the same from the start."""
        for steps, source, target in ((AFTER, "python", "taken"),
                                      (BEFORE, "start", "middle"),
                                      (AFTER, "middle", "end")):
            yield [self.name, str(steps), self.files[source],
                   self.files[target]]

    def python_to_cpp(self):
        return largest_difference(load(self.files["taken"])["losses"],
                                  self.python.train(AFTER))

    def cpp_to_python(self):
        # Made with another rate: the file's options must win.
        side = Side(self.name, {"lr": 77.0}, self.dtype)
        side.load(load(self.files["middle"]))
        return largest_difference(side.train(AFTER),
                                  load(self.files["end"])["losses"])


def largest_difference(losses, wanted):
    assert len(losses) == len(wanted) == AFTER
    assert wanted[-1] < wanted[0], "it trains"
    return max(abs(a - b) / abs(b) for a, b in zip(losses, wanted))


def make_cases(folder):
    cases = []
    for dtype in (torch.float64, torch.float32):
        for name, options in CASES:
            own = os.path.join(folder, str(len(cases)))
            os.mkdir(own)
            cases.append(Case(name, options, dtype, own))
    return cases


def show(case, forth, back):
    told = ", ".join(f"{k}={v}" for k, v in case.options.items())
    kind = str(case.dtype).replace("torch.", "")
    limit = LIMITS[case.dtype]
    good = forth <= limit and back <= limit
    print(f"{kind:8} {case.name:8} {told:58} {forth:13.1e}  {back:13.1e}"
          f"{'' if good else f'  above {limit:g}'}")
    return good


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cases = make_cases(folder)
        jobs = [word for case in cases for job in case.jobs() for word in job]
        subprocess.run([sys.argv[1]] + jobs, check=True)
        print(f"{'largest relative difference of a loss':76} Python -> C++"
              "  C++ -> Python")
        good = [show(case, case.python_to_cpp(), case.cpp_to_python())
                for case in cases]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

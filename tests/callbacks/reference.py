"""The numbers that the tests of callbacks pin. Python 3 and torch (any version):

    python3 reference.py
"""

import warnings

import torch
from torch.optim import lr_scheduler

EPOCHS = 6
STEPS_PER_EPOCH = 3

warnings.simplefilter("ignore")


def optimizer(*rates):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate}
              for rate in rates]
    return torch.optim.SGD(groups, lr=rates[0])


def rates_used(optim, scheduler, per_update):
    """The first group's rate in every step of a whole training."""
    used = []
    for _ in range(EPOCHS):
        for _ in range(STEPS_PER_EPOCH):
            used.append(optim.param_groups[0]["lr"])
            optim.step()
            if per_update:
                scheduler.step()
        if not per_update:
            scheduler.step()
    return used


def show(name, numbers):
    print(name + ":", ", ".join(repr(number) for number in numbers))


def schedules():
    optim = optimizer(0.1)
    show("StepLR(2, 0.5), an epoch each",
         rates_used(optim, lr_scheduler.StepLR(optim, 2, 0.5),
                    False)[::STEPS_PER_EPOCH])
    optim = optimizer(0.1)
    show("CosineAnnealingLR(6, 0.01), an epoch each",
         rates_used(optim, lr_scheduler.CosineAnnealingLR(optim, 6, 0.01),
                    False)[::STEPS_PER_EPOCH])
    optim = optimizer(0.1)
    scheduler = lr_scheduler.OneCycleLR(
        optim, 0.2, total_steps=EPOCHS * STEPS_PER_EPOCH,
        cycle_momentum=False)
    used = []
    for step in range(EPOCHS * STEPS_PER_EPOCH):
        used.append(optim.param_groups[0]["lr"])
        optim.step()
        if step + 1 < EPOCHS * STEPS_PER_EPOCH:  # it refuses one more
            scheduler.step()
    show("OneCycleLR(0.2, 18), an update each", used)


LOSSES = [1.0, 0.8, 0.79, 0.81, 0.8, 0.9, 0.9, 0.5, 0.5, 0.5, float("nan"),
          0.49, 0.49, 0.49, 0.49, 0.49, 0.3, 0.3, 0.3, 0.3]


def plateau():
    optim = optimizer(0.1, 0.004)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        optim, mode="min", factor=0.5, patience=1, cooldown=2, min_lr=0.01,
        threshold=0.015, threshold_mode="abs", eps=0)
    rates = []
    for loss in LOSSES:
        scheduler.step(loss)
        rates.append(optim.param_groups[0]["lr"])
    show("ReduceLROnPlateau, after each loss", rates)


schedules()
plateau()

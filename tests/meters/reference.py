"""The numbers that the tests of metrics pin. Python 3 and torch (any version):

    python3 reference.py
"""

import math

import torch
import torch.nn.functional as F

LOGITS = torch.tensor(
    [[2.0, -1.0, 0.5, 0.25], [0.1, 0.2, 0.3, 0.4], [-3.0, 1.5, 1.25, -0.5],
     [0.0, 4.0, -2.0, 1.0], [1.0, 0.5, 0.75, 0.25], [-1.0, 2.0, 0.0, 3.0],
     [0.6, 0.7, -0.8, 0.9]])
LABELS = torch.tensor([0, 2, 1, 3, 2, 3, 0])


def topk_accuracy(k):
    best = LOGITS.topk(k, 1).indices
    return (best == LABELS[:, None]).any(1).double().mean().item()


def scores(hits, predicted, support):
    def ratio(part, whole):
        return part / whole if whole else 0.0

    return (ratio(hits, predicted), ratio(hits, support),
            ratio(2 * hits, predicted + support))


def confusion(truth, predicted, classes):
    """precision, recall, f1 of each class and their mean (zero_division=0)."""
    each = []
    for c in range(classes):
        hits = sum(t == c and p == c for t, p in zip(truth, predicted))
        each.append(scores(hits, predicted.count(c), truth.count(c)))
    return each, [sum(column) / classes for column in zip(*each)]


print("accuracy", [topk_accuracy(k) for k in (1, 2, 3, 4)])
print("classes", LOGITS.argmax(1).tolist())
each, macro = confusion(LABELS.tolist(), LOGITS.argmax(1).tolist(), 4)
print("each", each, "macro", macro)
each, macro = confusion([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], 5)
print("absent: each", each, "macro", macro)

prediction = torch.tensor([0.5, -1.25, 3.0, 0.1, 2.2], dtype=torch.float32)
target = torch.tensor([0.25, -1.0, 2.0, 0.4, 2.0], dtype=torch.float32)
error = prediction.double() - target.double()
print("mse", (error**2).mean().item(), "mae", error.abs().mean().item())

nll = F.cross_entropy(LOGITS.double(), LABELS, reduction="sum").item()
print("nll", nll, "perplexity", math.exp(nll / len(LABELS)))
for ignored in ([1, 4], [3, 5]):  # the padding; the tokens 3
    kept = [i for i in range(len(LABELS)) if i not in ignored]
    mean = F.cross_entropy(LOGITS.double()[kept], LABELS[kept]).item()
    print("perplexity without", ignored, math.exp(mean))
# A row of NaN logits: an example of its class that was not found.
each, macro = confusion([0, 1, 2], [0, 3, 2], 3)
print("undecided: each", each, "macro", macro)

"""The numbers that the tests of metrics of a whole set pin. Python 3 alone:

    python3 set_reference.py

Textbook formulas, each in another way than the library's where there is one:
the ROC curve by its thresholds, R² in fractions, BLEU by counting words.
"""

import collections
import math
from fractions import Fraction


def averages(truth, predicted, classes):
    """(precision, recall, f1), each the mean weighted by support."""
    sums = [Fraction(0)] * 3
    for c in range(classes):
        hits = sum(t == c == p for t, p in zip(truth, predicted))
        support, found = truth.count(c), predicted.count(c)
        precision = Fraction(hits, found) if found else Fraction(0)
        recall = Fraction(hits, support) if support else Fraction(0)
        both = precision + recall
        f1 = 2 * precision * recall / both if both else Fraction(0)
        for i, score in enumerate((precision, recall, f1)):
            sums[i] += score * support / len(truth)
    return [float(s) for s in sums]


# scikit-learn's example of f1_score: 0.22, 0.33, 0.267
print("weighted", averages([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], 3))
print("weighted", averages([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], 5))


def area(scores, labels):
    """The trapezoids under (false positive rate, true positive rate)."""
    positives, negatives = labels.count(1), labels.count(0)
    points = [(Fraction(0), Fraction(0))]
    for threshold in sorted(set(scores), reverse=True):
        above = [l for s, l in zip(scores, labels) if s >= threshold]
        points.append((Fraction(above.count(0), negatives),
                       Fraction(above.count(1), positives)))
    return float(sum((x - a) * (y + b) / 2
                     for (a, b), (x, y) in zip(points, points[1:])))


SCORES = [0.5, 0.25, 0.75, 0.5, 0.0, 1.0, 0.25, 0.5, 0.75, 0.125, 0.5]
LABELS = [1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1]
# scikit-learn's example of roc_auc_score: 0.75
print("auc", area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
print("auc with ties", area(SCORES, LABELS))


def r2(targets, predictions):
    targets = [Fraction(t) for t in targets]
    mean = sum(targets) / len(targets)
    errors = sum((t - Fraction(p))**2 for t, p in zip(targets, predictions))
    return float(1 - errors / sum((t - mean)**2 for t in targets))


# scikit-learn's examples of r2_score: 0.948, 1, 0, -3
print("r2", r2([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), r2([1, 2, 3], [1, 2, 3]),
      r2([1, 2, 3], [2, 2, 2]), r2([1, 2, 3], [3, 2, 1]))
FAR = [1e9 + i * 0.25 for i in range(7)]
print("r2 far from 0", r2(FAR, [t + (0.125, -0.25)[i % 2]
                                for i, t in enumerate(FAR)]))


def bleu(predictions, references, smooth=False):
    matches, totals = [0] * 4, [0] * 4
    for predicted, wanted in zip(predictions, references):
        for n in range(1, 5):
            def ngrams(words):
                return collections.Counter(
                    tuple(words[i:i + n]) for i in range(len(words) - n + 1))
            matches[n - 1] += sum((ngrams(predicted) & ngrams(wanted)).values())
            totals[n - 1] += max(len(predicted) - n + 1, 0)
    print("  matches", matches, "totals", totals)
    length = sum(len(p) for p in predictions)
    wanted = sum(len(r) for r in references)
    extra = [0, 1, 1, 1] if smooth else [0] * 4
    pairs = [(m + e, t + e) for m, t, e in zip(matches, totals, extra)]
    if any(m == 0 for m, _ in pairs):
        return 0.0
    mean = math.exp(sum(math.log(m / t) for m, t in pairs) / 4)
    return min(1.0, math.exp(1 - wanted / length)) * mean


PREDICTIONS = [[3, 4, 5, 6, 7, 3, 4], [8, 8, 8, 9], [1, 2, 3, 4, 5, 6]]
REFERENCES = [[3, 4, 5, 6, 7, 8, 3, 4, 9], [8, 9, 8, 7], [2, 3, 4, 5, 6]]
print("bleu", bleu(PREDICTIONS, REFERENCES))
print("smoothed", bleu(PREDICTIONS, REFERENCES, smooth=True))
print("longer", bleu(REFERENCES, PREDICTIONS))
# "the the the the the the the" against "the cat is on the mat" (Papineni et
# al., 2002): 2 of 7 words.
print("the cat", bleu([[1] * 7], [[1, 2, 3, 4, 1, 5]], smooth=True))
print("second alone", bleu(PREDICTIONS[1:2], REFERENCES[1:2]),
      bleu(PREDICTIONS[1:2], REFERENCES[1:2], smooth=True))

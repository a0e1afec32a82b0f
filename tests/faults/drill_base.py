"""What the faults of the drill share."""
import os
import random
import re
import tempfile
import threading

import runs
from drill_training import (PROGRAM, Training, check_order, read_calls,
                            require)


class Drill:
    """What every kind of fault needs: an undisturbed run, and what must hold."""

    def __init__(self, options, root):
        self.options, self.root = options, root
        self.dice = random.Random(options.seed)
        self.training = Training(options, root)
        self.cases = []  # (fault, where, action)
        self.of_case = threading.local()  # .folders of the case at hand
        self.expected, self.calls, self.saves = None, None, 0

    def folder(self):
        folder = tempfile.mkdtemp(dir=self.root)
        getattr(self.of_case, "folders", []).append(folder)
        return folder

    def add(self, fault, where, action):
        self.cases.append((fault, where, action))

    def sample(self, items, short):
        """All of them, or with --short this many."""
        items = list(items)
        if not self.options.short or len(items) <= short:
            return items
        return self.dice.sample(items, short)

    # --- undisturbed ----------------------------------------------------------

    def run_in_peace(self):
        folder, log = self.folder(), os.path.join(self.root, "calls")
        code, output = self.training.run(folder, log=log)
        require(code == 0, "the undisturbed run failed", output)
        self.expected = runs.artefacts(runs.completed_run(folder, PROGRAM))
        self.calls = read_calls(log)
        renames = check_order(log)
        self.saves = max(call.save for call in self.calls)
        print(f"undisturbed: {self.saves} checkpoints, "
              f"{len(self.calls)} calls that change files; "
              f"{renames} renames, each between the two syncs", flush=True)

    def calls_of(self, part, save=None):
        return [call for call in self.calls if call.part == part and
                (save is None or call.save == save)]

    # --- what must hold afterwards -----------------------------------------

    def check_same(self, folder, but=()):
        run = runs.completed_run(folder, PROGRAM)
        wrong = runs.differences(self.expected, runs.artefacts(run), but)
        require(not wrong, "not as undisturbed: " + "; ".join(wrong))

    def restart(self, folder, but=()):
        """The same command line again, on a disk that works."""
        code, output = self.training.run(folder)
        require(code == 0, f"the restart ended with {code}", output)
        self.check_same(folder, but)
        return output

    def picked_up(self, folder, save):
        """Which checkpoint is the newest: 'old' or 'new'."""
        complete = runs.checkpoints(runs.newest_run(folder, PROGRAM))
        newest = max(complete, default=0)
        require(newest in (save - 1, save),
                f"the newest checkpoint is {newest}, not {save - 1} or {save}")
        return ("new" if newest == save else "old"), complete.get(newest)

    def check_resumes_at(self, output, sidecar):
        if sidecar is None:
            return
        step = sidecar["info"]["step"]
        told = rf"\| (resume|complete) \|.* step {step}\b"
        require(re.search(told, output), f"it does not resume at step {step}",
                output)

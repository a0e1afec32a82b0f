"""Calls that fail, once or from then on."""
import itertools
import re

import runs
from drill_base import Drill
from drill_training import PARTS, PROGRAM, require, thinned

ERRORS = {"ENOSPC": 28, "EIO": 5, "EACCES": 13}


class FailingCalls(Drill):
    def fail_save(self, call, error, policy, further):
        folder = self.folder()
        plan = f"any checkpoints {call.number}{further} {error}"
        code, output = self.training.run(
            folder, plan, [f"--checkpoint.on_error={policy}"])
        named = rf"checkpoints[^\n]*\(errno {ERRORS[error]}\)"
        require(re.search(named, output), "file and errno are not named",
                output)
        if policy == "stop":
            require(code == 1, f"it ended with {code}, not 1", output)
            self.check_failed(folder, ERRORS[error])
        else:
            require(code == 0, f"it ended with {code}, not 0", output)
            require("training goes on" in output, "no warning", output)
            self.check_same(folder, but=["console.log"])
            # Without the flag it is the same run: it has finished.
        self.restart(folder, but=["console.log"])
        return "stopped" if policy == "stop" else "went on"

    def check_failed(self, folder, number):
        run = runs.newest_run(folder, PROGRAM)
        record = runs.record_of(run)
        require(record.get("status") == "failed",
                f"the run is recorded as {record.get('status')}")
        require(f"(errno {number})" in record["error"],
                f"the run's error is '{record['error']}'")

    def fail_elsewhere(self, call, error, further):
        folder = self.folder()
        plan = f"any {call.part} {call.number}{further} {error}"
        code, output = self.training.run(folder, plan,
                                         ["--checkpoint.on_error=warn"])
        require(code in (0, 1), f"it ended with {code}", output)
        if code == 0:
            self.check_same(folder, but=["console.log"])
            return "went on"
        require(f"(errno {ERRORS[error]})" in output, "no errno", output)
        self.restart(folder, but=["console.log"])
        return "stopped"

    def add_errors(self):
        """Once and from then on take turns."""
        turn = itertools.cycle(["", "+"])
        save = thinned(self.calls_of("checkpoints", 4))
        for error, policy in itertools.product(ERRORS, ("stop", "warn")):
            for call in self.sample(save, 1):
                self.add(f"{error}, {policy}", "save", lambda c=call, e=error,
                         p=policy, f=next(turn): self.fail_save(c, e, p, f))
        for part in PARTS[1:]:
            for call in self.sample(thinned(self.calls_of(part))[:12], 1):
                for error in self.sample(ERRORS, 1):
                    self.add("failing", part, lambda c=call, e=error,
                             f=next(turn): self.fail_elsewhere(c, e, f))

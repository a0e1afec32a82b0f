"""SIGKILL before and in the middle of calls."""
import re
import signal

import runs
from drill_base import Drill
from drill_training import PARTS, PROGRAM, require, thinned


class Kills(Drill):
    def kill_in_save(self, call, action):
        folder = self.folder()
        plan = f"any checkpoints {call.number} {action}"
        code, output = self.training.run(folder, plan)
        require(code == -signal.SIGKILL, f"not killed: {code}", output)
        outcome, sidecar = self.picked_up(folder, call.save)
        self.check_resumes_at(self.restart(folder), sidecar)
        return outcome

    def kill_elsewhere(self, call, action):
        folder = self.folder()
        plan = f"any {call.part} {call.number} {action}"
        code, output = self.training.run(folder, plan)
        if code == 0:  # a background thread made fewer calls this time
            self.check_same(folder)
            return "not reached"
        require(code == -signal.SIGKILL, f"it ended with {code}", output)
        self.restart(folder)
        return "continued"

    def add_kills(self):
        short = self.options.short
        saves = [4] if short else range(1, self.saves + 1)
        for save in saves:
            calls = thinned(self.calls_of("checkpoints", save))
            for call in self.sample(calls, 8):
                self.add("kill before", f"save: {call.name}",
                         lambda c=call: self.kill_in_save(c, "kill"))
            for call in self.sample((c for c in calls if c.name == "write"), 1):
                self.add("kill within", "save: write",
                         lambda c=call: self.kill_in_save(c, "tear"))
        for part in PARTS[1:]:
            for call in self.sample(thinned(self.calls_of(part)), 1):
                actions = ["kill"] + ["tear"] * (call.name == "write")
                for action in self.sample(actions, 1):
                    self.add("kill", part, lambda c=call, a=action:
                             self.kill_elsewhere(c, a))

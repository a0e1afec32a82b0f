"""Files of a run that are cut, flipped or removed."""
import os
import shutil
import signal

import runs
from drill_base import Drill
from drill_training import PROGRAM, require

DAMAGED_SAVE = 5  # of the run whose files are damaged


class Damage(Drill):
    template = None

    def make_template(self):
        """A run that was killed after a save."""
        last = self.calls_of("checkpoints", DAMAGED_SAVE)[-1]
        self.template = self.folder()
        code, output = self.training.run(
            self.template, f"any checkpoints {last.number + 1} kill")
        require(code == -signal.SIGKILL, f"not killed: {code}", output)

    def newest_checkpoint(self, folder=None):
        """Payload and sidecar."""
        run = runs.newest_run(folder or self.template, PROGRAM)
        place = os.path.join(run, "checkpoints")
        names = sorted(name for name in os.listdir(place)
                       if name.startswith("checkpoint-") and
                       name.endswith(".pt") and
                       os.path.exists(os.path.join(place, name + ".json")))
        payload = os.path.join(place, names[-1])
        return payload, payload + ".json"

    def damaged(self, name, damage):
        """A copy of the template with that file damaged, and its path."""
        folder = os.path.join(self.folder(), "copy")
        shutil.copytree(self.template, folder, symlinks=True)
        payload, sidecar = self.newest_checkpoint(folder)
        run = runs.newest_run(folder, PROGRAM)
        path = {"checkpoint": payload, "sidecar": sidecar,
                "events": runs.event_files.event_files(run)[-1]}.get(
            name, os.path.join(run, name))
        damage(path)
        return folder, path

    def damage_checkpoint(self, name, damage, must_tell):
        folder, path = self.damaged(name, damage)
        output = self.restart(folder)
        told = "a damaged checkpoint is passed over" in output and \
            os.path.basename(path) in output
        require(told or not must_tell, "the damage is not reported", output)
        return "passed over" if told else "unharmed"

    def damage_record(self, damage):
        folder, path = self.damaged("run.json", damage)
        code, output = self.training.run(folder)
        if code == 0:
            self.check_same(folder)
            return "unharmed"
        # Another host or process in it: the run may still be written there.
        named = "run.json" in output or "cannot be opened: process" in output
        require(code == 1 and named,
                f"it ended with {code} and does not name run.json", output)
        return "refused"

    def damage_log(self, name, damage, must_tell):
        folder, path = self.damaged(name, damage)
        output = self.restart(folder, but=[name])
        told = f"{os.path.basename(path)} has lost its last" in output
        if must_tell and not told:  # all that is lost comes after the save
            self.check_same(folder)
        return "reported" if told else "went on"

    def damage_rest(self, name, damage):
        folder, _ = self.damaged(name, damage)
        self.restart(folder)
        return "unharmed"

    def damage_all(self):
        def cut_all(payload):
            place = os.path.dirname(payload)
            for each in os.listdir(place):
                if each.startswith("checkpoint-") and each.endswith(".pt"):
                    os.truncate(os.path.join(place, each), 1000)
        folder, path = self.damaged("checkpoint", cut_all)
        code, output = self.training.run(folder)
        require(code == 1 and "nothing could be loaded" in output and
                os.path.basename(path) in output, f"{code}", output)
        return "refused"

    def cuts(self, short):
        def cut(share):
            # The last lacks two bytes: JSON does without its newline.
            return lambda path: os.truncate(
                path, min(int(share * os.path.getsize(path)),
                          os.path.getsize(path) - 2))
        shares = [0, 0.001, 0.1, 0.5, 0.9, 1]
        return [cut(share) for share in self.sample(shares, short)]

    def flips(self, count, short):
        def flip(place, bit):
            def damage(path):
                with open(path, "r+b") as file:
                    at = int(place * os.path.getsize(path))
                    file.seek(at)
                    byte = file.read(1)[0]
                    file.seek(at)
                    file.write(bytes([byte ^ (1 << bit)]))
            return damage
        return [flip(self.dice.random(), self.dice.randrange(8))
                for _ in range(short if self.options.short else count)]

    def add_damage(self):
        for name in ("checkpoint", "sidecar"):
            for damage in self.cuts(1):
                self.add("cut", name, lambda n=name, d=damage:
                         self.damage_checkpoint(n, d, True))
            for damage in self.flips(20, 1):
                self.add("bit flip", name, lambda n=name, d=damage:
                         self.damage_checkpoint(n, d, False))
            self.add("removed", name, lambda n=name:
                     self.damage_checkpoint(n, os.remove, False))
        self.add("cut", "every checkpoint", self.damage_all)
        for fault, damages in (("cut", self.cuts(1)),
                               ("bit flip", self.flips(20, 1)),
                               ("removed", [os.remove])):
            for damage in damages:
                self.add(fault, "run.json",
                         lambda d=damage: self.damage_record(d))
                for name in ("metrics.jsonl", "events", "console.log"):
                    self.add(fault, name, lambda n=name, d=damage, f=fault:
                             self.damage_log(n, d, f != "bit flip"))
                self.add(fault, "params.yaml",
                         lambda d=damage: self.damage_rest("params.yaml", d))
        self.add("removed", "last.pt",
                 lambda: self.damage_rest("checkpoints/last.pt", os.remove))

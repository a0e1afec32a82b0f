"""Without a script: a full disk, a folder that vanishes or is closed."""
import os
import shutil
import subprocess
import time

import runs
from drill_base import Drill
from drill_training import PROGRAM, require


class RealDisks(Drill):
    def fill_disk(self, policy):
        folder = self.folder()
        sizes = [os.path.getsize(path) for path in self.newest_checkpoint()]
        # Two checkpoints and the beginning of a third.
        size = int(2.5 * sum(sizes)) // 4096 * 4096
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}",
                               "tmpfs", folder], capture_output=True, text=True)
        if made.returncode != 0:
            reason = made.stderr.strip().splitlines()[0].split(": ")[-1]
            return f"skipped: {reason}"
        try:
            return self.train_on_full_disk(folder, policy)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)

    def train_on_full_disk(self, folder, policy):
        code, output = self.training.run(
            folder, more=[f"--checkpoint.on_error={policy}"])
        require("No space left on device (errno 28)" in output,
                "a full disk is not reported", output)
        require(code == 1, f"it ended with {code}", output)
        newest = max(runs.checkpoints(runs.newest_run(folder, PROGRAM)))
        require(newest == 2, f"the newest checkpoint is {newest}", output)
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        output = self.restart(folder, but=["console.log"])
        require("| resume |" in output and "passed over" not in output,
                "the checkpoint before is not taken", output)
        return "stopped" if policy == "stop" else "went on to the end"

    def vanish(self, policy):
        folder = self.folder()
        process = self.training.start(
            folder, "fsync checkpoints 1+ delay:100",
            [f"--checkpoint.on_error={policy}"])
        while process.poll() is None:
            found = runs.runs_of(folder, PROGRAM)
            if found and len(runs.checkpoints(found[0])) >= 2:
                break
            time.sleep(0.01)
        run, away = found[0], os.path.join(folder, "away")
        os.rename(run, away)
        output, _ = process.communicate(timeout=300)
        require(process.returncode == 1, f"{process.returncode}", output)
        require("(errno 2)" in output and os.path.basename(run) in output,
                "the folder is not named", output)
        require(not os.path.exists(os.path.join(run, "run.json")),
                "the run was made anew")
        shutil.rmtree(run, ignore_errors=True)  # rescued models
        os.rename(away, run)
        self.restart(folder, but=["console.log"])
        return "stopped" if policy == "stop" else "went on to the end"

    def lose_permission(self):
        if os.geteuid() == 0:
            return "skipped: root may write everywhere"
        folder = self.folder()
        process = self.training.start(folder, "fsync checkpoints 1+ delay:100")
        while not (found := runs.runs_of(folder, PROGRAM)) or \
                len(runs.checkpoints(found[0])) < 2:
            time.sleep(0.01)
        place = os.path.join(found[0], "checkpoints")
        os.chmod(place, 0o500)
        output, _ = process.communicate(timeout=300)
        os.chmod(place, 0o700)
        require(process.returncode == 1 and "(errno 13)" in output,
                "permission lost is not reported", output)
        self.restart(folder, but=["console.log"])
        return "stopped"

    def add_real_disks(self):
        for policy in ("stop", "warn"):
            self.add("really full", f"tmpfs, {policy}",
                     lambda p=policy: self.fill_disk(p))
            self.add("vanishes", f"run folder, {policy}",
                     lambda p=policy: self.vanish(p))
        self.add("not writable", "checkpoints/", self.lose_permission)

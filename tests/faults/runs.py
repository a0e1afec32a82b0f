"""What drills compare: the artefacts of a run, its times aside."""
import atexit
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "support"))
import event_files  # noqa: E402


def device_flags():
    """Where programs train, and so that they repeat: on the device that the
    environment's THEXP_TEST_DEVICE names, else on the CPU."""
    device = os.environ.get("THEXP_TEST_DEVICE") or "cpu"
    if device == "cpu":
        return ["--device=cpu"]
    return ["--device=" + device, "--determinism=strict"]


# No run of a test is one that the user wants to find.
HOME = os.path.join(tempfile.gettempdir(), "thexp-test-home-%d" % os.getpid())
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


def environment(**more):
    return dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                THEXP_HOME=HOME, THEXP_RECORD_CODE="0", **more)


def runs_of(folder, program):
    """The run folders, oldest first."""
    runs = os.path.join(folder, "runs", program)
    if not os.path.isdir(runs):
        return []
    return [os.path.join(runs, name) for name in sorted(os.listdir(runs))]


def newest_run(folder, program):
    return runs_of(folder, program)[-1]


def record_of(run):
    """run.json, or {} where a kill left none."""
    path = os.path.join(run, "run.json")
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return json.load(file)


def completed_run(folder, program):
    """A run that was killed before its first checkpoint stays beside it."""
    done = [run for run in runs_of(folder, program)
            if record_of(run).get("status") == "completed"]
    if len(done) != 1:
        raise ValueError(f"{len(done)} completed runs instead of one")
    return done[0]


def masked(text):
    """Without dates and times, the time limit of a start among them, and without
    the marked lines, which come and go by the clock."""
    text = re.sub(r"^\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", text, flags=re.M)
    text = re.sub(r"^DATE \| ~ \| .*\n?", "", text, flags=re.M)
    text = re.sub(r" --max_time=\S+", "", text)
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-z]{4}\b", "RUN", text)
    return re.sub(r"(\| |in )(\d+d\d+h|\d+h\d+m|\d+m\d+s|\d+s)\b", r"\1TIME",
                  text)


def read(path, mode="r"):
    """Text with whatever bytes a damaged file has."""
    errors = None if "b" in mode else "surrogateescape"
    with open(path, mode, errors=errors) as file:
        return file.read()


def events(run):
    """The values in the event files."""
    try:
        return "\n".join(event_files.lines(run, values_only=True))
    except event_files.Damaged as damage:
        return str(damage)


def artefacts(run):
    """What must not differ: {name: content}."""
    found = {}
    models = os.path.join(run, "models")
    for name in sorted(os.listdir(models)):
        if name.endswith(".pt") and os.path.islink(os.path.join(models, name)):
            found["models/" + name] = read(os.path.join(models, name), "rb")
    found["metrics.jsonl"] = read(os.path.join(run, "metrics.jsonl"))
    found["events"] = events(run)
    for name in sorted(os.listdir(run)):
        if name.endswith(".csv"):  # the program's own
            found[name] = read(os.path.join(run, name))
    found["console.log"] = masked(read(os.path.join(run, "console.log")))
    return found


def best_info(run):
    """What the sidecar of the best checkpoint says, as text; "" without one."""
    link = os.path.join(run, "checkpoints", "best.pt")
    if not os.path.islink(link):
        return ""
    sidecar = json.loads(read(os.path.realpath(link) + ".json"))
    return json.dumps(sidecar["info"], indent=1)


def first_difference(name, expected, found):
    if isinstance(expected, bytes):
        return f"{name}: {len(expected)} and {len(found)} bytes, not equal"
    for number, (a, b) in enumerate(zip(expected.splitlines(),
                                        found.splitlines()), 1):
        if a != b:
            return f"{name}:{number}:\n    undisturbed: {a}\n    faulty:   {b}"
    return (f"{name}: {len(expected.splitlines())} lines undisturbed, "
            f"{len(found.splitlines())} after the fault")


def differences(expected, found, but=()):
    return [first_difference(name, content, found.get(name, type(content)()))
            for name, content in expected.items()
            if name not in but and found.get(name) != content]


def checkpoints(run):
    """The complete ones as {sequence: sidecar}."""
    folder = os.path.join(run, "checkpoints")
    found = {}
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        match = re.fullmatch(r"checkpoint-(\d+)-.*\.pt", name)
        if match and os.path.exists(os.path.join(folder, name + ".json")):
            found[int(match[1])] = json.loads(
                read(os.path.join(folder, name + ".json")))
    return found

#!/usr/bin/env python3
"""Makes a workspace of many realistic runs, to measure the tool on.

    benchmarks/make_runs.py FOLDER [RUNS] [--points N]

RUNS (10000 where it is not given) finished runs in 20 experiments. With
--points, the first run has a metrics.jsonl of N points.
"""
import argparse
import datetime
import json
import pathlib
import random


def params_of(rng):
    return {
        "seed": rng.randrange(5),
        "epoch": 10,
        "steps": None,
        "batch_size": rng.choice([32, 64, 128]),
        "device": "cpu",
        "data": {"root": "/srv/data/mnist", "workers": 4, "shuffle": True,
                 "augment": {"flip": True, "crop": 4, "erase": 0.1}},
        "optim": {"name": "sgd", "lr": rng.choice([0.3, 0.1, 0.03, 0.01]),
                  "momentum": 0.9, "weight_decay": rng.choice([0.0, 1e-4]),
                  "nesterov": False, "clip": None},
        "model": {"width": rng.choice([64, 128, 256]), "depth": 3,
                  "dropout": 0.1, "activation": "relu"},
        "checkpoint": {"every": 1, "keep": 3, "keep_best": True,
                       "best_metric": "eval/acc", "best_mode": "max"},
        "eval": {"every": 1, "every_steps": None},
        "log": {"frame_every": 30.0, "tensorboard": True},
        "workspace": "runs",
        "exp_name": "",
        "fast_dev_run": False,
    }


def metrics_of(rng):
    metrics = {}
    for tag, mode in [("train/loss", "min"), ("train/acc", "max"),
                      ("eval/loss", "min"), ("eval/acc", "max"),
                      ("lr", "min")]:
        value = rng.random()
        metrics[tag] = {"value": value, "step": 9380, "epoch": 10,
                        "best": value * 1.01, "best_step": 8442,
                        "best_epoch": 9, "mode": mode}
    return metrics


def run_of(rng, experiment, number, start, run_id):
    end = start + datetime.timedelta(seconds=rng.uniform(60, 7200))
    status = rng.choices(["completed", "failed", "interrupted", "running"],
                         [90, 5, 4, 1])[0]
    ended = status != "running"
    argv = ["./build/release/examples/mnist", "--optim.lr=0.1",
            "--config=configs/mnist.yaml"]
    iso = (lambda time: time.isoformat(timespec="milliseconds"))
    return {
        "format": 1, "id": run_id, "experiment": experiment, "number": number,
        "user": "ada", "description": "", "program": "mnist", "argv": argv,
        "cwd": "/home/ada/projects/digits", "host": "workstation-17",
        "pid": rng.randrange(1000, 4000000),
        "process_start": str(rng.randrange(10**8)),
        "pid_namespace": "pid:[4026531836]",
        "start": iso(start), "end": iso(end) if ended else None,
        "seconds": (end - start).total_seconds(), "heartbeat": iso(end),
        "heartbeat_interval": 10.0, "status": status,
        "error": "loss is nan at step 371" if status == "failed" else None,
        "parent": None, "continued": [],
        "params": params_of(rng), "metrics": metrics_of(rng),
        "code": {"repository": "/home/ada/projects/digits", "branch": "main",
                 "commit": f"{rng.getrandbits(160):040x}", "dirty": True,
                 "snapshot": f"refs/thexp/{experiment}/{run_id}"},
        "versions": {"thexp": "0.1.0", "libtorch": "2.6.0",
                     "compiler": "GNU 12.2.0", "blas": "OpenBLAS 0.3.21"},
        "hardware": {"cpu": "AMD EPYC 7763 64-Core Processor", "cores": 16,
                     "memory": 137438953472, "gpus": ["NVIDIA H200"]},
        "environment": {"OMP_NUM_THREADS": "8", "CUDA_VISIBLE_DEVICES": "0"},
        "files": {"count": 9, "bytes": 48211392},
        "info": {"epoch": 10, "epochs": 10, "step": 9380, "steps": None},
    }


def write_points(path, count):
    rng = random.Random(2)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            step, tag = divmod(i, 4)
            name = ["train/loss", "train/acc", "train/grad_norm", "lr"][tag]
            line = {"step": step, "epoch": step // 938, "tag": name,
                    "value": rng.random()}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("runs", type=int, nargs="?", default=10000)
    parser.add_argument("--points", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    digits = "0123456789" + letters
    zone = datetime.timezone(datetime.timedelta(hours=1))
    begin = datetime.datetime(2025, 1, 1, 10, tzinfo=zone)
    for i in range(args.runs):
        experiment = f"mnist_model={i % 20:02d}"
        start = begin + datetime.timedelta(minutes=47 * i)
        word = rng.choice(letters) + "".join(rng.choices(digits, k=3))
        run_id = start.strftime("%Y%m%d-%H%M%S-") + word
        folder = args.folder / experiment / run_id
        (folder / "checkpoints").mkdir(parents=True)
        run = run_of(rng, experiment, i // 20 + 1, start, run_id)
        (folder / "run.json").write_text(json.dumps(run, indent=2) + "\n")
        if i == 0 and args.points > 0:
            write_points(folder / "metrics.jsonl", args.points)


if __name__ == "__main__":
    main()

"""Says how often a step calls CUDA's functions, from two counts of
count_calls.c: of 200 and of 400 steps. What waits must not be called in a step;
a frame of the console, which comes by the clock, may fall into one of the two.

    compare_calls.py 200.txt 400.txt
"""
import sys

WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize",
         "cudaEventSynchronize", "cudaMemcpy", "cudaMalloc", "cudaFree",
         "cudaHostAlloc", "cudaHostRegister")


def counts(path):
    with open(path) as file:
        return {name: int(count) for name, count in map(str.split, file)}


few, many = counts(sys.argv[1]), counts(sys.argv[2])
bad = False
for name in few:
    difference = many[name] - few[name]
    wrong = name in WAITS and abs(difference) > 4
    bad |= wrong
    print(f"{few[name]:8} {many[name]:8} {difference / 200:8.3f} a step  {name}"
          + ("  WRONG: must be 0" if wrong else ""))
    if wrong or (difference and name not in WAITS):
        print(f"| {name}: {difference / 200:g} a step" +
              ("  wrong: must be 0" if wrong else ""))
if not any(many.values()):
    print("| CUDA was not called")
sys.exit(bad)

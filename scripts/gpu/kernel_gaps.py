"""Says how busy the GPU was in the steps of a trace that step_trace wrote.

    kernel_gaps.py trace.json
"""
import collections
import json
import sys

with open(sys.argv[1]) as file:
    events = json.load(file)["traceEvents"]
KINDS = ("kernel", "gpu_memcpy", "gpu_memset")
spans = sorted((event["ts"], event["dur"], event["name"], event["cat"])
               for event in events
               if event.get("cat") in KINDS and "dur" in event)
if not spans:
    print("| the trace has no kernels")
    sys.exit(0)
whole = spans[-1][0] + spans[-1][1] - spans[0][0]
busy = sum(span[1] for span in spans)
print(f"| {len(spans) / 50:.1f} kernels and copies a step; the GPU is busy "
      f"{busy / whole:.1%} of {whole / 50:.1f} us a step")
by_name = collections.Counter()
for _, duration, name, _ in spans:
    by_name[name[:90]] += duration
for name, duration in by_name.most_common(20):
    print(f"{duration / 50:9.2f} us a step  {name}")

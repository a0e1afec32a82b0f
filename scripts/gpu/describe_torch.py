"""Says which PyTorch python3 has, and which GPUs it sees."""
import sys

import torch

print("|", "torch", torch.__version__, "CUDA", torch.version.cuda, "ABI",
      int(torch._C._GLIBCXX_USE_CXX11_ABI), "Kineto",
      torch.profiler.kineto_available())
print("| python", sys.version.split()[0], "GPUs:",
      [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())])
print(torch.__config__.show())
sys.exit(0 if torch.cuda.is_available() else 1)

"""Reads a checkpoint with PyTorch, and says on which device it was made: with
--device=auto on the GPU, where there is one.

    look_at_checkpoint.py FILE DEVICE
"""
import sys

import torch

own = torch.load(sys.argv[1], map_location="cpu")["thexp"]
device = own["device"]["device"]
print(f"| --device=auto trained on {device}: {own.get('hardware')}")
sys.exit(0 if device.startswith(sys.argv[2]) else 1)

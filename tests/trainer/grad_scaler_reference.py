"""The scales that grad_scaler_test.cpp pins: torch.cuda.amp.GradScaler's
algorithm (a device tensor of float32, products in double), step by step.

    python3 grad_scaler_reference.py
"""

import struct


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def scales(init, growth, backoff, interval, infinite):
    scale, tracker = float32(init), 0
    for found_inf in infinite:
        if found_inf:
            scale, tracker = float32(scale * backoff), 0
        else:
            tracker += 1
            if tracker == interval:
                scale, tracker = float32(scale * growth), 0
        yield scale, tracker


if __name__ == "__main__":
    pattern = [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0]
    for scale, tracker in scales(1000.3, 1.7, 0.3, 2, pattern):
        print(f"{{{scale!r}, {tracker}}},")

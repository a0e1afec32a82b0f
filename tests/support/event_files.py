#!/usr/bin/env python3
"""Reads TensorBoard event files strictly, for tests and drills.

    event_files.py FOLDER [--values]

Prints a line for each record of the folder's event files, in the order of their
names: "version brain.Event:2", "start STEP", "STEP TAG VALUE"; with --values
the last kind alone. Ends non-zero at a record whose length or checksum is
wrong, as TensorBoard would stop there. Knows the fields that thexp writes.
"""
import os
import struct
import sys


class Damaged(Exception):
    """A record that TensorBoard does not read."""


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked_crc(data):
    crc = crc32c(data)
    return (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        length = int.from_bytes(head, "little")
        body = data[at + 12:at + 12 + length]
        checks = data[at + 8:at + 12] + data[at + 12 + length:at + 16 + length]
        if checks != struct.pack("<II", masked_crc(head), masked_crc(body)):
            raise Damaged(f"{path}: the record at byte {at} is damaged")
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """{number: raw value} of a protobuf message."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            found[key >> 3], at = varint(data, at)
            continue
        size = {1: 8, 5: 4}.get(key & 7)
        if size is None:
            size, at = varint(data, at)
        found[key >> 3] = data[at:at + size]
        at += size
    return found


def events_of(path):
    """(step, kind, value) of each record."""
    for body in records(path):
        event = fields(body)
        step = event.get(2, 0)
        if 3 in event:
            yield step, "version", event[3].decode()
        elif 7 in event:
            yield step, "start", fields(event[7])[1]
        else:
            value = fields(fields(event[5])[1])
            yield step, value[1].decode(), struct.unpack("<f", value[2])[0]


def event_files(folder):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if "tfevents" in name]


def text_of(step, kind, value):
    if kind == "version":
        return f"version {value}"
    return f"start {step}" if kind == "start" else f"{step} {kind} {value!r}"


def lines(folder, values_only=False):
    return [text_of(*event) for path in event_files(folder)
            for event in events_of(path)
            if not (values_only and event[1] in ("version", "start"))]


def main():
    for line in lines(sys.argv[1], values_only="--values" in sys.argv[2:]):
        print(line)


if __name__ == "__main__":
    main()

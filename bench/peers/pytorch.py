"""Trains the TensorFlow tutorial's network for CIFAR-10 with PyTorch on the processor; prints one JSON object.

Usage: python3 pytorch.py INPUTS LABELS IMAGES BATCH THREADS (f32 files: [IMAGES, 32, 32, 3]; and bytes: a class each)
Adam at 0.001 over the images in their order, one pass to warm up, then three timed ones; the rate is that of the median. Both layouts
of memory are timed, and the faster is told. The losses are those of the first pass and of the last.
"""

import json
import statistics
import sys
from time import perf_counter

import numpy
import torch
from torch import nn

inputs, labels = sys.argv[1:3]
images, batch, threads = map(int, sys.argv[3:6])
torch.set_num_threads(threads)
x = torch.from_numpy(numpy.fromfile(inputs, numpy.float32).reshape(images, 32, 32, 3).transpose(0, 3, 1, 2).copy())
y = torch.from_numpy(numpy.fromfile(labels, numpy.uint8).astype(numpy.int64))


def run(layout):
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 10),
    ).to(memory_format=layout)
    rows = x.to(memory_format=layout)
    weights = sum(p.numel() for p in network.parameters())
    if weights != 122570:
        raise SystemExit(f'pytorch.py: the network has {weights} weights; 122570 wanted')
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    criterion = nn.CrossEntropyLoss()
    times, losses = [], []
    for _ in range(4):
        start, total = perf_counter(), 0.0
        for at in range(0, images, batch):
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(network(rows[at:at + batch]), y[at:at + batch])
            loss.backward()
            optimizer.step()
            total += loss.item()
        times.append(perf_counter() - start)
        losses.append(total / (images / batch))
    return images / statistics.median(times[1:]), losses[0], losses[-1]


best = max(run(torch.contiguous_format), run(torch.channels_last))
print(json.dumps({'version': torch.__version__, 'imagesPerSecond': best[0], 'firstLoss': best[1], 'lastLoss': best[2]}))

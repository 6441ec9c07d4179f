#!/usr/bin/env python3
"""The published RoI classification [Lin23] in numpy, written apart from libs/roi as its oracle.

usage: paper_reference.py FILE DATASET ROWS COLS CENTRE_ROW CENTRE_COL SEGMENTS
Prints "kept FRACTION" and one 0/1 per frame of a full row-major raster.
"""
import sys

import h5py
import numpy as np


def mean3x3(grid):
    """Mean over the neighbours that exist; NaN marks a frame without a value."""
    padded = np.pad(grid, 1, constant_values=np.nan)
    rows, cols = grid.shape
    windows = [padded[r : r + rows, c : c + cols] for r in range(3) for c in range(3)]
    with np.errstate(all="ignore"):
        return np.where(np.isnan(grid), np.nan, np.nanmean(windows, axis=0))


def kmeans2(values):
    low, high = values.min(), values.max()
    for _ in range(10):
        is_low = np.abs(values - low) <= np.abs(values - high)
        before = low, high
        low = values[is_low].mean()
        high = values[~is_low].mean() if (~is_low).any() else high
        if (low, high) == before:
            break
    return np.abs(values - low) <= np.abs(values - high)


def features(frames, centre, segments):
    rows, cols = frames.shape[1:]
    y, x = np.mgrid[:rows, :cols]
    angle = np.arctan2(y - centre[0], x - centre[1])
    angle = np.where(angle < 0, angle + 2 * np.pi, angle)
    label = np.minimum(np.floor(angle * segments / (2 * np.pi)).astype(int), segments - 1)
    weights = np.zeros((rows * cols, 3 * segments))
    for s in range(segments):
        inside = (label == s).ravel()
        for i, w in enumerate((np.ones_like(x), x, y)):
            weights[inside, 3 * s + i] = w.ravel()[inside]
    out = np.empty((len(frames), 3 * segments))
    for k in range(0, len(frames), 128):
        chunk = frames[k : k + 128]
        flagged = chunk >= np.iinfo(chunk.dtype).max - 1
        out[k : k + 128] = np.where(flagged, 0, chunk).reshape(len(chunk), -1).astype(float) @ weights
    return out.reshape(len(frames), segments, 3)


def classify(sums, shape):
    total = sums[:, :, 0]
    whole = total.sum(axis=1)
    dark = whole < 0.2 * np.median(whole)
    chosen = np.zeros(len(whole), bool)
    for s in range(total.shape[1]):
        votes = ~dark & (total[:, s] > 0)
        com = sums[votes, s, 1:] / total[votes, s, None]
        magnitude = np.full(len(whole), np.nan)
        magnitude[votes] = np.hypot(*((com - com.mean(axis=0)) / com.std(axis=0)).T)
        counts = np.where(votes, total[:, s], np.nan)
        log_t = np.log(mean3x3(counts.reshape(shape)).ravel()[votes])
        log_m = np.log(mean3x3(magnitude.reshape(shape)).ravel()[votes])
        chosen[votes] |= kmeans2(log_t) | ~kmeans2(log_m)
    return chosen


def main():
    path, dataset, *numbers, segments = sys.argv[1:]
    shape, centre = tuple(map(int, numbers[:2])), tuple(map(float, numbers[2:]))
    with h5py.File(path) as file:
        frames = file[dataset][:]
    chosen = classify(features(frames, centre, int(segments)), shape)
    print(f"kept {chosen.mean():.6f}")
    print("".join("01"[int(c)] for c in chosen))


if __name__ == "__main__":
    main()

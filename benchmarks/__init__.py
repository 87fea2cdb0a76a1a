"""The numbers we promise, each measured against a named peer in the same run.

`python -m benchmarks` runs all, `python -m benchmarks P3` one.

FAST=1 takes small sizes, for a look while working. BENCH_MIRROR names a folder with real bare repositories
for P6.
"""

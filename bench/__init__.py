"""Benchmarks: each figure beside its own yardstick, taken in one run. `make bench` runs them all."""

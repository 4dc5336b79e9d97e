"""Benchmarks, printed as ratios measured in one run; `make bench`. No test is timed."""

"""A year of the market, made up from a seed: every way money moves, faults among the calls, books closed each month."""

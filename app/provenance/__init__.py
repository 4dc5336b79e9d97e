"""Where a change's code was declared to come from. Never "detected": absence of a signal is `undeclared`."""

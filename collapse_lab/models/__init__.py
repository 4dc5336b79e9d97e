"""Models: complete, score, train, look inside. The only part of the project that knows torch."""

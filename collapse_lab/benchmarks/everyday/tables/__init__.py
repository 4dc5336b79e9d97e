"""The everyday tasks, a table a family."""

"""Commands and reports of any other language's tools: run on both sides, read without trust, compared."""

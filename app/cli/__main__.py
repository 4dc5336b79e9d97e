"""`python -m app.cli` is `exogate`."""

from app.cli import main

main()

"""What the pages read from the ledger, one page a file; every query is narrowed to what its reader may see."""

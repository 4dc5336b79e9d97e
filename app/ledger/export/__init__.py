"""What leaves the ledger, for repositories that agreed: rows, and the forms in which others read them."""

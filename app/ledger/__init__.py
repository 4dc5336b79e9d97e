"""The ledger: what was heard, judged, overruled and merged, in rows that are added and never changed."""

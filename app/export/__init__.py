"""What training pipelines take: the ledger's rows chosen by a condition, and corpora filtered or weighed by them."""

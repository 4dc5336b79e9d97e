"""The ledger's migrations, run by ``app.ledger.migrate``."""

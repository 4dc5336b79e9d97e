"""Hears: deliveries of a GitHub App in, jobs out. Imports go one way: ``gates`` <- ``app`` <- ``webhooks``.

A delivery is answered when Redis has it: its jobs in the queue and its row in the outbox, in one stroke. The keeper and
the workers write the outbox into the ledger; a job's outcome is written after its delivery.
"""

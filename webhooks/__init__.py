"""Hears: deliveries of a GitHub App in, jobs out. Imports go one way: ``gates`` <- ``app`` <- ``webhooks``."""

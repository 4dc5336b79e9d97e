"""A small sample repository with pull-request branches of several kinds, and a review of each."""

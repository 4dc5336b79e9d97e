"""From runs to evidence: one card a policy, and one file on exposure. Numbers only; writing is the command's.

``cards`` makes a run's cards, ``rounds`` their pages, ``facts`` what they and ``exposure`` say of the study and of
how it was made, ``choose`` takes the better of two measurements of a policy.
"""

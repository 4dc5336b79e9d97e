"""The pages on which maintainers see what was judged, by which policy, and what that policy is worth."""

"""Speaking to GitHub: what a review puts on a pull request, and how a lost answer is not asked for twice."""

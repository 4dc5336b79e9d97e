"""A small runner: runs the steps of a composite action as GitHub's does, as far as `action.yml` goes.

expressions (`${{ }}`), log (workflow commands in what a step prints), files (GITHUB_OUTPUT and its like), runner
(steps, environment, what came of them). What it does not know it refuses, so that `action.yml` cannot quietly use it.
"""

"""Acts on verdicts: where a change comes from, the one review path, reports and the command line.

``review``           the one path: change -> provenance -> policy -> panel -> Review; every face calls it
``review_types``     the Review, which every reporter consumes
``local``            a change out of a local git repository, by ``git`` (a git that runs nothing of the repository's)
                     and ``git_snapshot`` (trees read without a checkout)
``policy_source``    which policy judges: asked for, the base's, or the default
``interpreters``     which Python runs the repository's tests
``provenance/``      what was declared: the rules are data (``signals.jsonl``), ``detector`` is pure, ``read`` is the
                     I/O, ``local`` ties them together
``reporting/``       one file a format; what they share is in ``words``, and ``text`` makes untrusted text harmless
``action/``          what a job of GitHub Actions is about, and what its runner collects; ``action.yml`` starts it
``cli/``             the ``exogate`` command, one file a subcommand
``demo/``            ``make demo``: a sample repository, and what the README shows of it
"""

__version__ = "0.1.0"

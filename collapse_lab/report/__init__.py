"""One page a run, with plots and tables beside it: what was asked, what was found, and how sure that is.

``reading`` takes a run's folder, ``scores`` pairs its arms, ``retention``, ``contrasts``, ``claims`` and
``prediction`` compute, ``sections`` say it in words, ``draw`` pictures it, ``build`` writes the files.
"""

"""What the lab does on a GPU, measured: `collapse-lab bench`.

Each step (``plan.py``) runs in a process of its own (``step.py``) under a time limit, and gives one line (``lines.py``)
that is kept as soon as it is known. ``decoding.py``, ``training.py`` and ``networks.py`` know torch, and only a step's
process imports them; the others do not.
"""

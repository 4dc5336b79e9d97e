"""Measures what a gate policy is worth when a code model is trained again on what the policy let through.

The map, from the data to the page:

``tasks``       what the model is asked: prompts, reference bodies, visible and hidden tests, strata
``models``      what answers: complete, score, train, look inside (the only place that knows torch)
``execution``   runs samples in the sandbox; the comparison with expected values happens outside their process
``self_gates``  gates that ask a model, and the lab's controls; they join the house through the entry-point group
``study``       what a study file may say (``study_model``, ``study_tasks``); ``arms`` makes the matrix of it
``stages``      generate, gate, mix, train, evaluate, probe: pure functions from artifacts to an artifact
``lab``         a study as a graph of artifacts (``pool``, ``documents``, ``looks``), made when first needed
``store``       keeps artifacts by the hash of what made them; a killed run continues where it stood
``run``         arms in processes of this host (``crew``, ``job``)
``queued``      arms in an RQ queue (``arm_queue``), for workers on any host (``worker``, ``hosted``)
``place``       where a run lies; ``remote`` and ``shared`` are its second home, at an address of fsspec's
``metrics``     numbers and their intervals from the artifacts' tables
``theory``      gated reweighting on explicit distributions: the paper's theorems as executable statements
``report``      one page, with tables beside it
``evidence``    cards that policies carry, from runs; read by ``gates.evidence``
``cli``         the ``collapse-lab`` command
"""

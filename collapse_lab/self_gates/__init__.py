"""Gates that ask a model, and the lab's controls. They join the house through the entry-point group `exogate.gates`."""

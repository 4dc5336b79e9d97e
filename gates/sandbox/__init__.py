"""Where untrusted code runs: one interface, three back-ends, no silent fall-back."""

"""What of a change is looked at for credentials, and the run that looks."""

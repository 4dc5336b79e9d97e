"""Numbers from the tables of artifacts, and their intervals. Import the module that is meant."""

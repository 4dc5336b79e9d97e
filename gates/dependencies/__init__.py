"""What a repository imports, what it declares, and what is known of the distributions between the two."""

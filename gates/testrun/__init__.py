"""Running a tree's tests in the sandbox, and comparing what two runs said."""

"""The GitHub Action's side: a runner's environment and event in, a review and its reports out.

inputs (what the workflow asks), environment (what the runner says), event (the payload), sides (which two commits),
place (which repository and directory), history (fetching what a shallow checkout lacks), annotations (workflow
commands), ending (which exit status, and why), summary (the job's page), outputs (the step's outputs), files
(writing where a change may have left links), labels (labels and comment, where the token allows), run (all of it).
"""

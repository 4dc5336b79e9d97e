"""Evidence cards: what the lab measured for a policy, read where the policy judges.

``card``, ``exposure``      the forms of the two kinds of file; ``schema`` writes their JSON schemas
``sealed``                  reading JSON that anybody may have written, and the hash that shows tampering
``verdicts``                the rules that turn a card's numbers into its verdict
``shelf``                   the cards that ship and those of further folders, each checked
``compose``                 what cards of its gates say of a policy that has no card
``find``                    what is known of one policy: measured, composed, stale or unmeasured
``line``                    that in one line
``refusal``                 which policies rest on the author's own model alone, and what was measured of such
``measure``                 the study that would measure a policy

The cards themselves lie here as ``*.json``; `collapse-lab evidence` writes them.
"""

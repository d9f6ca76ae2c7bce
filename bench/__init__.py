"""What this sandbox costs: ``make bench``, ``make bench-peers``, ``make bench-workers``, ``make bench-sandboxes``.

Figures on their own say more about a machine than about a program, so all are ratios of things measured in turns.
"""

"""What this sandbox costs: ``make bench``, ``make bench-peers``, ``make bench-workers``, ``make bench-sandboxes``.
And what holds while many use it: ``make load``, ``make soak``.

Figures on their own say more about a machine than about a program, so all are ratios of things measured in turns.
"""

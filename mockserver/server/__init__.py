"""How a server carries a Reply out: the only place that knows a server's inside.

``serve`` puts a delay and a network fault on the Reply and says no more; each front here brings them about.
"""

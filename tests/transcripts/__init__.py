"""What a server answers, byte by byte: requests and replies as plain text, checked over a socket against a server.

The files know nothing of the package's insides, so they stay while the code moves. ``python -m tests.transcripts``
sends them; with ``--write`` it writes the replies that came, and ``git diff`` shows what changed.

A file begins with comments. ``# serve:`` has the options of the server, ``# needs:`` what only our own server can do.
``###`` begins an exchange and has its title; comments may follow (``# whole``: keep a long
body in full; ``# lines: ^#``: compare only these lines of it), then the
request as on the wire, then ``=== reply`` and the reply. The runner adds ``Host``, ``Content-Length`` and
``Connection: close`` where a request has none; ``Host: {{none}}`` leaves the host out. ``Date``, ``Server``,
``Connection`` and ``Keep-Alive`` of a reply are not compared, and the order of its headers is not either.

What differs from run to run is a placeholder. Any other text in double braces stands for itself.

``{{call 1}}``       the id of a call, the same one wherever this number stands, in requests, too
``{{number}}``       a number
``{{time}}``         an instant in ISO 8601
``{{port}}``         the server's port, in requests, too
``{{version}}``      a version
``{{any}}``          any text
``{{newline}}``      a line feed at the end of a body, in requests, too
``{{cr}}``           a carriage return, in requests, too
``{{repeat 9 ab}}``  in requests: a text so many times
``{{body …}}``       size and hash of a long body, of which only the beginning stands before it
``{{empty}}``        instead of a reply: the connection was closed
``{{reset}}``        instead of a reply, or at its end: the connection was reset
"""

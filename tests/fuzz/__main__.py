"""``make fuzz``: every fuzz test by seeds that were not tried yet, then every target steered by atheris, if it is here.

``python -m tests.fuzz <seconds> [<seed>]``: about so long for the tests, and for each target. What fails is told with
what repeats it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from random import randrange

HERE = Path(__file__).parent
TARGETS = ("wire", "query", "fixture", "scenario", "control")  # steered.py's, which cannot be imported without atheris
ROUND = 40  # examples of each test a seed


def tests(seconds: float, seed: int) -> int:
    """The tests, seed by seed; the status of the first that fails. What measures the processor is done once: with
    another seed it would send the same.
    """
    until, more = time.monotonic() + seconds, list[str]()
    while True:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-o", "timeout=600", str(HERE), *more]
        again = f"MOCK_FUZZ_EXAMPLES={ROUND} python -m pytest --hypothesis-seed={seed} tests/fuzz"
        print(f"seed {seed}: {again}", flush=True)
        environment = {**os.environ, "MOCK_FUZZ_EXAMPLES": str(ROUND)}
        status = subprocess.run([*command, f"--hypothesis-seed={seed}"], env=environment, check=False).returncode
        if status or time.monotonic() > until:
            return status
        seed, more = seed + 1, [f"--ignore={HERE / 'test_bound.py'}"]


def steered(seconds: int) -> int:
    """Each target; the number of those that found something."""
    if find_spec("atheris") is None:
        print("atheris is not installed: pip install 'mockserver[fuzz]'. Only the tests were tried.")
        return 0
    broken = 0
    for target in TARGETS:
        print(f"{target}: python -m tests.fuzz.steered {target} -max_total_time={seconds}", flush=True)
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.steered",
            target,
            f"-max_total_time={seconds}",
            "-print_final_stats=1",
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-6000:])
            broken += 1
        else:
            print(next((line for line in done.stderr.splitlines() if line.startswith("Done ")), ""), flush=True)
    return broken


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    seconds, seed = (*given, *(60, randrange(10**6))[len(given) :])
    sys.exit(tests(seconds, seed) or steered(seconds))

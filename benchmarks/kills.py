"""The long crash campaign: so many SIGKILLs at random instants, each followed by a comparison with the server's accept log.

python benchmarks/kills.py 3000 [SEED]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CAMPAIGN = Path(__file__).parents[1] / "tests" / "test_crash.py"


def main() -> int:
    """Runs the campaign of the tests with another number; its figures, and pytest's exit code."""
    kills, *seed = sys.argv[1:] or ["3000"]
    told = {**os.environ, "NEWSLETTER_KILLS": kills} | ({"NEWSLETTER_SEED": seed[0]} if seed else {})
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        words = [sys.executable, "-m", "pytest", "-q", str(CAMPAIGN), "-k", "at_random", f"--junitxml={report}"]
        done = subprocess.run(words, env=told, cwd=CAMPAIGN.parent, check=False)
        found = re.search(r'name="campaign" value="([^"]*)"', report.read_text(encoding="utf-8"))
    print(found.group(1).replace("&lt;", "<").replace("&gt;", ">") if found else "no campaign was run")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

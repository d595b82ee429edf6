"""Write ``newsletter/check/data/client_support.json``: which mail program knows which part of HTML and CSS.

Run ``npm pack caniemail@2.0.2 && tar xzf caniemail-2.0.2.tgz``, then ``python tools/client_support.py package``. The facts
are those of caniemail.com as the npm package carries them; images are left out (another check knows their formats), and so
is what every program knows. Of several versions of a program the newest counts.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from newsletter.check.page.mail_programs import PROGRAMS

TARGET = Path(__file__).resolve().parent.parent / "newsletter" / "check" / "data" / "client_support.json"
LONGEST_NOTE = 160
ELSEWHERE = {  # programs whose names there are not family, dash, platform
    "gmail-mobile-web": ("gmail", "mobile-webmail"),
    "outlook-new": ("outlook", "outlook-com"),
    "samsung-email": ("samsung-email", "android"),
    "thunderbird": ("thunderbird", "windows", "macos"),  # the first of which something is known
    "fastmail": ("fastmail", "desktop-webmail"),
}


def main(package: Path) -> None:
    """Reads the package's data and writes ours."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    data = json.loads((package / "dist" / "data" / "caniemail.json").read_text(encoding="utf-8"))
    notes: dict[str, int] = {}
    features = {}
    for feature in data["data"]:
        known = " ".join(support(feature, program, notes) for program in PROGRAMS)
        if feature["category"] in ("css", "html") and not set(known) <= {"y", "u", " "}:
            features[feature["slug"]] = known
    written = {
        "source": f"caniemail.com, from the npm package caniemail {about['version']}",
        "as_of": data["last_update_date"][:10],
        "licence": "MIT; see client_support.LICENSE",
        "programs": list(PROGRAMS),
        "notes": list(notes),
        "features": dict(sorted(features.items())),
    }
    TARGET.write_text(json.dumps(written, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    TARGET.with_suffix(".LICENSE").write_text((package / "LICENSE").read_text(encoding="utf-8"), encoding="utf-8")
    print(f"{TARGET.name}: {len(features)} features, {len(PROGRAMS)} programs, {TARGET.stat().st_size:,} bytes")


def support(feature: dict[str, Any], program: str, notes: dict[str, int]) -> str:
    """`y`, `a3,7` (in part; the numbers of its notes), `n`, or `u` where nothing is known."""
    family, *platforms = ELSEWHERE.get(program, program.rsplit("-", 1))
    platforms = ["desktop-webmail" if platform == "web" else platform for platform in platforms]
    stats = feature["stats"].get(family, {})
    versions = next((stats[platform] for platform in platforms if platform in stats), {"0": "u"})
    newest = versions[max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])]
    numbers = re.findall(r"#(\d+)", newest) if newest[0] == "a" else []
    said = [shortened((feature["notes_by_num"] or {}).get(number, "")) for number in numbers]
    return newest[0] + ",".join(str(notes.setdefault(note, len(notes))) for note in said if note)


def shortened(note: str) -> str:
    """The note without its links, its first words where it is long."""
    plain = re.sub(r"\s*\(?(?:See )?\[([^\]]*)\]\([^)]*\)\)?", r" \1", note)
    return " ".join(plain.split())[:LONGEST_NOTE]


if __name__ == "__main__":
    main(Path(sys.argv[1]))

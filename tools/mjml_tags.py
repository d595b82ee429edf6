"""Write ``newsletter/compose/mjml_tags.json``: which MJML tags there are, what they take, and where they may stand.

Run ``python tools/mjml_tags.py FOLDER`` where FOLDER holds a ``node_modules`` with npm ``mjml`` (``tests/node`` after
``npm install --prefix tests/node``). Needs ``node`` on the PATH. The facts come from the npm package; an attribute that
makes no difference to what mjml-python writes is moved to ``left_out``, because it would be ignored in silence.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import mjml

TARGET = Path(__file__).resolve().parent.parent / "newsletter" / "compose" / "mjml_tags.json"
DUMP = """
const { createRequire } = require("node:module"), fs = require("node:fs"), path = require("node:path");
const here = createRequire(path.resolve(process.argv[1], "package.json")), top = here.resolve("mjml/package.json");
const inner = createRequire(top), preset = inner("mjml-preset-core").default ?? inner("mjml-preset-core");
const colors = require(path.join(path.dirname(inner.resolve("mjml-core")), "types/helpers/colors.js"));
process.stdout.write(JSON.stringify({
  version: JSON.parse(fs.readFileSync(top)).version, colors: colors.default ?? colors,
  licence: fs.readFileSync(path.join(path.dirname(top), "LICENSE.md"), "utf8"),
  tags: Object.fromEntries(preset.components.map((c) => [c.componentName, [c.allowedAttributes ?? {}, c.endingTag === true]])),
  children: Object.fromEntries(Object.entries(preset.dependencies).map(([k, v]) => [k, v.filter((x) => typeof x === "string")])),
}));
"""

ARROWS = "Its arrows are loaded from another company's website, and most mail programs cannot open it. Use mj-image and mj-text."
MENU = "Most mail programs cannot open the menu it makes; the links of mj-navbar show without it."
FOREIGN = "The compiler used here does not know it."
LEFT_OUT = {
    "mj-accordion": ARROWS,
    "mj-accordion-element": ARROWS,
    "mj-accordion-title": ARROWS,
    "mj-accordion-text": ARROWS,
    "mj-carousel": ARROWS,
    "mj-carousel-image": ARROWS,
    "mj-html-attributes": f"{FOREIGN} Write the attribute on the HTML tag itself.",
    "mj-selector": f"{FOREIGN} Write the attribute on the HTML tag itself.",
    "mj-html-attribute": f"{FOREIGN} Write the attribute on the HTML tag itself.",
    "mj-include": 'Use {% include "other.mjml" %} for a file of this folder.',
    "mj-raw position": f"{FOREIGN} Nothing may stand before the page.",
    "mj-style inline": "The compiler used here does not put it inline. Write rules that must be inline into inline.css.",
    "mj-font href": "It loads the font from another website as soon as the mail is opened. Use fonts that every computer has.",
    "mj-text background-color": f"{FOREIGN} Use container-background-color.",
    "mj-image border-top": f"{FOREIGN} Use border.",
    "mj-image border-bottom": f"{FOREIGN} Use border.",
    "mj-section gutter": f"{FOREIGN} Use the padding of the columns.",
    "mj-wrapper gutter": f"{FOREIGN} Use the padding of the columns.",
    "mj-wrapper gap": f"{FOREIGN} Use the padding of the sections.",
}
IGNORED = "The compiler used here ignores it in silence: delete it."

# Where a tag stands while its attributes are tried: without these neighbours some make no difference to anybody.
BODY = "<mjml><mj-head><mj-title>t</mj-title>{head}</mj-head><mj-body>{body}</mj-body></mjml>"
COLUMN = BODY.format(head="", body="<mj-section><mj-column>%</mj-column></mj-section>")
SOCIAL = "<mj-social-element name='facebook' src='a.png' href='b'>x</mj-social-element>"
STAGES: dict[str, tuple[str, ...]] = {
    "mjml": ("<mjml @><mj-body></mj-body></mjml>",),
    "mj-body": ("<mjml><mj-body @><mj-section><mj-column></mj-column></mj-section></mj-body></mjml>",),
    "mj-breakpoint": (BODY.format(head="<mj-breakpoint @/>", body="<mj-section><mj-column></mj-column></mj-section>"),),
    "mj-section": tuple(
        BODY.format(head="", body=f"<mj-section @ {more}><mj-column></mj-column></mj-section>")
        for more in ("", "background-url='a.png'")
    ),
    "mj-wrapper": tuple(
        BODY.format(head="", body=f"<mj-wrapper @ {more}>{'<mj-section></mj-section>' * 2}</mj-wrapper>")
        for more in ("", "background-url='a.png'")
    ),
    "mj-hero": tuple(
        BODY.format(head="", body=f"<mj-hero @ {more}><mj-text>x</mj-text></mj-hero>")
        for more in ("", "background-url='a.png'", "background-url='a.png' background-width='9px' background-height='9px'")
    ),
    "mj-group": (BODY.format(head="", body="<mj-section><mj-group @><mj-column></mj-column></mj-group></mj-section>"),),
    "mj-column": tuple(
        BODY.format(head="", body=f"<mj-section><mj-column @ {more}><mj-text>x</mj-text></mj-column></mj-section>")
        for more in ("", "padding='2px'")
    ),
    "mj-image": tuple(COLUMN.replace("%", f"<mj-image src='a.png' @ {more}/>") for more in ("", "href='b'", "srcset='c.png 2x'")),
    "mj-button": tuple(COLUMN.replace("%", f"<mj-button @ {more}>x</mj-button>") for more in ("", "href='b'")),
    "mj-social": tuple(
        COLUMN.replace("%", f"<mj-social @ {more}>{SOCIAL}</mj-social>") for more in ("", "mode='horizontal'", "mode='vertical'")
    ),
    "mj-social-element": tuple(
        COLUMN.replace("%", f"<mj-social><mj-social-element @ {more}>x</mj-social-element></mj-social>")
        for more in ("", "name='facebook'", "src='a.png'", "src='a.png' href='b'", "src='a.png' srcset='c.png 2x' href='b'")
    ),
    "mj-navbar": (COLUMN.replace("%", "<mj-navbar @><mj-navbar-link href='b'>x</mj-navbar-link></mj-navbar>"),),
    "mj-navbar-link": tuple(
        COLUMN.replace("%", f"<mj-navbar><mj-navbar-link @ {more}>x</mj-navbar-link></mj-navbar>") for more in ("", "href='b'")
    ),
}
TRIED = {"color": ["#010203"], "boolean": ["true", "false"], "integer": ["7"], "unit": ["7px", "7%", "auto"]}
STRINGS = ["zz", "facebook", "7px 8px", "7px dotted #010203", "fluid-height", "repeat"]


def makes_a_difference(tag: str, attribute: str, kind: str) -> bool:
    """Whether mjml-python writes anything else when `attribute` is there."""
    name, _, inside = kind.partition("(")
    values = inside.rstrip(")").split(",") if name == "enum" else TRIED.get(name.removesuffix("WithNegative"), STRINGS)
    for stage in STAGES.get(tag, (COLUMN.replace("%", f"<{tag} @>x</{tag}>" if tag not in EMPTY else f"<{tag} @/>"),)):
        without = mjml.mjml2html(stage.replace("@", ""), fonts={}, social_icon_origin="")
        for value in values:
            if mjml.mjml2html(stage.replace("@", f'{attribute}="{value}"', 1), fonts={}, social_icon_origin="") != without:
                return True
    return False


EMPTY = frozenset(["mj-breakpoint", "mj-divider", "mj-font", "mj-image", "mj-spacer"])
TEXT_ONLY = frozenset(["mj-preview", "mj-style", "mj-title"])
UNTRIED = frozenset(["mj-attributes", "mj-head", "mj-preview", "mj-raw", "mj-style", "mj-title", "mj-font"])
OF_MJML = {"lang": "string", "dir": "enum(ltr,rtl,auto)"}  # from mjml.io: the package has no component for the root


def collect(folder: str) -> dict[str, object]:
    """The whole content of the JSON file."""
    done = subprocess.run(["node", "-e", DUMP, folder], capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    left_out = dict(LEFT_OUT)
    tags: dict[str, object] = {}
    for tag, (attributes, holds_html) in [("mjml", (OF_MJML, False)), *sorted(found["tags"].items())]:
        if tag in left_out:
            continue
        kinds: dict[str, str] = {}
        for attribute, kind in attributes.items():
            name = f"{tag} {attribute}"
            if tag == "mj-navbar" and attribute.startswith(("hamburger", "ico-")):
                left_out[name] = MENU
            elif name not in left_out and tag not in UNTRIED and not makes_a_difference(tag, attribute, kind):
                left_out[name] = IGNORED
            if name not in left_out:
                kinds[kind] = f"{kinds.get(kind, '')} {attribute}".strip()
        holds = "nothing" if tag in EMPTY else "text" if tag in TEXT_ONLY else "html" if holds_html else "tags"
        children = [child for child in found["children"].get(tag, []) if child not in left_out]
        tags[tag] = {"holds": holds, "children": " ".join(children), "attributes": kinds}
    reasons: dict[str, list[str]] = {}
    for name, why in left_out.items():
        reasons.setdefault(why, []).append(name)
    return {
        "about": f"Made by tools/mjml_tags.py from npm mjml {found['version']}, tried on mjml-python "
        f"{importlib.metadata.version('mjml-python')}. Attributes by MJML's own type names.",
        "mjml": found["version"],
        "licence": found["licence"].strip(),
        "tags": tags,
        "left_out": reasons,
        "colors": " ".join(found["colors"]),
    }


def main() -> None:
    """Writes the file, and says what was left out."""
    content = collect(sys.argv[1] if len(sys.argv) > 1 else "tests/node")
    tags = content.pop("tags")
    assert isinstance(tags, dict)
    rows = ",\n".join(f"{json.dumps(tag)}: {json.dumps(said, separators=(',', ':'))}" for tag, said in tags.items())
    rest = ",\n".join(f"{json.dumps(key)}: {json.dumps(said, ensure_ascii=False)}" for key, said in content.items())
    TARGET.write_text(f'{{\n{rest},\n"tags": {{\n{rows}\n}}\n}}\n', encoding="utf-8")
    print(f"{TARGET.name}: {len(tags)} tags, {TARGET.stat().st_size} bytes. Left out:")
    left_out = content["left_out"]
    assert isinstance(left_out, dict)
    print("\n".join(f"  {why} {', '.join(names)}" for why, names in left_out.items()))


if __name__ == "__main__":
    main()

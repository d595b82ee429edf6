"""Pages with HTML and CSS that mail programs do not know, and the same with something to fall back on."""

from __future__ import annotations

from check_desk import ROOT, Desk, body_start, in_html, in_part, near, spoilt, trips

from newsletter.check.evidence import Evidence

SHIPPED = (ROOT / "templates" / "clinic" / "head.css").read_text(encoding="utf-8")
WORDS = "Walk about for five minutes or so."


@trips("H03")
def columns_with_flex(desk: Desk) -> Evidence:
    row = f'<div style="display: flex; gap: 20px"><div>{WORDS}</div><div>And again.</div></div>'
    return spoilt(desk.evidence(), body_start(row))


@trips("H03")
def variables_in_the_theme(desk: Desk) -> Evidence:
    return desk.theme("head.css", f"{SHIPPED}:root {{ --ink: #1f2933; }}\nh1 {{ color: var(--ink); }}\n").evidence()


@trips("H03")
def drawing_in_the_page(desk: Desk) -> Evidence:
    drawing = '<svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2v20"/></svg>'
    return spoilt(desk.evidence(), body_start(drawing))


@trips("H03")
def font_alone(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("font-family:Georgia, serif", "font-family:'Playfair Display'"))


@trips("H03")
def button_element(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(WORDS, f"{WORDS} <button>Read on</button>"))


@trips("H03")
def table_that_outlook_does_not_hide(desk: Desk) -> Evidence:
    hidden = '<div style="display:none"><table role="presentation"><tr><td>Only on phones</td></tr></table></div>'
    return spoilt(desk.evidence(), body_start(hidden))


@near("H03")
def flex_in_a_media_query(desk: Desk) -> Evidence:
    return desk.theme("head.css", f"{SHIPPED}@media (max-width: 599px) {{ .row {{ display: flex; }} }}\n").evidence()


@near("H03")
def flex_for_all_but_outlook(desk: Desk) -> Evidence:
    desk.in_practice("language: en", "language: en\nmail_programs: [outlook-windows, apple-mail]")
    row = f'<!--[if !mso]><!--><div style="display:flex">{WORDS}</div><!--<![endif]-->'
    return spoilt(desk.evidence(), body_start(row))


@near("H03")
def flex_where_all_know_it(desk: Desk) -> Evidence:
    desk.in_practice("language: en", "language: en\nmail_programs: [gmail-web, apple-mail]")
    return spoilt(desk.evidence(), body_start(f'<div style="display:flex">{WORDS}</div>'))


@near("H03")
def size_with_another_before_it(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<p style="font-size:17px;font-size:clamp(1rem, 2vw, 1.2rem)">{WORDS}</p>'))


@near("H03")
def picture_on_a_color(desk: Desk) -> Evidence:
    ground = "background:#ffffff url(https://riverbend.example/leaf.png) no-repeat"
    return spoilt(desk.evidence(), body_start(f'<div style="{ground}">{WORDS}</div>'))


@near("H03")
def corners_and_shadows(desk: Desk) -> Evidence:
    style = "border-radius:8px;box-shadow:0 1px 2px #cccccc;transition:color 1s;overflow-wrap:anywhere"
    return spoilt(desk.evidence(), body_start(f'<div style="{style}">{WORDS}</div>'))


@near("H03")
def rule_for_nothing(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<style>.gallery .tile { display: grid; }</style></head>"))


@near("H03")
def words_about_css(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(WORDS, "Do not write display:flex or &lt;svg&gt; in a mail."))


@near("H03")
def broken_style(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(),
        in_part("html", lambda page: page.replace('class="signed" style="', 'class="signed" style="}}((;display:flex')),
    )

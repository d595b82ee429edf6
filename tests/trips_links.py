"""Links that break, or nearly break, a rule about where they lead and what they look like."""

from __future__ import annotations

from check_desk import ISSUE, Desk, body_start, near, spoilt, trips
from dns_server import Fault
from small_internet import HERE, online
from web_server import Page

from newsletter.check.evidence import Evidence


def link(address: str, words: str = "Book a visit now") -> str:
    """A paragraph with a link."""
    return f'<p><a href="{address}" style="text-decoration: underline">{words}</a></p>'


def with_link(desk: Desk, address: str, words: str = "Book a visit now") -> Evidence:
    """The desk's mail with one more link in its page."""
    return spoilt(desk.evidence(), body_start(link(address, words)))


@trips("H13")
def empty_link(desk: Desk) -> Evidence:
    return with_link(desk, " ")


@trips("H13")
def lone_hash(desk: Desk) -> Evidence:
    return with_link(desk, "#")


@trips("H13")
def program(desk: Desk) -> Evidence:
    return with_link(desk, "JavaScript:void(0)")


@trips("H13")
def address_without_its_beginning(desk: Desk) -> Evidence:
    return with_link(desk, "www.riverbend.example/book")


@trips("H13")
def slip_in_the_beginning(desk: Desk) -> Evidence:
    return with_link(desk, "htps://riverbend.example/book")


@trips("H13")
def beginning_twice(desk: Desk) -> Evidence:
    return with_link(desk, "https://https://riverbend.example/book")


@trips("H13")
def bracket_in_the_host(desk: Desk) -> Evidence:
    return with_link(desk, "https://[riverbend.example/book")


@trips("H13")
def office_computer(desk: Desk) -> Evidence:
    return with_link(desk, "https://frontdesk.local/book")


@trips("H13")
def router(desk: Desk) -> Evidence:
    return with_link(desk, "https://192.168.1.10/book")


@trips("H13")
def blank_inside(desk: Desk) -> Evidence:
    return with_link(desk, "https://riverbend.example/our hours")


@trips("H13")
def unencrypted(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - {type: button, label: See the map, url: http://riverbend.example/map}\n").evidence()


@trips("H13")
def draft_that_only_we_can_open(desk: Desk) -> Evidence:
    return with_button(desk, "https://docs.google.com/document/d/1a2b3c/edit?usp=sharing").evidence()


@trips("H13")
def slip_in_our_own_name(desk: Desk) -> Evidence:
    return with_button(desk, "https://www.rivrebend.example/may").evidence()


@trips("H13")
def mail_to_half_an_address(desk: Desk) -> Evidence:
    return with_link(desk, "mailto:hello@riverbend")


@near("H13")
def other_names_and_our_own(desk: Desk) -> Evidence:
    return (
        with_button(desk, "https://news.riverbend.example/may")
        .issue(ISSUE + "  - {type: button, label: The shop beside us, url: https://riverside.example/may}\n")
        .evidence()
    )


@near("H13")
def form_that_everybody_can_open(desk: Desk) -> Evidence:
    return with_button(desk, "https://docs.google.com/forms/d/e/1a2b3c/viewform").evidence()


@trips("H13")
def mail_to_nobody(desk: Desk) -> Evidence:
    return with_link(desk, "mailto:hello.riverbend.example")


@trips("H13")
def call_to_nobody(desk: Desk) -> Evidence:
    return with_link(desk, "tel:call-us")


def with_button(desk: Desk, address: str) -> Desk:
    """The desk's issue with a button that leads to this address."""
    return desk.issue(ISSUE + f"  - {{type: button, label: Join us in May, url: {address}}}\n")


def with_book_page(desk: Desk, page: Page, **more: Page) -> Evidence:
    """The practice's page for booking is this one, and its website has more pages."""
    return online(desk, None, {"/book": page, **{f"/{name}": other for name, other in more.items()}})


@trips("H13")
def page_is_not_there(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(404))


@trips("H13")
def page_was_taken_away(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(301, location="/visits"), visits=Page(410))


@trips("H13")
def website_out_of_order(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(500))


@trips("H13")
def page_that_leads_to_itself(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(302, location="/book"))


@trips("H13")
def page_that_never_answers(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(silent=True))


@trips("H13")
def page_that_leads_into_a_private_network(desk: Desk) -> Evidence:
    return with_book_page(desk, Page(302, location="https://10.0.0.1/book"))


@trips("H13")
def website_with_a_slip_in_its_name(desk: Desk) -> Evidence:
    return online(with_button(desk, "https://rivrbend.example/may"))


@trips("H13")
def website_inside(desk: Desk) -> Evidence:
    return online(with_button(desk, "https://office.riverbend.example/may"), {"office.riverbend.example": {"A": ["10.1.2.3"]}})


@trips("H13")
def dns_of_another_site_is_out_of_order(desk: Desk) -> Evidence:
    return online(with_button(desk, "https://other.example/may"), {"other.example": Fault.SERVFAIL})


@trips("H13")
def nobody_at_the_door(desk: Desk) -> Evidence:
    return online(with_button(desk, "https://closed.riverbend.example:9/may"), {"closed.riverbend.example": HERE})


@near("H13")
def pages_that_answer_in_their_own_way(desk: Desk) -> Evidence:
    """HEAD is refused, hung up on or called missing; a page moved; a library talks to no programs."""
    pages = {
        "/": Page(drops_head=True),
        "/book": Page(head=405),
        "/riverbend-facebook": Page(403),
        "/riverbend-instagram": Page(308, location="/moved"),
        "/moved": Page(head=404),
    }
    return online(desk, None, pages)


@near("H13")
def honest_links(desk: Desk) -> Evidence:
    """Blanks around an address do no harm; 988 is a number; a copy in an archive holds http:// inside."""
    addresses = (
        *(
            " https://riverbend.example/a?b=1&amp;c=%20d#part ",
            "HTTPS://RIVERBEND.EXAMPLE/",
            "tel:988",
            "tel:+1-801-555-0142;ext=2",
        ),
        *(
            "mailto:hello@riverbend.example?subject=May%20I",
            "mailto:?subject=Look%20at%20this",
            "webcal://riverbend.example/may.ics",
        ),
        *("sms:+18015550142", "https://web.archive.example/2008/http://www.osha.example/", "https://riverbend.example:8443/x"),
    )
    return spoilt(desk.evidence(), body_start("".join(link(address, f"Link number {i}") for i, address in enumerate(addresses))))


@near("H13")
def name_of_a_reader_in_a_link(desk: Desk) -> Evidence:
    """A link that says who its reader is must never be asked for; this one would be missing."""
    return online(with_button(desk, "'https://riverbend.example/none?n={{ first_name or \"x\" }}'"))


@trips("H14")
def table_of_contents(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(link("#one", "First part") + link("#two", "Second part") + '<p id="one">One</p>'))


@near("H14")
def part_of_a_page(desk: Desk) -> Evidence:
    return with_link(desk, "https://riverbend.example/faq#insurance")


@trips("A14")
def shortened(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - {type: button, label: See the map, url: https://bit.ly/3xYzAbC}\n").evidence()


@trips("A14")
def shortened_by_a_service_of_ones_own(desk: Desk) -> Evidence:
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules" / "links.yaml").write_text("entries:\n  - {host: go.short.example}\n")
    return with_link(desk, "https://www.go.short.example/x")


@trips("A14")
def bare_number(desk: Desk) -> Evidence:
    return with_link(desk, "https://93.184.216.34/book")


@trips("A14")
def number_in_disguise(desk: Desk) -> Evidence:
    return with_link(desk, "https://1572395042/book")


@trips("A14")
def words_name_another_site(desk: Desk) -> Evidence:
    return with_link(desk, "https://rlverbend.example/login", "https://www.riverbend.example/login")


@trips("A14")
def words_name_another_mailbox(desk: Desk) -> Evidence:
    return with_link(desk, "mailto:desk@other.example", "hello@riverbend.example")


@trips("A14")
def eleven_websites(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("".join(link(f"https://site{n}.example/", f"Site {n}") for n in range(10))))


@near("A14")
def honest_names(desk: Desk) -> Evidence:
    """Words with dots that are no websites, one owner under several names, and Google's and others' own short names."""
    pairs = (
        ("https://news.riverbend.example/a", "www.riverbend.example"),
        ("https://riverbend.example/more", "More (at www.riverbend.example), with pictures"),
        ("https://riverbend.example/js", "Node.js"),
        ("https://riverbend.example/who", "Dr.Reyes"),
        ("https://riverbend.example/when", "Dec. 1, 2.30 p.m."),
        ("mailto:hello@riverbend.example?subject=x", "hello@riverbend.example"),
        ("tel:+18015550142", "801.555.0142"),
        ("https://maps.app.goo.gl/x", "Our place on the map"),
        ("https://www.clinic.co.uk/", "clinic.co.uk"),
    )
    return spoilt(desk.evidence(), body_start("".join(link(address, words) for address, words in pairs)))


@near("A14")
def many_sources(desk: Desk) -> Evidence:
    sources = "".join(f"  - {{title: Study {n}, publisher: Press {n}, url: https://press{n}.example/a}}\n" for n in range(20))
    return desk.issue(ISSUE + "sources:\n" + sources).evidence()

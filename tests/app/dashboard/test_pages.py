"""Every page, on both databases: what it says, what it leaves out, and that nothing in it acts."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from app.ledger.ledger import Ledger
from app.ledger.seen import PullIs, Seen
from tests.app.dashboard.site import OTHER, OTHER_ID, SECRET, Nobody, Reader, fill, pages, site
from tests.app.ledger.build import ACCEPTING, NAME, REPOSITORY, add_review
from tests.app.ledger.conftest import clock, empty_database, ledger, postgres_server, postgres_url, url
from tests.app.reporting.conftest import MANY

if TYPE_CHECKING:
    import pytest

    from tests.app.ledger.conftest import Clock

__all__ = ["clock", "empty_database", "ledger", "postgres_server", "postgres_url", "url"]

_VOID = {"meta", "link", "input", "br", "img"}
_FRAGMENTS = ("/queue/live", "/deliveries/live")


class Page(HTMLParser):
    """A page as a browser takes it: its text, its links, and what is not as it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.wrong += [f"{tag} acts: {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.wrong.append(f"{tag} in the page")
        for name in ("href", "src", "action"):
            target = given.get(name)
            if target is None:
                continue
            self.links.append(target)
            if not target.startswith(("/", "#", "https://github.com/")) or target.startswith("//"):
                self.wrong.append(f"leads to {target}")
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(f"{tag} is closed and not open")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def read(html: str) -> Page:
    page = Page(html)
    assert page.wrong == []
    assert len(page.ids) == len(set(page.ids))
    return page


def test_every_page_is_there_well_formed_small_and_without_anything_that_acts(ledger: Ledger) -> None:
    browser = site(ledger)
    for path in pages(fill(ledger)):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert len(answer.data) < 200_000, path
        if path.endswith(".json"):
            assert answer.get_json()["decision"] == "reject"
            continue
        read(answer.text)
        if path not in _FRAGMENTS:
            assert answer.text.count("<h1") == 1, path


def test_every_link_of_ours_leads_somewhere(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger)
    waiting, seen = ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith("/") or path in ("/signout", "/simulate/run"):
            continue
        seen.add(path)
        answer = browser.get(path)
        if path.endswith(("/provenance", "/rerun")):
            assert answer.status_code == 405
            continue
        assert answer.status_code in (200, 303), path
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting += read(answer.text).links
    assert f"/r/{NAME}/simulate" in seen
    assert f"/r/{OTHER}/reviews/{made['other']}" in seen


def test_an_empty_ledger_says_what_to_do(ledger: Ledger) -> None:
    browser = site(ledger)
    assert "No review yet: open a pull request." in read(browser.get("/").text).text
    assert "Nothing awaits a look." in read(browser.get("/queue").text).text
    assert "No delivery was heard yet." in read(browser.get("/deliveries").text).text
    assert "No policy judged a pull request yet." in read(browser.get("/policies").text).text
    assert "No card is here." in read(browser.get("/lab").text).text


def test_a_repository_that_only_has_a_merge_group_says_that_no_pull_request_was_reviewed(ledger: Ledger) -> None:
    add_review(ledger, ACCEPTING, number=None)
    browser = site(ledger)
    assert "No review yet" in read(browser.get(f"/r/{NAME}").text).text
    assert "No review yet" in read(browser.get(f"/r/{NAME}/simulate").text).text


def test_nobody_is_led_to_the_door_and_back_to_where_they_were(ledger: Ledger) -> None:
    browser = site(ledger, Nobody())
    for path in pages(fill(ledger)):
        answer = browser.get(path)
        assert answer.status_code == 303, path
        assert answer.location.startswith("/signin?next=%2F"), path
    answer = browser.get("/queue?decision=reject&repository=octo/shop")
    assert answer.location == "/signin?next=%2Fqueue%3Fdecision%3Dreject%26repository%3Docto%2Fshop"
    refused = browser.post(f"/r/{NAME}/1/rerun")
    assert (refused.status_code, "You are not signed in." in refused.text) == (403, True)


def test_what_may_not_be_read_looks_like_what_is_not_there(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger, Reader(ids=frozenset({REPOSITORY})))
    for tail in ("", "/1", f"/reviews/{made['secret']}", f"/reviews/{made['secret']}.json", "/simulate"):
        hidden, absent = browser.get(f"/r/{SECRET}{tail}"), browser.get(f"/r/eve/absent{tail}")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text == absent.text
    # Nor by the id of a review under the name of a repository that may be read.
    assert browser.get(f"/r/{NAME}/reviews/{made['secret']}").status_code == 404
    assert browser.get(f"/r/{NAME}/reviews/{made['secret']}.json").status_code == 404


def test_lists_tell_nothing_of_what_may_not_be_read(ledger: Ledger) -> None:
    fill(ledger)
    browser = site(ledger, Reader(ids=frozenset({OTHER_ID})))
    for path in ("/", "/queue", "/deliveries", "/policies"):
        text = browser.get(path).text
        assert "secret" not in text, path
        assert NAME not in text, path
    hidden, absent = (browser.get(f"/queue?repository={name}").text for name in (SECRET, "eve/absent"))
    assert hidden.replace("secret", "absent") == absent
    assert OTHER in browser.get("/").text
    assert OTHER in browser.get("/queue").text
    # Deliveries that belong to no repository are the operator's.
    assert "ping" not in browser.get("/deliveries").text
    assert "ping" in site(ledger).get("/deliveries").text


def test_somebody_who_may_read_nothing_sees_nothing(ledger: Ledger) -> None:
    fill(ledger)
    browser = site(ledger, Reader(ids=frozenset()))
    assert "No review yet" in browser.get("/").text
    assert "Nothing awaits a look." in browser.get("/queue").text
    assert browser.get(f"/r/{NAME}").status_code == 404
    policy = next(iter(re.findall(r"/policies/(sha256[^\"]+)", site(ledger).get("/policies").text)))
    assert browser.get(f"/policies/{policy}").status_code == 404


def test_only_who_may_write_is_shown_what_to_do(ledger: Ledger) -> None:
    made = fill(ledger)
    path = f"/r/{NAME}/reviews/{made['rejected']}"
    assert 'id="say-provenance"' in site(ledger).get(path).text
    assert 'id="say-provenance"' not in site(ledger, Reader(writes=False)).get(path).text
    # A merge group is nobody's to label.
    assert 'id="rerun"' not in site(ledger).get(f"/r/{NAME}/reviews/{made['group']}").text


def test_a_review_tells_its_verdicts_signs_people_and_what_happened(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger)
    text = read(browser.get(f"/r/{NAME}/reviews/{made['rejected']}").text).text
    assert "Rejected by tampering" in text
    assert "Fix what tampering rejects; start with tests/test_cart.py:12 (deleted-test)." in text
    assert "The test test_total_rounds was deleted." in text
    assert "Co-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>" in text
    assert "Claude Monet" in text
    assert "a person's name" in text
    assert "GitHub told of pull_request opened" in text
    assert "Delivery done Rejected by tampering." in text
    newer = read(browser.get(f"/r/{NAME}/reviews/{made['newer']}").text).text
    assert "human-attested by people's word; declared was ai-declared" in newer
    assert "mira says that this change is human Mine." in newer
    older = read(browser.get(f"/r/{NAME}/reviews/{made['older']}").text)
    assert "This is an earlier review." in older.text
    # That a person wrote it was said of another head.
    assert "undeclared: nothing says who wrote it" in older.text
    assert f"/r/{NAME}/reviews/{made['newer']}" in older.links
    merged = read(browser.get(f"/r/{NAME}/reviews/{made['merged']}").text).text
    assert "Merged just now (squash) as cccccccccc" in merged
    assert "40 lines written down" in merged


def test_what_was_closed_leaves_the_queue_and_comes_back(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger)

    def waits() -> list[bool]:
        pages = ("/queue", "/queue/live", f"/r/{NAME}")
        return ["Cheaper baskets" in browser.get(path).text for path in pages]

    assert waits() == [False] * 3
    assert "await a look 2" in read(browser.get(f"/r/{NAME}").text).text
    assert "leaves this list when it is merged or closed" in browser.get("/queue").text
    text = read(browser.get(f"/r/{NAME}/reviews/{made['closed']}").text).text
    assert "Closed without being merged, so it awaits no look." in text
    opened = Seen(PullIs.OPEN, ledger.now() + timedelta(hours=2), "Cheaper baskets", "jo", "baskets", "main")
    assert ledger.seen(REPOSITORY, NAME, 4, opened)
    assert waits() == [True] * 3
    assert "await a look 3" in read(browser.get(f"/r/{NAME}").text).text
    text = read(browser.get(f"/r/{NAME}/reviews/{made['closed']}").text).text
    assert "awaits no look" not in text
    assert text.index("Closed without being merged") < text.index("Opened again")


def test_a_pull_request_is_shown_by_its_title_where_that_is_known(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger)
    text = read(browser.get(f"/r/{NAME}/reviews/{made['closed']}").text).text
    assert "Cheaper baskets by jo, baskets into main" in text
    assert "when it was reviewed" not in text
    other = Seen(PullIs.OPEN, ledger.now() + timedelta(hours=2), "Dearer baskets", "jo", "baskets", "main")
    ledger.seen(REPOSITORY, NAME, 4, other)
    text = read(browser.get(f"/r/{NAME}/reviews/{made['closed']}").text).text
    assert "Dearer baskets by jo, baskets into main ; it was called Cheaper baskets when it was reviewed" in text
    queue = read(browser.get("/queue").text).text
    assert "#4 Dearer baskets" in queue and "jo · feature into main" in queue
    assert "#1 feature" in queue, "of what was reviewed before titles were kept, the branch is shown"


def test_the_timeline_has_the_deliveries_of_its_pull_request_and_no_others(ledger: Ledger) -> None:
    made = fill(ledger)
    ledger.delivery("for-4", "pull_request", "assigned", 7, REPOSITORY, number=4)
    ledger.delivery_done("for-4", "nothing-to-do")
    ledger.delivery("for-5", "pull_request", "labeled", 7, REPOSITORY, number=5)
    ledger.delivery("for-4-elsewhere", "pull_request", "locked", 7, OTHER_ID, number=4)
    browser = site(ledger)
    text = read(browser.get(f"/r/{NAME}/reviews/{made['closed']}").text).text
    assert "pull_request assigned for-4" in text and "nothing-to-do" not in text
    assert "heard-3" in text, "a delivery that the review names, and that says no pull request"
    for others in ("labeled", "locked", "heard-1"):
        assert others not in text
    listed = read(browser.get("/deliveries").text)
    assert f"/r/{NAME}/4" in listed.links, "a pull request that was reviewed"
    assert f"/r/{NAME}/5" not in listed.links and "#5" in listed.text


def test_a_pull_request_leads_to_its_newest_review(ledger: Ledger) -> None:
    made = fill(ledger)
    browser = site(ledger)
    assert browser.get(f"/r/{NAME.upper()}/2").location == f"/r/{NAME}/reviews/{made['newer']}"
    assert browser.get(f"/r/{NAME}/2?said=asked").location == f"/r/{NAME}/reviews/{made['newer']}?said=asked"
    for nothing in ("99", str(2**63 - 1), str(2**63), "0"):
        assert browser.get(f"/r/{NAME}/{nothing}").status_code == 404


def test_what_was_asked_for_is_said_and_other_words_are_not(ledger: Ledger) -> None:
    path = f"/r/{NAME}/reviews/{fill(ledger)['rejected']}"
    browser = site(ledger)
    assert "The review was asked for." in browser.get(f"{path}?said=asked").text
    assert 'role="status"' not in browser.get(f"{path}?said=you+won").text


def test_a_newer_push_is_told(ledger: Ledger, clock: Clock) -> None:
    made = fill(ledger)
    ledger.ask(REPOSITORY, 1, "f" * 40, clock())
    text = read(site(ledger).get(f"/r/{NAME}/reviews/{made['rejected']}").text).text
    assert "A newer push, ffffffffff , is not reviewed yet." in text
    assert "newer push not reviewed" in site(ledger).get("/queue").text


def test_the_repositorys_page_counts(ledger: Ledger) -> None:
    fill(ledger)
    text = read(site(ledger).get(f"/r/{NAME}").text).text
    assert "await a look 2 gates object to 1" in text
    # The second pull request's AI was overruled by a person.
    assert "of pull requests declare AI 75 % 3 of 4 in 12 months" in text
    assert "of merged lines declared AI's 75 % up to 100 % if undeclared ones are, too" in text
    assert "of AI's merges approved by their own kind only 100 % 1 of 1; 0 had no approval" in text
    assert "75 % of 40 lines merged in 12 months are declared AI's" in text
    assert "no measurement of it is here" in text


def test_thousands_of_findings_stay_a_small_page(ledger: Ledger) -> None:
    review_id = add_review(ledger, *MANY.verdicts)
    answer = site(ledger).get(f"/r/{NAME}/reviews/{review_id}")
    assert len(answer.data) < 100_000
    text = read(answer.text).text
    assert "5,400 findings" in text
    assert "5,375 more findings" in text
    assert len(site(ledger).get(f"/r/{NAME}/reviews/{review_id}.json").get_json()["verdicts"][0]["findings"]) == 5400


def test_a_document_that_cannot_be_read_is_said_so(ledger: Ledger) -> None:
    review_id = add_review(ledger, ACCEPTING, tool={"gate_versions": {}, "version": "0.0"})
    answer = site(ledger).get(f"/r/{NAME}/reviews/{review_id}")
    assert answer.status_code == 200
    assert "What this review says cannot be shown" in read(answer.text).text


def test_a_ledger_that_is_away_is_a_sentence_and_no_trace(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ledger.errors import LedgerError

    browser = site(ledger)

    def away() -> None:
        raise LedgerError("The ledger's database does not answer.", passing=True)

    monkeypatch.setattr(ledger, "reading", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "The ledger's database does not answer." in read(answer.text).text


def test_files_are_kept_for_good_under_their_own_hash_only(ledger: Ledger) -> None:
    browser = site(ledger)
    paths = [link for link in read(browser.get("/queue").text).links if link.startswith("/assets/")]
    assert {path.rpartition("/")[2] for path in paths} == {"exogate.css", "icon.svg", "live.js"}
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        before = browser.get(f"/assets/0000000000000000/{path.rpartition('/')[2]}")
        assert (before.data, before.headers["Cache-Control"]) == (answer.data, "no-cache")
    for nothing in ("/assets/x/none.css", "/assets/x/..%2fblueprint.py", "/assets/x/__init__.py"):
        assert browser.get(nothing).status_code == 404


def test_the_queues_health_is_told(ledger: Ledger) -> None:
    text = read(site(ledger).get("/deliveries").text).text
    assert "jobs wait 3 1 at work, 4 to be tried again, 5 given up" in text
    assert "workers 2" in text


def test_a_fragment_is_a_part_of_its_page(ledger: Ledger) -> None:
    fill(ledger)
    browser = site(ledger)
    for path in ("/queue", "/deliveries"):
        whole, part = browser.get(path).text, browser.get(f"{path}/live").text
        assert f'data-live="{path}/live"' in whole
        assert "<html" not in part
        assert part.strip() in whole
    assert 'data-live="/queue/live?decision=reject"' in browser.get("/queue?decision=reject").text

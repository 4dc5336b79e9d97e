"""`python -m tests.browser.pictures`: the README's pictures of the dashboard, and of a check run with its evidence.

The App runs (`exogate up`) and reviews the sample's pull requests on the stand-in for GitHub; a browser looks at it.
The page of a check run is GitHub's own and cannot be had here: what the App sent there is drawn in the same measures.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, sync_playwright

from app.demo import sample
from tests.browser.place import Place, place, until
from tests.browser.visits import sign_in

TARGET = Path(".github")
_SIZE = {"width": 1180, "height": 820}
# The pull request with a bug, whose tests were edited to agree.
_SHOWN = 1 + [branch.branch for branch in sample.branches()].index("copilot/rounding")
# As GitHub would call them: by the first line of what they say.
_TITLES = {branch.branch: branch.message.partition("\n")[0] for branch in sample.branches()}
# The picture's name, the page, and whether the whole of it is shown.
_PAGES = (
    ("dashboard-queue", "/queue", False),
    ("dashboard-review", f"/r/octo/shop/{_SHOWN}", False),
    ("dashboard-repository", "/r/octo/shop", False),
)
# Colours and measures of a check run's page.
_STYLE = """
body { margin: 0; padding: 24px 32px; width: 860px; background: #fff; color: #1f2328; }
body { font: 14px/1.5 system-ui, sans-serif; }
header { display: flex; gap: 10px; align-items: center; border-bottom: 1px solid #d1d9e0; padding-bottom: 14px; }
header b { font-size: 18px; } header span { border-radius: 20px; padding: 3px 12px; color: #fff; font-weight: 600; }
.success { background: #1a7f37; } .failure { background: #cf222e; } .neutral, .action_required { background: #59636e; }
h1 { font-size: 22px; } h2 { font-size: 19px; } h3 { font-size: 16px; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font-size: 85%; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; }
"""


def main() -> int:
    """Write the pictures into ``.github``; the exit status says whether they were all made."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("There is no Chromium, so the pictures were left as they are: apt-get install chromium\n")
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="exogate-pictures-") as scratch,
        place(Path(scratch), list(_TITLES), _TITLES) as made,
        sync_playwright() as playwright,
    ):
        arguments = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        _draw(browser, made)
        browser.close()
    return 0


def _draw(browser: Browser, made: Place) -> None:
    page = browser.new_page(viewport=_SIZE, device_scale_factor=1.5)  # type: ignore[arg-type]
    sign_in(page, made, "mira")
    for number in made.shop.pulls:  # by the whole policy of the repository, as the workers do it
        page.goto(made.page(f"/r/octo/shop/{number}"))
        page.click("#rerun button[type=submit]")
    for number in made.shop.pulls:
        until(lambda number=number: made.reviews(number) > 1 and _completed(made, number), "reviews", made.process)  # type: ignore[misc]
    for name, path, whole in _PAGES:
        page.goto(made.page(path))
        page.screenshot(path=str(TARGET / f"{name}.png"), full_page=whole)
    _check_run(browser.new_page(device_scale_factor=1.5), made, _SHOWN)


def _completed(made: Place, number: int) -> bool:
    return any(run["status"] == "completed" for run in _runs(made, number))


def _runs(made: Place, number: int) -> list[dict[str, object]]:
    head = made.shop.commit(made.shop.pulls[number].head_ref)
    return [run.fields for run in made.shop.check_runs.values() if run.head_sha == head]


def _check_run(page: Page, made: Place, number: int) -> None:
    run = _runs(made, number)[-1]
    output = run["output"]
    assert isinstance(output, dict)
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    body = markdown.render(str(output["summary"]).partition("\n---")[0])
    conclusion = str(run["conclusion"])
    heading = f'<header><b>Exogate</b><span class="{conclusion}">{conclusion.replace("_", " ")}</span></header>'
    style = f'<!doctype html><meta charset="utf-8"><title>check run</title><style>{_STYLE}</style>'
    page.set_content(f"{style}<body>{heading}<h1>{markdown.renderInline(str(output['title']))}</h1>{body}")
    page.locator("body").screenshot(path=str(TARGET / "check-run.png"))


if __name__ == "__main__":
    sys.exit(main())

"""The picture of the Action's job summary: the page that a real review writes, drawn by a browser."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

from app.action.ending import ending_of
from app.action.inputs import Inputs
from app.action.summary import page
from app.review_types import Review

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_SIZE = (920, 900)
# Colours and measures of a job's page.
_STYLE = """
body { margin: 0; padding: 20px 28px; background: #fff; color: #1f2328; font: 14px/1.5 system-ui, sans-serif; }
h2 { font-size: 21px; border-bottom: 1px solid #d1d9e0b3; padding-bottom: 6px; }
h3 { font-size: 17px; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font-size: 85%; }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; vertical-align: top; }
tr:nth-child(2n) td { background: #f6f8fa; }
summary { cursor: default; }
"""


def document(result: Review) -> str:
    """Return the summary of a review as an HTML document. Our Markdown holds no HTML of the change's."""
    text = page(result, ending_of(result.decision.value, Inputs().fail_on), ())
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return f'<!doctype html><meta charset="utf-8"><title>summary</title><style>{_STYLE}</style>{body}'


def draw(result: Review, target: Path) -> bool:
    """Write the picture (PNG); false where there is no browser to draw it."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "summary.html"
        source.write_text(document(result), "utf-8")
        subprocess.run(
            [
                browser,
                *_QUIET,
                f"--user-data-dir={scratch}/profile",
                f"--window-size={_SIZE[0]},{_SIZE[1]}",
                "--force-device-scale-factor=1.5",
                f"--screenshot={target.resolve()}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    return True

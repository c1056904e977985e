"""The page in a browser: Chromium of the system, without a window."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asr.evaluation.report.report import report
from tests.evaluation.report_folders import HOSTILE, hostile, hostile_labels, ordinary

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (Debian: apt install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens the report of a folder; what the console tells of errors fails the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, offline=True)
    faults: list[str] = []

    def shown(folder: Path, **more: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(report(folder, **more).html, "utf-8")
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type != "log" else None)
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        return page

    yield shown
    context.close()
    assert faults == []


def _ids(page: Any) -> list[str]:
    return page.locator("#body tr:not(.gap) td.col-id").all_inner_texts()


def test_heads_sort_and_sort_the_other_way(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e"), listen=0)

    assert page.locator("#body tr.current td.col-errors").inner_text() == "3"
    page.click("#rows th.col-id button")
    assert _ids(page)[:2] == ["u000", "u001"]
    page.click("#rows th.col-id button")
    assert _ids(page)[:2] == ["u039", "u038"]
    assert page.get_attribute("#rows th.col-id", "aria-sort") == "descending"


def test_search_errors_and_slices_filter(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e"), listen=0)

    page.fill("#search", "too u004")
    assert _ids(page) == ["u004"]
    page.fill("#search", "")
    page.select_option("#errors", "right")
    assert page.inner_text("#shown") == "14 of 40"
    page.select_option("#slice", label="speaker: s1")
    assert page.inner_text("#shown") == "7 of 40"
    page.fill("#search", "nothing like it")
    assert page.locator("#empty").is_visible()


def test_a_bar_a_slice_and_a_confusion_list_their_utterances(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e"), listen=0)

    page.locator("#plots rect[role=button]").first.press("Enter")
    assert page.inner_text("#shown") == "14 of 40"
    page.locator("#confusion .pairs button", has_text="too").first.click()
    assert page.inner_text("#shown") == "13 of 40"
    page.locator("#slices button.link", has_text="s1").click()
    assert page.inner_text("#shown") == "20 of 40"


def test_an_utterance_is_opened_and_played_by_keyboard_alone(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e"), listen=40)

    for key in ("/", "u", "0", "1", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    wanted = page.locator("#body tr.current td.col-id").inner_text()
    page.keyboard.press("Enter")
    assert page.inner_text("#detail h3") == wanted != ""
    page.keyboard.press("Space")
    page.wait_for_selector("body.playing")
    page.wait_for_selector("#time:not(:text-matches('^0.00 '))")
    assert page.evaluate("document.querySelector('#detail img').naturalHeight") == 64
    page.keyboard.press("Escape")
    assert page.locator("#detail").is_hidden()
    page.keyboard.press("Escape")
    assert page.inner_text("#shown") == "40 of 40"


def test_the_theme_follows_the_switch(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e"), listen=0)

    def back() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.emulate_media(color_scheme="dark")
    dark = back()
    page.click("#theme")  # from automatic to light
    assert back() != dark
    page.keyboard.press("t")
    assert back() == dark


@pytest.mark.parametrize("make", [hostile, hostile_labels])
def test_hostile_data_runs_nothing_and_is_shown_as_text(
    make: Any, show: Any, tmp_path: Path
) -> None:
    page = show(make(tmp_path / "hostile"), listen=10)

    page.focus("#rows")
    for _ in range(6):
        page.keyboard.press("Enter")
        page.focus("#rows")
        page.keyboard.press("ArrowDown")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.evaluate("document.querySelectorAll('.tab').forEach((tab) => tab.click())")
    page.evaluate("document.querySelectorAll('.link, .pairs button').forEach((b) => b.click())")
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert page.locator("main script, main img[src=x], main [onerror], main [onload]").count() == 0
    assert HOSTILE[1] in page.inner_text("main")


def test_of_many_utterances_only_those_in_sight_are_elements(show: Any, tmp_path: Path) -> None:
    page = show(ordinary(tmp_path / "e", count=3000), listen=0)

    assert page.locator("#body tr").count() < 60
    page.focus("#rows")
    page.keyboard.press("End")
    assert page.locator("#body tr.current").is_visible()
    assert page.locator("#body tr").count() < 60

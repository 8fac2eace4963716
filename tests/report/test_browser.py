"""A page in a real browser: nothing leaves its width, nothing is loaded, nothing complains."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from mulbudget.report.facts import Facts
from mulbudget.report.page import render
from mulbudget.spn import digest
from tests.images import image_network
from tests.report import chromium
from tests.report.facts import HOSTILE, everything, named, small

OVERFLOWING = """
(() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (node) => node.closest(".scroll") !== null && !node.matches(".scroll");
  return [...document.body.querySelectorAll("*")]
    .filter((node) => !scrolls(node) && node.closest("svg svg, svg *") === null)
    .filter((node) => {
      const box = node.getBoundingClientRect();
      return box.width > 0 && (box.right > width + 0.5 || box.left < -0.5);
    })
    .map((node) => `${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`);
})()
"""
"""Elements that reach beyond the page, other than what scrolls inside a box of its own."""

CUT = """
[...document.querySelectorAll("svg")]
  .filter((svg) => svg.getBoundingClientRect().width > 0)
  .flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter((text) => {
      const box = text.getBoundingClientRect();
      return box.left < frame.left - 1 || box.right > frame.right + 1;
    });
  })
  .map((text) => text.textContent)
"""
"""Words in pictures that are cut off at the picture's edge."""

CONTRASTS = """
(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) =>
      value <= 10.31 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.body.querySelectorAll("*")]
    .filter((node) => [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim()))
    .filter((node) => node.getBoundingClientRect().width > 0 && !node.matches(".on-style, title"))
    .map((node) => {
      const style = getComputedStyle(node);
      const ink = channels(node.closest("svg") ? style.fill : style.color);
      const [dark, bright] = [light(ink), light(behind(node))].sort((a, b) => a - b);
      return [(bright + 0.05) / (dark + 0.05), node.textContent.trim().slice(0, 40)];
    })
    .filter(([contrast]) => contrast < 4.5);
})()
"""
"""Words that are too faint (WCAG 2.2, 1.4.3)."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with chromium.running(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module", params=["everything", "hostile", "images"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = image_network(16)
    hostile = named(small(), {HOSTILE * 9: HOSTILE * 9, "recipe": "W" * 200, "test_accuracy": 0.5})
    facts = {
        "everything": everything(),
        "hostile": Facts(network=hostile, digest=digest(hostile), notes=["W" * 300]),
        "images": Facts(network=network, digest=digest(network)),
    }[request.param]
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(facts))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_a_page_fits_and_is_quiet(
    browser: chromium.Browser, page: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    browser.look(width, scheme)
    browser.open(page.as_uri())
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(OVERFLOWING) == []
    assert browser.evaluate(CUT) == []
    assert browser.evaluate(CONTRASTS) == []
    told = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert browser.told(*told) == []
    requests = browser.told("Network.requestWillBeSent")
    urls = {event["params"]["request"]["url"] for event in requests}
    assert {url for url in urls if not url.startswith("data:")} == {page.as_uri()}


def test_dark_is_dark(browser: chromium.Browser, page: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        browser.look(1280, scheme)
        browser.open(page.as_uri())
        colours.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, each[4:-1].split(","))) for each in colours)
    assert light > 700 and dark < 100


def test_it_is_printed_without_what_only_a_screen_has(
    browser: chromium.Browser, page: Path
) -> None:
    browser.look(720, "light")
    browser.open(page.as_uri())
    browser.call("Emulation.setEmulatedMedia", media="print")
    shown = "getComputedStyle(document.querySelector('{}')).display"
    assert browser.evaluate(shown.format("nav")) == "none"
    assert browser.evaluate(shown.format(".wide-only")) == "block"
    assert browser.evaluate(shown.format(".narrow-only")) == "none"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_the_checks_find_what_they_look_for(browser: chromium.Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        "<!doctype html><body><p style='width:2000px;color:#ccc'>wide</p>"
        "<svg width='50' height='20'><text x='0' y='10'>much too long a text</text></svg>"
        "<img src='missing.png'>"
    )
    browser.look(360, "light")
    browser.open(path.as_uri())
    assert browser.evaluate(OVERFLOWING) and browser.evaluate(CUT)
    assert [text for _, text in browser.evaluate(CONTRASTS)] == ["wide"]
    assert len(browser.told("Network.requestWillBeSent")) == 2

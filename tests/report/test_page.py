"""The page: one file that needs no other, says what the facts say, and obeys nothing in them."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from mulbudget.report.facts import Facts
from mulbudget.report.page import render
from mulbudget.report.planned import planned
from mulbudget.report.runs import Run
from mulbudget.spn import Network, digest, network_counts, product_network
from tests.algorithms import STRASSEN
from tests.images import image_network
from tests.networks import networks
from tests.report.facts import BOARD, HOSTILE, built, everything, named, plan, small

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Elements with their attributes, and the text; everything must be closed as it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def bare(network: Network | None = None) -> Facts:
    network = network or small()
    return Facts(network=network, digest=digest(network))


@settings(max_examples=40)
@given(networks(max_layers=3, max_width=8))
def test_any_network_has_a_page(network: Network) -> None:
    assert all(node.name in Page(render(bare(network))).text for node in network.nodes)


@settings(max_examples=15)
@given(networks(max_layers=2, max_width=8))
def test_any_plan_has_a_page(network: Network) -> None:
    page = render(replace(bare(network), board=BOARD, planned=planned(network, BOARD)))
    assert f"ulx3s-25f has {BOARD.capacity.lut:,}" in Page(page).text


def test_it_says_what_the_facts_say() -> None:
    text = Page(render(everything())).text
    counts = network_counts(small())
    for words in (
        "dense on ULX3S 25F",
        "recipe none, seed 3",
        "97.25 %",
        f"multiplications {counts.multiplications}",
        "teacher wide 80,000 99.00 %",
        "other seed 4 20 90.00 %",
        "known unknown 98.00 %",
        "metrics.json is of another network: it was left out",
        f"LUTs {5000:,} 21 % of 24,288",
        "25 MHz, at most 31.25 MHz",
        digest(small()),
    ):
        assert words in text, words
    for name, (style, need) in plan().layers.items():
        assert f"{name} {style} {need.interval:,} {need.lut:,.0f}".replace("  ", " ") in text


def test_every_section_is_there_and_no_other() -> None:
    full = ["accuracy", "network", "layers", "additions", "board", "curve", "built", "matrices"]
    assert sections(render(everything())) == [*full, "provenance"]
    assert sections(render(bare())) == ["accuracy", "network", "layers", "matrices", "provenance"]
    unknown = bare(named(small(), {}))
    assert sections(render(unknown)) == ["network", "layers", "matrices", "provenance"]


def sections(page: str) -> list[str]:
    ids = [attributes["id"] for tag, attributes in Page(page).elements if tag == "section"]
    links = [attributes["href"] for tag, attributes in Page(page).elements if tag == "a"]
    assert links == [f"#{each}" for each in ids]
    return [str(each) for each in ids]


def test_it_loads_nothing() -> None:
    page = render(everything())
    for tag, attributes in Page(page).elements:
        assert tag not in {"script", "iframe", "object", "embed"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "data", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), attributes
    assert "url(" not in page and "@import" not in page and "http" not in strip_csp(page)


def strip_csp(page: str) -> str:
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert policy and policy[1].startswith("default-src 'none'")
    return page.replace(policy[0], "")


def test_what_a_file_says_is_text() -> None:
    """Names in a .spn file are identifiers; provenance, paths and reports are anything."""
    network = named(
        small(), {HOSTILE: {"x": HOSTILE}, "recipe": HOSTILE, "seed": 1, "test_accuracy": 0.5}
    )
    run = Run(kind="run", title=HOSTILE, what=HOSTILE, accuracy=0.4, multiplications=9)
    facts = replace(
        everything(),
        network=network,
        runs=[run],
        built=built(bitstream=HOSTILE),
        notes=[HOSTILE],
    )
    page = render(facts)
    assert "<script" not in page and "alert(1)" in page
    assert "\x1b" not in page and "\u202e" not in page
    tags = {tag for tag, _ in Page(page).elements}
    assert tags <= {tag for tag, _ in Page(render(everything())).elements}


def test_the_same_facts_give_the_same_page() -> None:
    assert render(everything()) == render(everything())


def test_a_page_is_for_everyone() -> None:
    """A language, headings in order, names of pictures and of boxes that scroll by the keyboard."""
    page = Page(render(everything()))
    assert dict(page.elements)["html"] == {"lang": "en"}
    headings = [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings == ["h1"] + ["h2"] * (len(headings) - 1)
    pictures = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert pictures
    assert all(each["role"] == "img" and each["aria-label"] for each in pictures)
    boxes = [each for tag, each in page.elements if "scroll" in (each.get("class") or "")]
    assert all(each["tabindex"] == "0" and each["aria-label"] for each in boxes)
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert all(each["scope"] in {"row", "col"} for each in heads)


def test_images_and_products_have_pages() -> None:
    assert "conv3 convolution 4→5→3, 3x3, patch 2" in Page(render(bare(image_network()))).text
    product = product_network(STRASSEN, name="core", size=(4, 2, 3))
    text = Page(render(bare(product))).text
    assert "4x2 · 2x3 in 2x2, 2x2" in text
    assert "17 % more than with the standard algorithm" in text


def test_a_bitstream_in_other_styles_is_no_proof_of_the_estimate() -> None:
    text = Page(render(replace(everything(), built=built(interval=64)))).text
    assert "the bitstream was built in other styles" in text
    assert "other styles" not in Page(render(everything())).text


def test_long_provenance_is_cut() -> None:
    page = render(bare(named(small(), {"note": "x" * 10_000})))
    assert "x" * 301 not in page


@pytest.mark.parametrize("accuracy", ["high", True, 1.5, None])
def test_an_accuracy_that_is_none_is_not_shown_as_one(accuracy: object) -> None:
    page = render(bare(named(small(), {"test_accuracy": accuracy})))
    assert 'id="accuracy"' not in page

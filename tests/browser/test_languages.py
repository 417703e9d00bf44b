"""The dashboard in the language of its reader."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.archive import Archive
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

#: Spaces that French puts between thousands, and before a unit or a high punctuation mark.
NARROW, GAP = "\u202f", "\u00a0"
#: What numbers of a French page look like: a comma before tenths, a space before the unit.
FRENCH_BYTES = re.compile(rf"\d(,\d)?[{NARROW}{GAP}][kM]o")
ENGLISH_BYTES = re.compile(rf"\d(\.\d)?[ {GAP}][kM]B")


@pytest.fixture
def reader(visit: Visit) -> Visitor:
    """Somebody whose browser speaks French."""
    return visit(locale="fr-FR")


def test_a_french_browser_sees_french(reader: Visitor, key: str, archive: Archive) -> None:
    page = reader.page
    reader.go("overview")
    expect(page.get_by_label("Clé")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    reader.sign_in(key)
    reader.loaded()
    expect(page).to_have_title("Aperçu – Fonoteca")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(
        ["Aperçu", "Playlists", "Sources", "Vidéos", "Problèmes", "Mesures", "Notifications", "Écartés", "Clés"]
    )
    needs = page.get_by_role("region", name="Intervention requise")
    expect(needs.get_by_role("link", name="Playlists impossibles à inventorier")).to_be_visible()
    page.get_by_role("link", name="Problèmes").click()
    page.get_by_role("button", name="Tout abandonner").filter(has_text="Abandonner").first.click()
    # The spaces before high punctuation never break.
    expect(page.get_by_role("dialog").get_by_role("heading")).to_contain_text(f"{NARROW}?", use_inner_text=True)
    page.keyboard.press("Escape")


def test_numbers_sizes_and_dates_are_french(reader: Visitor, key: str, archive: Archive) -> None:
    page = reader.page
    reader.open(key, "overview")
    figures = page.get_by_role("region", name="L’archive")
    assert FRENCH_BYTES.search(figures.inner_text()), figures.inner_text()
    assert re.search(rf"\d+[{NARROW}{GAP}]%", figures.inner_text()), figures.inner_text()
    reader.go("videos", archive.speech)
    reader.loaded()
    expect(page.locator(".video-header .sentence")).to_contain_text(re.compile(r"Stockée depuis le \d+ \S+ \d{4}"))
    expect(page.get_by_role("region", name="Historique").get_by_text("il y a").first).to_be_attached()


def test_the_language_is_switched_with_the_keyboard_and_remembered(reader: Visitor, key: str, archive: Archive) -> None:
    page = reader.page
    reader.open(key, "videos", query="state=stored")
    reader.tab_to(page.get_by_role("button", name="API_KEY"))
    page.keyboard.press("Enter")
    reader.tab_to(page.get_by_label("Langue"))
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", level=1, name="Videos")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    # At the same place, with the same filter.
    expect(page.get_by_label("State")).to_have_value("stored")
    page.reload()
    reader.loaded()
    expect(page.get_by_role("navigation").get_by_role("link", name="Overview")).to_be_visible()
    reader.go("overview")
    reader.loaded()
    assert ENGLISH_BYTES.search(page.get_by_role("region", name="The archive").inner_text())


def test_the_language_can_be_chosen_before_signing_in(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("overview")
    page.get_by_label("Language").select_option("fr")
    expect(page.get_by_label("Clé")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


def test_a_browser_of_another_language_sees_english(visit: Visit) -> None:
    visitor = visit(locale="de-DE")
    visitor.go("overview")
    expect(visitor.page.get_by_label("Key")).to_be_visible()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")


def test_cards_on_a_phone_name_the_same_columns_in_each_language(visit: Visit, key: str, archive: Archive) -> None:
    named = """[...document.querySelectorAll("main tbody td")].map((cell) =>
      [getComputedStyle(cell, "::before").content !== "none", getComputedStyle(cell).flexBasis])"""
    seen = []
    for locale in ("en-GB", "fr-FR"):
        visitor = visit(locale=locale, viewport={"width": 360, "height": 740})
        visitor.open(key, "videos", query=f"playlist={quote(archive.playlist)}")
        expect(visitor.page.locator("main tbody tr")).to_have_count(5)
        seen.append(visitor.page.evaluate(named))
    assert seen[0] == seen[1]
    assert [True, "auto"] in seen[0]
    assert [False, "auto"] in seen[0]

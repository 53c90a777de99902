"""Which of its countries an article is mainly about."""

import pytest

from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def main(extractor: Extractor, title: str, text: str) -> set[str]:
    return {country.alpha3 for country in extractor.extract(title, text).countries if country.salience == "main"}


def test_the_state_of_an_official_in_the_lead_is_main(extractor: Extractor) -> None:
    text = (
        "Foreign Minister Bakhtiyor Saidov arrived in Astana on Monday. Kazakhstan's government said that talks in "
        "Kazakhstan would be about water. Kazakhstan shares two rivers. Kazakh officials had invited the guests. The "
        "visit to Kazakhstan ends on Friday. Later this year Kazakhstan is the host of a forum. Traders from Uzbekistan "
        "and China are invited."
    )
    assert main(extractor, "", text) == {"KAZ", "UZB"}


def test_at_most_four_are_main(extractor: Extractor) -> None:
    text = "Prices rose in Kenya, Ghana, Peru, Chile, Nepal and Laos, said a report that ranks the six."
    assert len(main(extractor, "", text)) == 4


def test_countries_named_late_and_once_are_not_main(extractor: Extractor) -> None:
    text = "Kenya votes on Monday. " + "Kenyans queued for water. " * 6 + "Similar queues formed in Ghana last year."
    assert main(extractor, "Kenya votes", text) == {"KEN"}

"""Countries in sentences written for this test: what counts as a reference to a state, and what only looks like one."""

import pytest

from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Georgia beat Alabama on Saturday, and Atlanta celebrated.", {"USA"}),
        ("Officials in Tbilisi said Georgia had closed the border with Russia.", {"GEO", "RUS"}),
        ("Michael Jordan bought a team in Charlotte, North Carolina.", {"USA"}),
        ("Jordan Henderson scored twice.", set()),
        ("King Abdullah of Jordan flew to Cairo.", {"EGY", "JOR"}),
        ("Chad Johnson was arrested.", set()),
        ("Chad's army crossed into Niger.", {"NER", "TCD"}),
        ("The family ate turkey and cranberries at Thanksgiving.", set()),
        ("Turkey's lira fell again.", {"TUR"}),
        ("Former Soviet officers wrote memoirs.", set()),
        ("A former Yugoslav general was tried.", set()),
        ("Guinea's president met Guinea-Bissau's premier in Conakry.", {"GIN", "GNB"}),
        ("Equatorial Guinea and Papua New Guinea signed.", {"GNQ", "PNG"}),
        ("North Korea fired a missile; South Korea and Japan protested.", {"JPN", "KOR", "PRK"}),
        ("Seoul and Pyongyang agreed to talk.", {"KOR", "PRK"}),
        ("The DPRK's envoy left Beijing.", {"CHN", "PRK"}),
        ("Congo's president visited Kinshasa.", {"COD"}),
        ("In Brazzaville, the Congolese government resigned.", {"COG"}),
        ("The Nigerien junta expelled French troops.", {"FRA", "NER"}),
        ("Nigerian police arrested ten.", {"NGA"}),
        ("The Georgian capital was quiet after the vote.", {"GEO"}),
        ("She works at the Washington Post.", set()),
        ("He flew American Airlines to Dallas.", {"USA"}),
        ("The New York Times reported it.", set()),
        ("The Kremlin denied it.", {"RUS"}),
        ("Downing Street would not comment.", {"GBR"}),
        ("The Pentagon said two soldiers died.", {"USA"}),
        ("Scotland votes on Thursday.", {"GBR"}),
        ("Samarkand hosted the summit.", {"UZB"}),
        ("Troops left Crimea.", {"UKR"}),
        ("Protesters gathered in Hong Kong.", {"HKG"}),
        ("Gaza was bombed again.", {"PSE"}),
        ("Burma freed prisoners; Myanmar's army denied it.", {"MMR"}),
        ("The Ivory Coast exported cocoa to Holland.", {"CIV", "NLD"}),
        ("Swaziland is now Eswatini.", {"SWZ"}),
        ("The Czechs and the Slovaks voted.", {"CZE", "SVK"}),
        ("The UAE and the U.K. signed; the USA did not.", {"ARE", "GBR", "USA"}),
        ("us and them, we said to us.", set()),
        ("It is up to us to act.", set()),
        ("The president of the Dominican Republic met Dominica's prime minister.", {"DMA", "DOM"}),
        ("Oman Air flew to Muscat.", {"OMN"}),
        ("Ireland's prime minister visited Northern Ireland.", {"GBR", "IRL"}),
        ("Israel Kamakawiwo'ole sang.", set()),
        ("Cuba Gooding Jr. won.", set()),
        ("China Miéville wrote a novel.", set()),
        ("Kenya Moore smiled.", set()),
        ("India.Arie performed.", set()),
        ("The Panama Papers named him.", set()),
        ("Brussels sprouts are cheap.", set()),
        ("Sudan's army fought near Khartoum; South Sudan closed its border.", {"SDN", "SSD"}),
        ("Kazakhstan'sPresident spoke.", {"KAZ"}),
        ("He arrived inKabul.Afghanistan is quiet.", {"AFG"}),
        ("Beijing’s ambassador was summoned in Canberra", {"AUS", "CHN"}),
        ("Virginia Woolf wrote it.", set()),
        ("Georgia Meloni? No: Giorgia Meloni of Italy.", {"ITA"}),
        ("Lebanon, Ohio, elected a mayor.", {"USA"}),
        ("Peru, Indiana, has a circus.", {"USA"}),
        ("The Turkish coffee was cold.", set()),
        ("A Swiss Army knife was found.", set()),
        ("French fries were served.", set()),
        ("Kosovo's prime minister met the Serbian president.", {"SRB", "XKX"}),
        ("Taiwan's leader spoke.", {"TWN"}),
        ("The Vatican and the Holy See agreed.", {"VAT"}),
        ("Bosnia and Herzegovina joined.", {"BIH"}),
        ("São Tomé and Príncipe voted.", {"STP"}),
        ("Macedonia changed its name to North Macedonia.", {"MKD"}),
        ("Trinidad and Tobago won.", {"TTO"}),
        ("St. Kitts and Nevis voted", {"KNA"}),
        ("Micronesia and Palau signed with Nauru.", {"FSM", "NRU", "PLW"}),
    ],
)  # fmt: skip
def test_finds_the_states_that_a_sentence_refers_to(extractor: Extractor, text: str, codes: set[str]) -> None:
    assert {country.alpha3 for country in extractor.extract("", text).countries} == codes


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("Officials in Kazakhstan met.", "name"),
        ("The Kazakh side met.", "demonym"),
        ("Astana said it would meet.", "capital"),
        ("Officials met in Samarkand on Monday.", "region"),
        ("Officials met in Mumbai on Monday.", "city"),
    ],
)
def test_reports_the_kind_of_reference(extractor: Extractor, text: str, via: str) -> None:
    (country,) = extractor.extract("", text).countries
    assert [mention.via for mention in country.mentions] == [via]


TOWN = (
    "A Lebanon man was held in the Warren County jail on Monday, Lebanon police said. Sheriff Al Roe said deputies found "
    "the car near Interstate 71 at 9 a.m. A grand jury will hear the case at the Common Pleas Court."
)
ABROAD = (
    "Sheriff Al Roe of Warren County, Ohio, lost a son in Lebanon, where Hezbollah fired at Lebanese troops at 9 a.m."
)


def test_local_news_names_a_town_like_a_foreign_state(extractor: Extractor) -> None:
    assert {country.alpha3 for country in extractor.extract("", TOWN).countries} == {"USA"}
    assert {country.alpha3 for country in extractor.extract("", ABROAD).countries} == {"USA", "LBN"}


def test_a_county_named_like_a_foreign_place_is_american(extractor: Extractor) -> None:
    found = extractor.extract("", "Voters in Guernsey County backed the levy, the Guernsey County board in Ohio said.")
    assert {country.alpha3 for country in found.countries} == {"USA"}
    kenyan = extractor.extract("", "Nairobi County has a new governor, Kenya's electoral commission said.")
    assert {country.alpha3 for country in kenyan.countries} == {"KEN"}


def test_a_region_in_several_states_belongs_to_the_state_named(extractor: Extractor) -> None:
    pakistan = extractor.extract("", "Floods hit Punjab, Pakistan's prime minister said in Islamabad.")
    assert {country.alpha3 for country in pakistan.countries} == {"PAK"}
    india = extractor.extract("", "Floods hit Punjab, India's prime minister said in Delhi.")
    assert {country.alpha3 for country in india.countries} == {"IND"}


def test_the_countries_that_an_article_is_about_are_main(extractor: Extractor) -> None:
    text = (
        "Kenya and Uganda signed a treaty on Monday. Kenya will build the road and Uganda the bridge. Ugandan and Kenyan "
        "workers will be hired. The parliaments will vote in May. The banks are ready. A similar road was built in Peru."
    )
    salience = {country.alpha3: country.salience for country in extractor.extract("", text).countries}
    assert salience == {"KEN": "main", "UGA": "main", "PER": "mentioned"}


def test_offsets_refer_to_the_original(extractor: Extractor) -> None:
    title, text = (
        "  Kabul\t\tin  flames ",
        "Police in\r\n   Kabul said…  Afghan\u00a0police,\u200b said the U.S.in a note",
    )
    found = extractor.extract(title, text)
    spans = {(m.in_, m.start, m.text) for country in found.countries for m in country.mentions}
    assert ("title", title.index("Kabul"), "Kabul") in spans
    assert ("text", text.index("Kabul"), "Kabul") in spans
    assert ("text", text.index("Afghan"), "Afghan") in spans
    assert ("text", text.index("U.S."), "U.S") in spans or ("text", text.index("U.S."), "U.S.") in spans


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("The loan of US$5 million was signed in Bishkek.", {"KGZ"}),
        ("Member States agreed on the text in Geneva.", {"CHE"}),
        ("He went back to the States last year.", {"USA"}),
        ("THE REPORT STATES THAT THE OFFICERS WERE IN KABUL.", {"AFG"}),
        ("Police in Batumi, Georgia, arrested two men.", {"GEO"}),
        ("TBILISI, Georgia -- Police arrested two men.", {"GEO"}),
        ("Representative Ann Roe, Republican of Georgia, called the remarks dangerous.", {"USA"}),
        ("Georgia's governor signed the bill.", {"USA"}),
        ("Pan American executives met the pilots.", set()),
        ("The two spoke by phone in March, when union members marched from Central University.", set()),
        ("CAR BOMB KILLS FIVE IN KABUL", {"AFG"}),
        ("Eni SA said that profit rose.", set()),
        ("A SWAT team arrived after a hit-and-run.", set()),
        ("Ships in the Red Sea changed course.", set()),
        ("ZURICH, March 3 (Reuters) - Prices of watches rose.", {"CHE"}),
        ("Prices of watches rise. LYON, March 3 (AFP) - Prices of watches rose again.", {"FRA"}),
        ("LEICESTER (Reuters) - Prices of watches rose.", {"GBR"}),
        ("Finn Allen and Dane Roe scored for the visitors.", set()),
        ("The Finn and the Dane scored for the visitors.", {"FIN", "DNK"}),
        ("patna: the minister said on monday that kazakhstan and new delhi would talk.", {"IND", "KAZ"}),
        ("The Akorda and the Mazhilis agreed.", {"KAZ"}),
        ("Fire crews came to an east London hospital.", {"GBR"}),
    ],
)
def test_words_that_only_look_like_places(extractor: Extractor, text: str, codes: set[str]) -> None:
    assert {country.alpha3 for country in extractor.extract("", text).countries} == codes

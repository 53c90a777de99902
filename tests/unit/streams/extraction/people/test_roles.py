"""The class and state of an office, by the words of its title."""

import pytest

from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    ("text", "role_class", "country"),
    [
        # bodies of an international organisation come before the head word
        ("European Commission Vice President Anna Roe met Uzbek officials in Tashkent.", "igo", None),
        ("EU Special Representative for Central Asia Anna Roe visited Bishkek.", "igo", None),
        ("Transport Commissioner Anna Roe said the European Commission would study Italy's aid.", "igo", None),
        ("Anna Roe, Kenya's ambassador to the United Nations, spoke.", "diplomat", "KEN"),
        # central banks
        ("Federal Reserve Board Chairman Anna Roe said rates would rise.", "official", "USA"),
        ("Central Bank President Anna Roe said that Peru would pay.", "official", "PER"),
        ("National Bank Chairman Anna Roe said the tenge was stable in Kazakhstan.", "official", "KAZ"),
        # parties
        ("Republican National Committee Chairman Anna Roe spoke.", "party", "USA"),
        ("Anna Roe, leader of the Welsh Conservatives, spoke.", "party", "GBR"),
        ("Anna Roe, another PDC leader, was killed in Guatemala.", "party", "GTM"),
        ("Kenyan opposition leader Anna Roe spoke.", "party", "KEN"),
        # cabinet rank
        ("U.S. Trade Representative Anna Roe said Japan must act.", "minister", "USA"),
        ("The Ukrainian trade representative Anna Roe said so.", "official", "UKR"),
        ("Justice Secretary Anna Roe spoke in Leeds.", "minister", "GBR"),
        ("Levelling Up Secretary Anna Roe spoke in Leeds.", "minister", "GBR"),
        ("PARIS, March 3 (Reuters) - Treasury Secretary Anna Roe said so in Paris.", "minister", "USA"),
        ("Chancellor Anna Roe spoke in London.", "minister", "GBR"),
        ("The former chancellor Anna Roe of West Germany spoke.", "head_of_government", "DEU"),
        ("Minister of Trade and Integration Anna Roe spoke in Astana.", "minister", "KAZ"),
        # Central Asia
        ("Almaty akim Anna Roe opened a road.", "local", "KAZ"),
        ("Akim of Almaty Region Anna Roe opened a road.", "local", "KAZ"),
        ("Tashkent hokim Anna Roe opened a road.", "local", "UZB"),
        ("Speaker of the Mazhilis Anna Roe met the ambassador.", "legislator", "KAZ"),
        ("Speaker of the Jogorku Kenesh Anna Roe met the ambassador of Tajikistan.", "legislator", "KGZ"),
        ("Senate Chairperson Anna Roe met the delegation in Tashkent.", "legislator", "UZB"),
        ("Vice Prime Minister Anna Roe spoke in Astana.", "minister", "KAZ"),
        ("Ukraine's security council secretary Anna Roe spoke.", "official", "UKR"),
        ("Chairman of the Cabinet of Ministers Anna Roe spoke in Bishkek.", "head_of_government", "KGZ"),
        ("Deputy Chairman of the Cabinet of Ministers Anna Roe spoke in Bishkek.", "minister", "KGZ"),
        ("Chairman of the State Committee for National Security Anna Roe spoke in Bishkek.", "security", "KGZ"),
        ("State Duma Deputy Anna Roe spoke in Moscow.", "legislator", "RUS"),
        # aides
        ("Tokayev's spokesman Anna Roe said so.", "spokesperson", "KAZ"),
        ("Anna Roe, an adviser to President Emomali Rahmon, said so.", "official", "TJK"),
        ("Former White House ethics lawyer Anna Roe wrote a book.", "official", "USA"),
        # words of the title that mislead
        ("An envoy was sent. In British diplomat Anna Roe the United States has a friend.", "diplomat", "GBR"),
        ("Anna Roe, second secretary at the Kenyan embassy in Rome, was expelled.", "diplomat", "KEN"),
        ("Const. Anna Roe of the Toronto police said so.", "security", "CAN"),
        ("The speaker of Ukraine's parliament, Anna Roe, announced it.", "legislator", "UKR"),
        ("The Ukraine Ambassador to Nigeria, Dr. Anna Roe stated that trade grows.", "diplomat", "UKR"),
    ],
)
def test_the_class_and_state_of_an_office(
    extractor: Extractor, text: str, role_class: str, country: str | None
) -> None:
    found = {o.name: (o.role_class, o.country) for o in extractor.extract("", text).officials}
    assert found["Anna Roe"] == (role_class, country)


@pytest.mark.parametrize(
    "text",
    [
        "Vice Chancellor Anna Roe of the University of Leeds said so.",
        "Anna Roe, senior vice president and chief economist at Acme, said so.",
        "Anna Roe, president of the Alberta Liquor Store Association, said so.",
        "A writer at King Features Syndicate said so.",
        "It starts at 3:30 PM Indian Standard Time in the Premier League.",
        "The ruling in Roe v. Wade stands.",
        "GOP Candidates Resoundingly Reject The Idea Of A Wage Hike",
    ],
)
def test_who_holds_no_public_office(extractor: Extractor, text: str) -> None:
    assert extractor.extract("", text).officials == ()


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Pope Francis Shines Light On Migrants", ["Francis"]),
        ("President Tokayev Fires Interior Minister", ["Tokayev"]),
        ("Ukraine's President Volodymyr Zelenskyy Ditches Green", ["Volodymyr Zelenskyy"]),
    ],
)
def test_a_headlines_verb_is_no_part_of_the_name(extractor: Extractor, title: str, names: list[str]) -> None:
    assert [official.name for official in extractor.extract(title, "").officials] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("President Bush and Secretary Kerry visited Tashkent.", ["Bush", "Kerry"]),
        ("Sens. Ann Roe (Mont.), Max Doe (W. Va.) and Jon Poe (Alaska) voted.", ["Ann Roe", "Max Doe", "Jon Poe"]),
        ("Minister of Energy Ann Roe and Minister of Health Max Doe met in Astana.", ["Ann Roe", "Max Doe"]),
        ("Indonesian President Joko 'Jokowi' Widodo spoke.", ["Joko 'Jokowi' Widodo"]),
        (
            "PRESIDENT MAX DOE MET FOREIGN MINISTER ANN ROE OF KYRGYZSTAN IN ASTANA ON MONDAY, OFFICIALS SAID.",
            ["MAX DOE", "ANN ROE"],
        ),
        ("SALVADORAN AMBASSADOR TO PERU ANN ROE HAS REPORTED IT.", ["ANN ROE"]),
        ("Attorney General Bill Barr spoke.", ["Bill Barr"]),
    ],
)
def test_the_names_beside_titles(extractor: Extractor, text: str, names: list[str]) -> None:
    assert [official.name for official in extractor.extract("", text).officials] == names


def test_a_role_does_not_begin_with_the_datelines_dash(extractor: Extractor) -> None:
    (official,) = extractor.extract("", "LONDON, March 3 - Treasury Secretary Anna Roe said so.").officials
    assert official.role == "Treasury Secretary"


def test_middle_initials_make_no_other_person(extractor: Extractor) -> None:
    text = "Antony J. Blinken arrived in Kyiv. Vladimir V. Putin spoke in Moscow. Mayor Anna B. Roe of Leeds spoke."
    assert {official.id for official in extractor.extract("", text).officials} == {
        "antony-blinken-usa",
        "vladimir-putin-rus",
        "anna-roe-gbr",
    }


@pytest.mark.parametrize(
    "names",
    [
        ("Dmytro Kuleba", "Dmitry Kuleba"),  # of the registry
        ("Sergei Sadyrbayev", "Sergey Sadyrbaev", "Sergei A. Sadyrbayev"),
        ("Kassym-Jomart Roe", "Kasym-Jomart Roe"),
        ("Mohammed Doe", "Mohamed Doe"),
    ],
)
def test_spellings_of_one_name_have_one_id(extractor: Extractor, names: tuple[str, ...]) -> None:
    texts = [f"Foreign Minister {name} of Ukraine spoke." for name in names]
    assert len({extractor.extract("", text).officials[0].id for text in texts}) == 1


def test_other_people_keep_their_ids(extractor: Extractor) -> None:
    texts = ["President George W. Bush of the United States.", "President George H. W. Bush of the United States."]
    assert [extractor.extract("", text).officials[0].id for text in texts] == [
        "george-w-bush-usa",
        "george-h-w-bush-usa",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The late President Jane Roe of Kenya built it.",
        "Then-President Jane Roe of Kenya opened it.",
        "The late President Islam Karimov built it.",
    ],
)
def test_who_held_an_office_once_is_former(extractor: Extractor, text: str) -> None:
    (official,) = extractor.extract("", text).officials
    assert official.former


def test_an_office_that_ended_before_the_articles_day_is_former(extractor: Extractor) -> None:
    text = "President Barack Obama of the United States spoke."
    days = ("2014-05-01", "2021-05-01")
    assert [extractor.extract("", text, "en", day).officials[0].former for day in days] == [False, True]


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("First Deputy Prime Minister Anna Roe visited Uzbekistan. Kazakhstan's trade grew.", "KAZ"),
        ("Senate Chairman Max Roe met Chinese lawmakers in Astana.", "KAZ"),
        ("Foreign Minister Anna Roe will travel to Tashkent, said Kazakhstan's foreign ministry.", "KAZ"),
        ("Defence Minister Anna Roe visited Uzbekistan.", None),
        ("Interior Minister Anna Roe visited Calais, France.", "FRA"),
    ],
)
def test_a_host_is_not_the_officials_own_state(extractor: Extractor, text: str, country: str | None) -> None:
    assert extractor.extract("", text).officials[0].country == country


@pytest.mark.parametrize("name", ["Felix Dzerzhinsky", "George Patton", "John F. Kennedy"])
def test_history_holds_no_office(extractor: Extractor, name: str) -> None:
    text = f"It was said by General {name} of Ohio."
    assert extractor.extract("", text).officials == ()
    assert extractor.extract("", text, "en", "1950-01-01").officials


def test_known_names_are_read_in_lower_case(extractor: Extractor) -> None:
    text = "patna: prime minister narendra modi said on monday that talks with sadyr japarov would begin soon."
    assert [o.id for o in extractor.extract("", text).officials] == ["narendra-modi-ind", "sadyr-japarov-kgz"]


def test_a_known_name_inside_a_longer_run_of_capitals_ends_where_it_should(extractor: Extractor) -> None:
    text = "The bill was written by Sen. John McCain John Sidney McCainMartha McSally and others in Arizona."
    (mccain,) = extractor.extract("", text).officials
    assert (mccain.id, mccain.name) == ("john-mccain-usa", "John McCain")

"""Officials in sentences written for this test: who is an official, of which class and state, and who is not."""

import pytest

from detectors.model.article import Official
from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Kenyan Foreign Minister Alfred Mutua met his Ugandan counterpart, Jeje Odongo.", {"Alfred Mutua": ("foreign_minister", "KEN"), "Jeje Odongo": ("foreign_minister", "UGA")}),
        ("The finance minister of Ghana, Ken Ofori-Atta, resigned.", {"Ken Ofori-Atta": ("minister", "GHA")}),
        ("Sheriff Bob Smith of Clark County, Nevada, spoke.", {"Bob Smith": ("security", "USA")}),
        ("Los Angeles Police Chief Michel Moore retired.", {"Michel Moore": ("security", "USA")}),
        ("Sen. Susan Collins, R-Maine, voted no.", {"Susan Collins": ("legislator", "USA")}),
        ("Rep. Ilhan Omar (D-Minn.) spoke.", {"Ilhan Omar": ("legislator", "USA")}),
        ("State Sen. Dale Zorn, R-Ida, voted in Lansing, Michigan.", {"Dale Zorn": ("local", "USA")}),
        ("Mayor Anna Krol of Gdansk, Poland, opened a school.", {"Anna Krol": ("local", "POL")}),
        ("Armenia's ambassador to France, Hasmik Tolmajyan, spoke in Paris.", {"Hasmik Tolmajyan": ("diplomat", "ARM")}),
        ("The US ambassador to Kenya, Meg Whitman, left Nairobi.", {"Meg Whitman": ("diplomat", "USA")}),
        ("U.N. spokesman Stephane Dujarric said aid had arrived in Sudan.", {"Stephane Dujarric": ("spokesperson", None)}),
        ("State Department spokeswoman Heather Nauert said so.", {"Heather Nauert": ("spokesperson", "USA")}),
        ("WHO Director-General Tedros Adhanom Ghebreyesus warned.", {"Tedros Adhanom Ghebreyesus": ("igo", None)}),
        ("NATO Secretary General Jens Stoltenberg met Polish President Andrzej Duda.", {"Jens Stoltenberg": ("igo", None), "Andrzej Duda": ("head_of_state", "POL")}),
        ("Judge Maria Lopez of the Constitutional Court of Spain dissented.", {"Maria Lopez": ("judiciary", "ESP")}),
        ("Chief of Army Staff General Qamar Bajwa visited Lahore, Pakistan.", {"Qamar Bajwa": ("military", "PAK")}),
        ("Opposition presidential candidate Maurice Kamto rejected the result in Cameroon.", {"Maurice Kamto": ("party", "CMR")}),
        ("Kwame Mensah was named minister of energy in Ghana.", {"Kwame Mensah": ("minister", "GHA")}),
        ("Former Prime Minister Tony Abbott of Australia spoke.", {"Tony Abbott": ("head_of_government", "AUS")}),
        ("Apple chief executive Tim Cook spoke in California.", {}),
        ("Professor John Smith of Harvard University said so.", {}),
        ("Taliban leader Haibatullah Akhundzada issued an order in Afghanistan.", {}),
        ("Coach Jim Harbaugh of Michigan retired.", {}),
        ("Reuters correspondent Mary Jones reported from Kyiv, Ukraine.", {}),
        ("Bishop Desmond Brown prayed in Ghana.", {}),
        ("Tesla president Jane Roe resigned in Texas.", {}),
        ("The president of Harvard University, Claudine Gay, resigned.", {}),
        ("University of Texas President Jay Hartzell spoke.", {}),
        ("Union president Mark Dimondstein called a strike.", {}),
        ("Bank of America president John Roe spoke.", {}),
        ("King Harald of Norway opened parliament.", {"Harald": ("head_of_state", "NOR")}),
        ("Martin Luther King Jr. Boulevard was closed in Atlanta.", {}),
        ("Deputy Prime Minister Aigul Sadykova of Kyrgyzstan spoke.", {"Aigul Sadykova": ("minister", "KGZ")}),
        ("The Kyrgyz president cancelled his trip. Sadyr Japarov had been expected in Moscow.", {"Sadyr Japarov": ("head_of_state", "KGZ")}),
        ("Scottish First Minister Nicola Sturgeon resigned.", {"Nicola Sturgeon": ("local", "GBR")}),
        ("Texas Governor Greg Abbott signed it.", {"Greg Abbott": ("local", "USA")}),
        ("Ontario Premier Doug Ford spoke.", {"Doug Ford": ("local", "CAN")}),
        ("Kurdistan Region Prime Minister Masrour Barzani met Iraqi Prime Minister Mustafa al-Kadhimi.", {"Masrour Barzani": ("local", "IRQ"), "Mustafa al-Kadhimi": ("head_of_government", "IRQ")}),
        ("School board member Jane Poe of Dayton, Ohio, voted no.", {"Jane Poe": ("local", "USA")}),
        ("Israeli army spokesman Lt. Col. Jonathan Conricus said so.", {"Jonathan Conricus": ("spokesperson", "ISR")}),
        ("Interior Minister Gérald Darmanin visited Calais, France.", {"Gérald Darmanin": ("minister", "FRA")}),
        ("German Chancellor Angela Merkel met Emmanuel Macron.", {"Angela Merkel": ("head_of_government", "DEU"), "Emmanuel Macron": ("head_of_state", "FRA")}),
        ("Lt. Gov. Dan Patrick of Texas spoke.", {"Dan Patrick": ("local", "USA")}),
        ("Attorney General Ken Paxton of Texas sued.", {"Ken Paxton": ("judiciary", "USA")}),
        ("District Attorney Alvin Bragg of Manhattan, New York, said so.", {"Alvin Bragg": ("judiciary", "USA")}),
        ("FBI Director Christopher Wray testified.", {"Christopher Wray": ("security", "USA")}),
        ("Labour MP Jess Phillips of Birmingham, England, asked.", {"Jess Phillips": ("legislator", "GBR")}),
        ("Knesset member Ayman Odeh of Israel was suspended.", {"Ayman Odeh": ("legislator", "ISR")}),
        ("Speaker Nancy Pelosi visited Taiwan.", {"Nancy Pelosi": ("legislator", "USA")}),
        ("Francesca Gana, the deputy foreign minister of Malta, signed.", {"Francesca Gana": ("official", "MLT")}),
        ("Dr. Anthony Fauci, director of the National Institute of Allergy and Infectious Diseases, spoke in Washington.", {"Anthony Fauci": ("official", "USA")}),
        ("EU foreign policy chief Josep Borrell spoke.", {"Josep Borrell": ("igo", None)}),
        ("Foreign Secretary David Lammy met Secretary of State Marco Rubio.", {"David Lammy": ("foreign_minister", "GBR"), "Marco Rubio": ("foreign_minister", "USA")}),
        ("Defense Secretary Lloyd Austin landed in Manila, Philippines.", {"Lloyd Austin": ("defence_minister", "USA")}),
        ("Ambassador Kwesi Quartey of Ghana to the African Union spoke.", {"Kwesi Quartey": ("diplomat", "GHA")}),
        ("Police spokesman Fred Enanga said ten were held in Kampala, Uganda.", {"Fred Enanga": ("spokesperson", "UGA")}),
        ("The Obama administration cut aid.", {"Obama": ("head_of_state", "USA")}),
        ("Reagan Airport and the Clinton Foundation closed.", {}),
        ("Zhang Jun, China's permanent representative to the United Nations, spoke.", {"Zhang Jun": ("diplomat", "CHN")}),
        ("Councillor Mary Byrne of Galway, Ireland, objected.", {"Mary Byrne": ("local", "IRL")}),
        ("Emir Tamim bin Hamad Al Thani of Qatar flew to Paris.", {"Tamim bin Hamad Al Thani": ("head_of_state", "QAT")}),
        ("Supreme Leader Ali Khamenei of Iran spoke.", {"Ali Khamenei": ("head_of_state", "IRN")}),
        ("Saudi Crown Prince Mohammed bin Salman met Putin.", {"Mohammed bin Salman": ("minister", "SAU"), "Putin": ("head_of_state", "RUS")}),
    ],
)  # fmt: skip
def test_finds_officials_with_class_and_state(
    extractor: Extractor, text: str, people: dict[str, tuple[str, str | None]]
) -> None:
    found = {
        official.name: (official.role_class, official.country) for official in extractor.extract("", text).officials
    }
    assert found == people


@pytest.mark.parametrize(
    "text",
    [
        "Police Officers Fatally Shot a Man on Main Street\nThe man was fatally wounded, police in Ohio said.",
        "OSCE Envoy Condemns Dvani Attack",
        "Cadillac President Johan Roe showed the car in New York.",
        "Coincheck's founding president Koichi Wada will resign, it said in Tokyo.",
        "The patient lay in the Kenyatta National Hospital in Nairobi.",
        "He attended the Queen Elizabeth University Hospital in Glasgow.",
        "He was a spokesman for the prison guard union in California, John Roe said.",
        "ATLANTIC BEACH — Officials of the town in Florida met.",
        "A sketch by da Vinci was sold in Paris.",
        "Dutch Rail chief Roger van Boxel spoke.",
        "John Roe, chief medical officer for Walgreens, spoke in Chicago.",
        "It lies near the Martin Luther King Parkway in Atlanta.",
    ],
)
def test_finds_no_officials(extractor: Extractor, text: str) -> None:
    assert [official.name for official in extractor.extract("", text).officials] == []


def only(extractor: Extractor, text: str, published_at: str | None = None) -> Official:
    (official,) = extractor.extract("", text, published_at=published_at).officials
    return official


def test_one_entry_per_person_with_all_mentions(extractor: Extractor) -> None:
    text = "Secretary of State John Kerry left. Kerry said so. Later Mr. Kerry flew home."
    kerry = only(extractor, text)
    assert [text[m.start : m.end] for m in kerry.mentions] == ["John Kerry", "Kerry", "Kerry"]
    assert (kerry.role, kerry.role_class, kerry.former) == ("Secretary of State", "foreign_minister", False)
    assert [span.text for span in kerry.evidence] == ["Secretary of State"]


def test_a_bare_surname_with_an_office_takes_the_registrys_id(extractor: Extractor) -> None:
    full = only(extractor, "Tajik President Emomali Rahmon spoke.")
    assert only(extractor, "The Tajik leader, President Rahmon, spoke in Dushanbe.").id == full.id
    assert only(extractor, "President Rakhmon of Tajikistan spoke.").id == full.id


def test_organisation_is_the_body_served(extractor: Extractor) -> None:
    assert only(extractor, "State Department spokesman John Roe spoke.").organisation == "State Department"
    assert only(extractor, "UN envoy Jane Roe spoke in Geneva.").organisation == "UN"


def test_an_aide_serves_the_state_of_the_official(extractor: Extractor) -> None:
    text = "China answered on Friday. Chinese firms worry. Trump's top economic adviser, Larry Roe, said so in Beijing."
    found = {official.name: official.country for official in extractor.extract("", text).officials}
    assert found["Larry Roe"] == "USA"


def test_a_portfolio_ends_where_the_name_begins(extractor: Extractor) -> None:
    found = only(extractor, "Vietnam's Minister of Natural Resources and Environment Nguyen Cong spoke.")
    assert (found.name, found.role_class, found.country) == ("Nguyen Cong", "minister", "VNM")


@pytest.mark.parametrize(
    ("published_at", "role_class", "former"),
    [
        ("2008-09-01T10:00:00Z", "party", False),
        ("2012-05-01", "head_of_state", False),
        ("2019-05-01", "head_of_state", True),
        (None, "head_of_state", False),
    ],
)
def test_the_date_selects_the_office(
    extractor: Extractor, published_at: str | None, role_class: str, former: bool
) -> None:
    obama = only(extractor, "Nobody had expected Barack Obama to say so in Chicago.", published_at)
    assert (obama.role_class, obama.former) == (role_class, former)


def test_a_future_office_holder_is_not_an_official(extractor: Extractor) -> None:
    text = "Donald Trump opened a casino in New Jersey."
    assert extractor.extract("", text, published_at="2009-03-01").officials == ()
    assert only(extractor, text, "2018-03-01").role_class == "head_of_state"


def test_the_date_is_read_from_the_article_address(extractor: Extractor) -> None:
    text = "LINK: https://www.example.com/news/2009/03/24/story.html Donald Trump opened a casino in New Jersey."
    assert extractor.extract("", text).officials == ()


@pytest.mark.parametrize("dateline", ["OSLO - ", "Oslo – ", "OSLO, March 1 (Reuters) - ", "Reuters - ", ""])
def test_a_title_begins_after_the_dateline(extractor: Extractor, dateline: str) -> None:
    official = only(extractor, f"{dateline}Norwegian Foreign Minister Ida Roe met her counterparts.")
    assert official.role == "Norwegian Foreign Minister"


@pytest.mark.parametrize("text", ["March 24, 2009. ", "24 March 2009 - ", "Tuesday, Mar. 24, 2009 "])
def test_reads_common_date_formats(extractor: Extractor, text: str) -> None:
    assert extractor.extract("", text + "Donald Trump opened a casino in New Jersey.").officials == ()


@pytest.mark.parametrize(
    ("text", "role_class"),
    [
        ("House Majority Whip James Roe, D-S.C., spoke in Washington.", "legislator"),
        ("House Speaker Bobby Roe, R-Charleston, said the state House in South Carolina would vote.", "local"),
        ("Sen. Jon Roe, a Republican, said the state Senate in Ohio would vote on the governor's budget.", "local"),
        ("Sen. Jon Roe of Ohio said Congress would vote.", "legislator"),
        ("Finance Minister Dwight Roe of Ontario said the province would pay.", "local"),
        ("White House budget chief Peter Roe denied it.", "official"),
        ("NYPD Chief of Department Terence Roe said so in New York.", "security"),
        ("Bank of Canada governor Mark Roe spoke in Ottawa.", "official"),
    ],
)
def test_context_decides_the_class(extractor: Extractor, text: str, role_class: str) -> None:
    assert only(extractor, text).role_class == role_class


def test_works_without_a_registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("registry") / "officials.yaml"
    empty.write_text("[]", encoding="utf-8")
    found = only(Extractor(registry=empty), "Tajikistan's President Emomali Rahmon spoke. Rahmon left.")
    assert (found.id, found.role_class, found.country) == ("emomali-rahmon-tjk", "head_of_state", "TJK")

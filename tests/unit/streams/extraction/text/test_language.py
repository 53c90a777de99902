"""Languages: detection, language tags in any form, and country names in other languages."""

import pytest

from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("fr", "Le ministre des affaires étrangères de la France a rencontré son homologue du Kazakhstan.", {"FRA", "KAZ"}),
        ("de", "Die Außenminister aus Deutschland und Usbekistan trafen sich am Montag in der Schweiz.", {"DEU", "UZB", "CHE"}),
        ("ru", "Министр иностранных дел Казахстана встретился с послом России в понедельник утром.", {"KAZ", "RUS"}),
        ("zh", "中国和哈萨克斯坦的外交部长星期一举行会谈。", {"CHN", "KAZ"}),
        ("es", "El presidente de México visitó España y Alemania el lunes por la mañana.", {"MEX", "ESP", "DEU"}),
    ],
)  # fmt: skip
def test_finds_countries_by_their_names_in_the_language(
    extractor: Extractor, language: str, text: str, codes: set[str]
) -> None:
    found = extractor.extract("", text)
    assert found.language == language
    assert {country.alpha3 for country in found.countries} == codes
    assert found.extracted == ("countries",)
    assert (found.officials, found.themes) == ((), ())
    for country in found.countries:
        spans = [(mention.start, mention.end) for mention in country.mentions]
        assert len(spans) == len(set(spans))
        assert all(text[start:end] for start, end in spans)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("en-US", "en"),
        ("EN", "en"),
        ("fr_FR", "fr"),
        ("english", "en"),
        ("", "en"),
        ("eng", "en"),
        ("und", "en"),
        ("deu", "de"),
        ("ger", "de"),
        ("zxx", "en"),
        ("cmn", "zh"),
    ],
)
def test_accepts_a_language_tag_in_any_form(extractor: Extractor, given: str, code: str) -> None:
    text = "The president of Kenya said on Monday that the talks with Uganda had been good."
    assert extractor.extract("", text, given).language == code


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Erdoğan visits Tashkent", "Turkish president meets Mirziyoyev. — Reuters"),
        ("Haiti PM quits", "Council names successor. — Reuters"),
        ("Iran’s president “ready” to visit Riyadh", ""),
    ],
)
def test_dashes_and_quotes_make_short_english_no_other_language(extractor: Extractor, title: str, text: str) -> None:
    assert extractor.extract(title, text).language == "en"


def test_english_gives_every_kind_of_finding(extractor: Extractor) -> None:
    found = extractor.extract("", "The president of Kenya said on Monday that the talks had been good.")
    assert found.extracted == ("countries", "officials", "organisations", "themes", "events")


#: One sentence in many languages: the president of France met the chancellor of Germany and ministers of Tunisia.
MEETING = {
    "fr": "Le président de la France a rencontré lundi à Paris le chancelier de l'Allemagne et des ministres de la Tunisie.",
    "de": "Der Präsident von Frankreich traf am Montag den Kanzler aus Deutschland und Minister aus Tunesien.",
    "es": "El presidente de Francia se reunió el lunes con el canciller de Alemania y ministros de Túnez.",
    "it": "Il presidente della Francia ha incontrato lunedì il cancelliere della Germania e i ministri della Tunisia.",
    "pt": "O presidente da França encontrou-se na segunda-feira com o chanceler da Alemanha e ministros da Tunísia.",
    "nl": "De president van Frankrijk ontmoette maandag de kanselier van Duitsland en ministers uit Tunesië.",
    "sv": "Frankrikes president träffade på måndagen Tysklands förbundskansler och ministrar från Tunisien.",
    "cs": "Prezident Francie se v pondělí setkal s kancléřem Německa a ministry Tuniska.",
    "tr": "Fransa cumhurbaşkanı pazartesi günü Almanya başbakanı ve Tunus bakanlarıyla görüştü.",
    "ru": "Президент Франции встретился в понедельник с канцлером Германии и министрами Туниса.",
    "uk": "Президент Франції зустрівся в понеділок з канцлером Німеччини та міністрами Тунісу.",
    "ar": "التقى رئيس فرنسا يوم الاثنين مستشار ألمانيا ووزراء من تونس.",
    "zh": "法国总统星期一会见了德国总理和突尼斯部长。",
    "ja": "フランスの大統領は月曜日にドイツの首相とチュニジアの大臣と会談した。",
    "ko": "프랑스 대통령은 월요일 독일 총리와 튀니지 장관들을 만났다.",
    "id": "Presiden Prancis bertemu dengan kanselir Jerman dan para menteri Tunisia pada hari Senin.",
    "el": "Ο πρόεδρος της Γαλλίας συναντήθηκε τη Δευτέρα με τον καγκελάριο της Γερμανίας και υπουργούς της Τυνησίας.",
    "fi": "Ranskan presidentti tapasi maanantaina Saksan liittokanslerin ja Tunisian ministereitä.",
    "hu": "Franciaország elnöke hétfőn találkozott Németország kancellárjával és Tunézia minisztereivel.",
    "ro": "Președintele Franței s-a întâlnit luni cu cancelarul Germaniei și cu miniștri din Tunisia.",
    "he": "נשיא צרפת נפגש ביום שני עם קנצלר גרמניה ושרים מתוניסיה.",
    "vi": "Tổng thống Pháp đã gặp Thủ tướng Đức và các bộ trưởng Tunisia hôm thứ Hai.",
    "fa": "رئیس جمهور فرانسه روز دوشنبه با صدراعظم آلمان و وزیران تونس دیدار کرد.",
    "hi": "फ़्रांस के राष्ट्रपति ने सोमवार को जर्मनी के चांसलर और ट्यूनीशिया के मंत्रियों से मुलाकात की।",
    "th": "ประธานาธิบดีฝรั่งเศสพบกับนายกรัฐมนตรีเยอรมนีและรัฐมนตรีตูนิเซียเมื่อวันจันทร์",
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(MEETING))
def test_one_sentence_in_many_languages(extractor: Extractor, language: str) -> None:
    text = MEETING[language]
    found = extractor.extract("", text, language)
    assert {country.alpha3 for country in found.countries} == {"FRA", "DEU", "TUN"}
    assert found.extracted == ("countries",)
    assert all(text[m.start : m.end] == m.text for country in found.countries for m in country.mentions)


def test_short_english_with_foreign_names_is_english(extractor: Extractor) -> None:
    assert extractor.extract("", "Nigerian police arrested ten.").language == "en"

"""Countries in other languages: capitals, endings, adjectives, short names, and common words that look like names."""

import pytest

from streams.extraction.places.foreign_countries import foreign_mentions
from streams.extraction.text.document import Document
from streams.extraction.text.language import detect_language


def codes(text: str, language: str) -> set[str]:
    return {mention.alpha3 for mention in foreign_mentions(Document("", text), language)}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Кроме того, министр сообщил, что мали и чад не обсуждали."),
        ("ru", "Того же мнения держится Доминик Рааб."),
        ("es", "La reunión de los ministros terminó tarde."),
        ("ky", "Ал катар турган гана кишилерге айтты."),
        ("ar", "قال الوزير إن الدعم مالي ويأتي من مدينة كبيرة."),
        ("ar", "وزارة الشؤون المالية والدعم المالي"),
        ("fa", "وزیر گفت که کمک مالی روز دوشنبه می‌رسد."),
        ("de", "Sie lebt auf einer Insel."),
        ("kk", "Конгресте сөз сөйледі."),
    ],
)
def test_common_words_are_no_countries(language: str, text: str) -> None:
    assert codes(text, language) == set()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ru", "Российские и узбекские дипломаты прилетели из США в Душанбе.", {"RUS", "UZB", "USA", "TJK"}),
        ("ru", "В Южной Корее и Саудовской Аравии ждут решения Белого дома.", {"KOR", "SAU", "USA"}),
        ("uk", "Німецькі та французькі міністри відвідали Польщу й Угорщину.", {"DEU", "FRA", "POL", "HUN"}),
        ("kk", "АҚШ пен Қытайдың елшілері Өзбекстанға келді.", {"USA", "CHN", "UZB"}),
        ("kk", "AQSh pen Qytaıdyń elshileri Ózbekstanǵa keldi, Armenııamen kelisim jasady.", {"USA", "CHN", "UZB", "ARM"}),
        ("ky", "Кыргызстандын президенти Казакстанга барды.", {"KGZ", "KAZ"}),
        ("uz", "O'zbekiston va Qozog‘iston vazirlari AQShda uchrashdi.", {"UZB", "KAZ", "USA"}),
        ("uz", "Oʻzbekistonda Rossiyadan kelgan mehmonlar.", {"UZB", "RUS"}),
        ("uz", "Ўзбекистон ва Қозоғистон вазирлари учрашди.", {"UZB", "KAZ"}),
        ("tg", "Тоҷикистону Русия ва Ӯзбекистон", {"TJK", "RUS", "UZB"}),
        ("tk", "Türkmenistanyň we ABŞ-nyň wekilleri Russiýada duşuşdy.", {"TKM", "USA", "RUS"}),
        ("tr", "Türkiye'de ve İngiltere'nin başkentinde ABD'li bakanlar", {"TUR", "GBR", "USA"}),
        ("ar", "وصل الرئيس الروسي والوفد الأمريكي إلى الصين.", {"RUS", "USA", "CHN"}),
        ("fa", "رئیس جمهور آمریکا و وزیر ایرانی", {"USA", "IRN"}),
        ("zh", "美国和韩国的代表在北京会谈。", {"USA", "KOR", "CHN"}),
        ("fr", "Le ministre ouzbek et l'ambassadeur d'Iran, à Londres", {"UZB", "IRN", "GBR"}),
        ("es", "El ministro uzbeko habló en EE. UU. con los franceses.", {"UZB", "USA", "FRA"}),
        ("de", "Der kasachische Minister flog aus den USA nach Großbritannien.", {"KAZ", "USA", "GBR"}),
    ],
)  # fmt: skip
def test_finds_countries_in_every_form(language: str, text: str, expected: set[str]) -> None:
    assert codes(text, language) == expected


def test_mentions_are_the_words_of_the_text() -> None:
    document = Document("", "В Южной Корее прошли переговоры.")
    (found,) = foreign_mentions(document, "ru")
    assert document.clean[found.start : found.end] == "Южной Корее"


def test_an_unknown_language_has_no_countries() -> None:
    assert codes("Kazakhstan", "qqq") == set()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Qazaqstan men Ózbekstan prezıdentteri kelissózder júrgizdi, dep habarlaıdy. Osy jáne basqa qujattar", "kk"),
        ("Qazaqstan jäne Özbekstan prezidentteri Astanada qujattarğa qol qoiyp, üşin bir kelisim boldy", "kk"),
        ("Toshkent shahrida Qozog‘iston va O‘zbekiston prezidentlari uchun qabul marosimi bilan qarshi olindi", "uz"),
    ],
)
def test_knows_kazakh_in_latin_letters(text: str, language: str) -> None:
    assert detect_language(text) == language

from streams.sources.rss.entries import read_entries

SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/1</loc><news:news>
<news:publication><news:name>N</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2025-11-03T09:00:00Z</news:publication_date><news:title>Talks in Astana</news:title></news:news>
</url><url><loc>https://news.example/about</loc></url></urlset>"""


def test_news_of_a_sitemap_are_articles_and_other_pages_are_left_out() -> None:
    found = read_entries(SITEMAP, "https://news.example/sitemap.xml", "news.example")
    (article,) = found.articles
    assert (article.title, article.text, article.url) == ("Talks in Astana",) * 2 + ("https://news.example/1",)
    assert (article.language, article.published_at) == ("en", "2025-11-03T09:00:00Z")
    assert found.left_out == ("entry 2 is left out: it is no news: it has no title",)

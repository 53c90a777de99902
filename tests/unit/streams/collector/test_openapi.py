from streams.collector.openapi import openapi_document


def test_the_document_has_what_is_asked_and_answered() -> None:
    document = openapi_document()
    post = document["paths"]["/articles"]["post"]
    assert {"202", "400", "401", "429"} <= post["responses"].keys()
    assert document["components"]["schemas"]["Article"]["required"] == ["text"]

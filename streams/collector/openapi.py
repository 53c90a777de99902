"""The OpenAPI document of the HTTP door, for people who write their own clients."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from streams.records.article import Article

JsonSchema = dict[str, Any]


def openapi_document() -> JsonSchema:
    """The document (OpenAPI 3.1)."""
    _, schemas = msgspec.json.schema_components((Article,), ref_template="#/components/schemas/{name}")
    article = {"$ref": "#/components/schemas/Article"}
    problems = {
        "type": "array",
        "items": _object({"place": {"type": "string"}, "message": {"type": "string"}}),
    }
    answers = {
        "202": _answer("Kafka has all of them.", _object({"ids": {"type": "array", "items": {"type": "string"}}})),
        "400": _answer("Nothing was sent.", _object({"error": {"type": "string"}, "problems": problems})),
        "401": _answer("The token is missing or wrong.", _error()),
        "411": _answer("Content-Length is missing.", _error()),
        "413": _answer("The body is too large.", _error()),
        "415": _answer("The content type is another one.", _error()),
        "429": _answer("Kafka takes no more at the moment: send it again.", _error())
        | {"headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}},
        "503": _answer("The token cannot be read.", _error()),
    }
    content = {
        "application/json": {"schema": {"oneOf": [article, {"type": "array", "items": article}]}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "one article a line"}},
    }
    post = {
        "summary": "Send articles",
        "operationId": "postArticles",
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": content},
        "responses": answers,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Newswatch", "version": version("newswatch")},
        "paths": {"/articles": {"post": post}},
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _object(properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _error() -> JsonSchema:
    return _object({"error": {"type": "string"}})


def _answer(description: str, schema: JsonSchema) -> JsonSchema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}

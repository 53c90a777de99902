"""Acknowledgements are explicit and in order: what Faust offers beside that loses articles, and is not used.

`take` acknowledges a batch whose body raised, a plain `async for` what was cancelled; a table's item assignment writes
to the changelog without waiting for it (all three reproduced on Kafka 4.3.1 with Faust 0.15.3).
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "streams").rglob("*.py"))
BANNED_CALLS = {"take", "take_with_timestamp", "through", "group_by", "forward", "send_soon"}


def calls(tree: ast.AST) -> set[str]:
    return {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def edge_modules() -> list[Path]:
    return [module for module in MODULES if "import faust" in module.read_text() or "from faust" in module.read_text()]


def test_the_edge_is_found() -> None:
    assert {"batching.py", "worker.py", "table.py"} <= {module.name for module in edge_modules()}


@pytest.mark.parametrize("module", edge_modules(), ids=lambda module: module.name)
def test_nothing_is_acknowledged_by_itself(module: Path) -> None:
    assert not calls(ast.parse(module.read_text())) & BANNED_CALLS


def test_the_only_stream_that_is_read_is_one_without_acknowledgements() -> None:
    loops = [
        ast.unparse(node.iter)
        for module in edge_modules()
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.AsyncFor)
    ]
    assert sorted(loops) == ["stream.noack().events()", "super().getmany(timeout)"]

"""README.md of streams/transport lists all that reaches into Faust, mode, aiokafka and kafka-python, and tests pin it.

The list is compared with the tests (``assumes`` in test_frontier_*.py) and with the code of every room.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from tests.rigs.frontier import exists

ROOT = Path(__file__).parents[4]
LIBRARIES = ("faust", "mode", "aiokafka", "kafka")
SOURCES = {path: path.read_text() for path in (ROOT / "streams").rglob("*.py")}
README = (ROOT / "streams" / "transport" / "README.md").read_text()


def listed() -> dict[str, tuple[list[str], str]]:
    """What the README lists: each name with the modules that use it, and the test that pins it."""
    found: dict[str, tuple[list[str], str]] = {}
    for line in README.split("## What we reach into")[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            assert len(cells) == 5, line
            names, where, _, _, test = cells
            for name in re.findall(r"`([^`]+)`", names):
                assert name not in found, f"{name} is listed twice"
                found[name] = (re.findall(r"`([^`]+)`", where), test.strip("` "))
    return found


def pinned() -> dict[str, str]:
    """What the tests assume: each name with the test."""
    found: dict[str, str] = {}
    for path in Path(__file__).parent.glob("test_frontier_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "assumes":
                    found |= {ast.literal_eval(name): node.name for name in decorator.args}
    return found


LISTED = listed()
LAST_PARTS = {name.rsplit(".", 1)[-1] for name in LISTED}


#: Faust hands us the one, and we count on what the other comes to.
NOT_BY_NAME = {
    "faust.tables.recovery.Recovery.active_offsets",
    "faust.tables.base.Collection._changelog_topic_name",
}
#: What documented classes offer under such a name.
DOCUMENTED = {"_replace"}
#: Interfaces that a library documents for its users to implement.
INTERFACES = ("kafka.consumer.subscription_state.ConsumerRebalanceListener",)
#: What Python documents to be set: hooks for errors that end the process or a thread.
HOOKS = {"excepthook"}


def is_module(name: str) -> bool:
    """Whether a name is a module's: its log lines are read, or all of it is used."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def is_listed(name: str) -> bool:
    return any(name == entry or name.startswith(f"{entry}.") for entry in (*LISTED, *INTERFACES))


def our_classes() -> Iterator[type]:
    """The product's classes that extend one of a library."""
    for module in pkgutil.walk_packages(streams.__path__, "streams."):
        if module.name.endswith("__main__"):
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(kind) and kind.__module__ == module.name and any(map(is_theirs, kind.__mro__)):
                yield kind


def is_theirs(kind: type) -> bool:
    return kind.__module__.split(".")[0] in LIBRARIES


def overridden(kind: type) -> Iterator[str]:
    """What a class defines that a library's class defines, as the library names it."""
    ignored = {name for name in vars(object) if name != "__post_init__"} | {"__module__", "__dict__", "__weakref__"}
    ignored |= {"__annotations__", "__parameters__", "__orig_bases__", "__abstractmethods__", "_abc_impl", "__slots__"}
    # mode gives each service these of its own.
    ignored |= {"abstract", "logger", "log", "__static_attributes__", "__firstlineno__"}
    for name in vars(kind).keys() - ignored:
        for base in kind.__mro__:
            if is_theirs(base) and name in vars(base):
                yield f"{base.__module__}.{base.__qualname__}.{name}"
                break


def private_reads(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """Underscored attributes of objects other than ``self``, and those of ``self`` that are not of our making."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            of = ast.unparse(node.value)
            if of not in ("self", "cls", "os", "super()") or (of == "self" and node.attr not in own):
                yield node.attr


def test_the_readme_and_the_tests_list_the_same() -> None:
    assert {name: test for name, (_, test) in LISTED.items()} == pinned()


@pytest.mark.parametrize("name", LISTED)
def test_what_is_listed_exists_and_is_used_where_the_readme_says(name: str) -> None:
    assert exists(name)
    sources = [SOURCES[ROOT / "streams" / module] for module in LISTED[name][0]]
    last = name.rsplit(".", 1)[-1]
    assert sources
    if name not in NOT_BY_NAME and not is_module(name):
        assert any(re.search(rf"\b{last}\b", source) for source in sources), f"{name} is not used there"


def test_everything_that_is_overridden_is_listed() -> None:
    found = {name for kind in our_classes() for name in overridden(kind)}
    assert len(found) > 30
    assert sorted(name for name in found if not is_listed(name)) == []


def test_every_private_attribute_of_a_library_that_is_used_is_listed() -> None:
    found: dict[str, str] = {}
    for path, text in SOURCES.items():
        tree = ast.parse(text)
        own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        found |= dict.fromkeys(private_reads(tree, own), str(path.relative_to(ROOT)))
    for kind in our_classes():
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        ours = [base for base in kind.__mro__ if base.__module__.startswith("streams.")]
        own = {name for base in ours for name in (*vars(base), *getattr(base, "__annotations__", ()))}
        own |= {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
        found |= dict.fromkeys(private_reads(tree, own), kind.__qualname__)
    assert {"_client", "_sock_recv", "_read_offset"} <= found.keys()
    assert {name: place for name, place in found.items() if name not in LAST_PARTS | DOCUMENTED} == {}


def test_nothing_is_patched_that_is_not_listed() -> None:
    """An assignment to an attribute of an imported module or class changes a library for the whole process."""
    found: dict[str, str] = {}
    for path, text in SOURCES.items():
        tree = ast.parse(text)
        imported = {
            (alias.asname or alias.name).split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                root = ast.unparse(node.value)
                if re.split(r"\W", root)[0] in imported:
                    found[node.attr] = f"{path.relative_to(ROOT)}: {root}"
    assert {"Fetcher", "MemoryRecords", "gzip_encode", "gzip_decode", "zstd_decode"} <= found.keys()
    assert {name: place for name, place in found.items() if name not in LAST_PARTS | HOOKS} == {}

"""What the import linter cannot say: who commits, who knows the clock, which route stands in the permission matrix."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from blueprints.permissions import MATRIX

ROOT = Path(__file__).resolve().parent.parent
BELOW_THE_EDGES = ("services", "models", "integrations", "rules")
RULES_MAY_IMPORT = {"rules", "numpy"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", list(sources(*BELOW_THE_EDGES)), ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_below_the_edges_commits(path: Path):
    """One commit, in the view or the task: a service that commits could leave half a change."""
    for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        assert name not in {"commit", "rollback"} or path.name == "health.py", f"{path.name}:{call.lineno} {name}()"


@pytest.mark.parametrize("path", list(sources("rules")), ids=lambda p: p.name)
def test_rules_use_the_standard_library_only(path: Path):
    import sys

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or top in RULES_MAY_IMPORT, f"{path.name}: {name}"


@pytest.mark.parametrize("path", [p for p in sources("rules") if p.name != "__init__.py"], ids=lambda p: p.name)
def test_public_functions_state_their_rule(path: Path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"


def test_blueprints_do_not_know_each_other():
    """What they share stands in web, fields, labels, permissions and menu, which own no route."""
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sources("blueprints")}
    owners = {
        name
        for name, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "bp" for t in node.targets)
    }
    assert len(owners) > 15
    for name in owners:
        for node in ast.walk(trees[name]):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("blueprints"):
                met = {(node.module or "").partition(".")[2]} | {
                    alias.name for alias in node.names if node.module == "blueprints"
                }
                assert not met & (owners - {name}), f"blueprints/{name}.py imports {met & owners}"


def test_every_route_stands_in_the_permission_matrix(app: Flask):
    routes = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    assert routes - set(MATRIX) == set(), "routes without a row"
    assert set(MATRIX) - routes == set(), "rows without a route"


def test_templates_carry_no_inline_script_or_style():
    """The content security policy would refuse them."""
    wrong = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", re.IGNORECASE)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if path.parts[-2] in {"mail", "pdf"}:
            continue  # they have no browser around them
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not wrong.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"


def test_templates_are_all_used(app: Flask):
    """A template nobody renders, extends, includes or imports is dead."""
    text = "\n".join(
        p.read_text(encoding="utf-8") for p in [*sources("blueprints", "services", "tasks", "integrations"), ROOT / "app.py"]
    )
    text += "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "templates").rglob("*.*"))
    for path in (ROOT / "templates").rglob("*.html"):
        name = str(path.relative_to(ROOT / "templates"))
        assert name in text or path.parts[-2] == "errors", f"{name} is used nowhere"

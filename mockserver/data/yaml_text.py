"""YAML without surprises: ``NO`` is a word, ``1.10`` keeps its digits, ``12:30`` and dates stay text, no key twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

import yaml

from ..sdk.jsontext import parse_decimal, parse_integer

_RESOLVERS = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null)?\Z"), ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), ["t", "f"]),
    ("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)\Z"), list("-0123456789")),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?|[eE][-+]?[0-9]{1,3})\Z"),
        list("-0123456789"),
    ),
)


class _Loader(yaml.CSafeLoader):
    """libyaml's safe loader for the values of JSON alone; any other tag is refused."""

    yaml_constructors = {
        f"tag:yaml.org,2002:{kind}": yaml.CSafeLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"]
        for kind in ("str", "seq", "map")
    } | {None: yaml.CSafeLoader.yaml_constructors[None]}
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if _is_merge_key(key_node):
                raise _make_error("the merge key <<", mark, _INSTEAD_OF_MERGE)
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | None):
                raise _make_error("a key must be a word", mark)
            if isinstance(key, int) and abs(key) > MAX_INT_KEY:
                raise _make_error("a key that is a long number", mark, "it in quotes")
            if key in mapping:
                raise _make_error(f"the key {key} is there twice", mark)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping


MAX_INT_KEY = 2**60  # larger ones can share one hash, and a map of those takes forever
_INSTEAD_OF_MERGE = "the keys of that map written out here, or an alias in place of the whole map (name: *anchor)"


def _is_merge_key(node: yaml.Node) -> bool:
    """Whether YAML 1.1 reads this key as a merge of another map; in quotes it is a word."""
    return isinstance(node, yaml.ScalarNode) and (
        node.tag == "tag:yaml.org,2002:merge" or (node.value == "<<" and not node.style)
    )


def _make_error(found: str, mark: Any, wanted: str | None = None) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, found, mark, wanted)


_HALVES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def explain(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """Why a text could not be loaded: the line (from 1), what was found, what is wanted."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    if isinstance(error, yaml.constructor.ConstructorError) and error.note:
        return line, str(error.problem), str(error.note)
    if isinstance(error, yaml.scanner.ScannerError) and mark:
        halves = _HALVES.search(text, max(0, mark.index - 2), mark.index + len(r"\ud83d\ude00"))
        if halves:
            sign = bytes.fromhex("".join(halves.groups())).decode("utf-16-be")
            return line, f"the surrogate pair {halves[0]}", f'the character itself, or "\\U{ord(sign):08X}"'
    return line, f"broken YAML ({getattr(error, 'problem', None) or error})", "YAML"


class _Dumper(yaml.CSafeDumper):
    """Quotes whatever this loader or a YAML 1.1 reader would read as another type; writes no aliases."""

    yaml_implicit_resolvers = {first: list(rules) for first, rules in yaml.CSafeDumper.yaml_implicit_resolvers.items()}

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _shape, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _shape, _first)
    _Dumper.add_implicit_resolver(_tag, _shape, _first)


def _add_scalar(kind: str, read: Callable[[str], Any]) -> None:
    """Makes the loader read this kind of scalar, and refuse a tag that does not fit the text."""

    def construct(loader: _Loader, node: yaml.ScalarNode) -> Any:
        text = loader.construct_scalar(node)
        try:
            return read(text)
        except (KeyError, ValueError, ArithmeticError):
            raise yaml.constructor.ConstructorError(None, None, f"{text!r} is no {kind}", node.start_mark) from None

    _Loader.add_constructor(f"tag:yaml.org,2002:{kind}", construct)


_add_scalar("null", lambda text: None)
_add_scalar("bool", {"true": True, "false": False}.__getitem__)
_add_scalar("int", parse_integer)
_add_scalar("float", lambda text: _check_finite(parse_decimal(text)))


def _check_finite(number: Decimal) -> Decimal:
    """Raises ValueError for the NaN and Infinity that a tag can claim."""
    if not number.is_finite():
        raise ValueError(number)
    return number


def _represent_decimal(dumper: _Dumper, amount: Decimal) -> yaml.ScalarNode:
    """Writes a Decimal without decimals as an integer, so that it needs no tag."""
    text = format(amount, "f")
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(Decimal, _represent_decimal)


def load(text: str) -> Any:
    """The value of one YAML document. Raises yaml.YAMLError, also for extreme nesting or growth by aliases."""
    if _may_be_deep(text):
        _refuse_depth(text)
    if text.count("%TAG") > MAX_DEPTH:  # libyaml compares each with all before it
        raise _make_error(f"over {MAX_DEPTH} %TAG directives", None)
    if "*" in text and "&" in text:
        _refuse_growth(yaml.compose(text, _Loader), most=10 * len(text) + 100_000)
    return yaml.load(text, _Loader)


MAX_DEPTH = 100


def _may_be_deep(text: str) -> bool:
    """A cheap test: nesting takes as many brackets, or as many signs before a line's first word."""
    brackets = text.count("[") + text.count("{")
    return brackets > MAX_DEPTH or re.search(rf"^[ \-?:]{{{MAX_DEPTH},}}", text, re.MULTILINE) is not None


def _refuse_depth(text: str) -> None:
    """Raises for a text nested deeper than MAX_DEPTH: libyaml may overrun the stack while it composes it."""
    depth = 0
    too_deep = yaml.constructor.ConstructorError(None, None, f"nested over {MAX_DEPTH} deep", None)
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise too_deep
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.scanner.ScannerError as error:
        # PyYAML since 6.0.4 counts for itself while it looks ahead, up to a depth of 1,000.
        raise too_deep if "nesting depth" in str(error) else error from None


def _refuse_growth(root: yaml.Node | None, most: int) -> None:
    """Raises for aliases that expand to over ``most`` characters, beyond MAX_DEPTH, or to themselves.

    A few lines of ten aliases each expand to a terabyte.
    """
    known: dict[int, tuple[int, int] | None] = {}  # size and depth of each node; None while it is measured

    def measure(node: yaml.Node, above: int) -> tuple[int, int]:
        found = known.get(id(node), (0, 0))
        if found is None:
            raise yaml.constructor.ConstructorError(None, None, "an alias to what it is a part of", node.start_mark)
        if id(node) not in known:
            known[id(node)] = None
            found = known[id(node)] = measure_inside(node, above)
        if above + found[1] > MAX_DEPTH:
            raise yaml.constructor.ConstructorError(None, None, f"nested over {MAX_DEPTH} deep", node.start_mark)
        return found

    def measure_inside(node: yaml.Node, above: int) -> tuple[int, int]:
        if isinstance(node, yaml.ScalarNode):
            return 1 + len(node.value), 0
        pairs = isinstance(node, yaml.MappingNode)
        parts = [part for pair in node.value for part in pair] if pairs else node.value
        if above >= MAX_DEPTH:
            raise yaml.constructor.ConstructorError(None, None, f"nested over {MAX_DEPTH} deep", node.start_mark)
        size = depth = 0
        for part in parts:
            more, deeper = measure(part, above + 1)
            size, depth = size + more, max(depth, deeper)
            if size > most:
                problem = f"aliases that come to over {most} characters"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return 1 + size, 1 + depth

    if root is not None:
        measure(root, 0)


def dump(value: Any) -> str:
    """Block YAML, keys in their order, long lines unbroken; ``load`` gives back what JSON and Decimal can hold."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)
    return text


def find_lines(text: str, paths: list[tuple[str | int, ...]]) -> list[int]:
    """The line (from 1) of each path of keys and indexes; the deepest part that exists counts."""
    root, known = yaml.compose(text, _Loader), dict[int, _Keys]()
    return [_find_line(root, path, known) for path in paths]


_Keys = dict[str, tuple[yaml.Node, yaml.Node]]
"""The keys of a map and their values, by the text of the key."""


def _find_line(node: Any, path: tuple[str | int, ...], known: dict[int, _Keys]) -> int:
    """The line of one path. ``known`` caches the keys of maps."""
    line: int = node.start_mark.line + 1 if node is not None else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            keys = known.get(id(node))
            if keys is None:
                pairs = ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
                keys = known[id(node)] = {key.value: (key, value) for key, value in pairs}
            if str(step) not in keys:
                break
            key, node = keys[str(step)]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line

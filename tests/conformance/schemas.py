"""Our schemas, and documents that they must refuse."""

import copy
import json
from pathlib import Path

from jsonschema.validators import validator_for

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
# Keywords whose value is a schema, several of them by name, and several in a list.
ONE = ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames")
NAMED = ("properties", "patternProperties", "$defs")
LISTED = ("oneOf", "anyOf", "allOf", "prefixItems")


def subschemas(schema):
    """A schema and all schemas in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in ONE:
        yield from subschemas(schema.get(keyword))
    for keyword in NAMED:
        for part in schema.get(keyword, {}).values():
            yield from subschemas(part)
    for keyword in LISTED:
        for part in schema.get(keyword, []):
            yield from subschemas(part)


def load(name):
    """The schema of a document."""
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def closed(schema):
    """The schema without room for members to come: it refuses what it does not describe."""
    schema = copy.deepcopy(schema)
    for part in subschemas(schema):
        if "properties" in part:
            part.setdefault("additionalProperties", False)
    return schema


def validator(schema):
    """A validator with checks of formats, after the schema itself was checked."""
    kind = validator_for(schema)
    kind.check_schema(schema)
    # Without the package for it, times would not be checked.
    assert {"date", "date-time"} <= kind.FORMAT_CHECKER.checkers.keys()
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def described(schema):
    """The names of all members that a schema describes; other names are data."""
    return {name for part in subschemas(schema) for name in part.get("properties", {})}


def misspelled(document, names=None):
    """Copies of a document, each with one member under a misspelt name, and where it is. Items of a list count as one place,
    and so do accounts; members whose name is not among `names` are left alone."""
    places = {}

    def walk(value, path, place):
        if isinstance(value, dict):
            for key, member in value.items():
                if names is None or key in names:
                    places.setdefault((*place, key), path)
                walk(member, (*path, key), (*place, "*" if key.isdecimal() else key))
        if isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, (*path, index), (*place, "*"))

    walk(document, (), ())
    for place, path in places.items():
        other = copy.deepcopy(document)
        parent = other
        for step in path:
            parent = parent[step]
        parent[place[-1] + "z"] = parent.pop(place[-1])
        yield "/".join(place), other

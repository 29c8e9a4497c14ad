"""Checks every answer against the service model that botocore carries: AWS's own description of its API.

botocore ignores what it does not expect. `watch` makes it an error: a member that the model does not have, a required
one that is missing, a value that is not of its type, an empty wrapper.
"""

import json
from datetime import datetime
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, StructureShape


# AWS's examples of GetRole answer with `Policy`; the model's only value is `PermissionsBoundaryPolicy`.
UNMODELLED = {"PermissionsBoundaryAttachmentType": {"Policy"}}


class Mismatch(AssertionError):
    """An answer that the service model does not describe."""


def watch(client, wire):
    """Makes `client` check its answers, whose bodies it reads through the dictionary `wire`."""
    client.meta.events.register("before-parse", lambda **event: wire.update(event))
    client.meta.events.register("after-call", lambda **event: check(wire))


def check(wire):
    model, answer = wire["operation_model"], wire["response_dict"]
    body = answer["body"]
    if answer["status_code"] >= 300:
        return
    place = model.name
    if model.service_model.metadata["protocol"] == "json":
        document = json.loads(body) if body else {}
        if model.output_shape is None:
            require(document == {}, place, f"an answer where none is expected: {document}")
        else:
            check_json(model.output_shape, document, place)
        return
    root = ElementTree.fromstring(body)
    namespace = "{" + model.service_model.metadata["xmlNamespace"] + "}"
    require(root.tag == f"{namespace}{model.name}Response", place, f"the root is {root.tag}")
    children = {strip(child): child for child in root}
    require("ResponseMetadata" in children, place, "no ResponseMetadata")
    if model.output_shape is None:
        require(set(children) == {"ResponseMetadata"}, place, f"an answer where none is expected: {set(children)}")
        return
    wrapper = model.output_shape.serialization.get("resultWrapper", f"{model.name}Result")
    require(wrapper in children, place, f"no {wrapper}")
    check_xml(model.output_shape, children[wrapper], place)


def check_xml(shape, element, place):
    if isinstance(shape, StructureShape):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        seen = [strip(child) for child in element]
        require(len(seen) == len(set(seen)), place, f"a member more than once: {seen}")
        for child in element:
            name = strip(child)
            require(name in names, place, f"unknown member {name}")
            check_xml(names[name], child, f"{place}.{name}")
        for name in shape.required_members:
            wire_name = shape.members[name].serialization.get("name", name)
            require(wire_name in seen, place, f"required member {name} is missing")
    elif isinstance(shape, ListShape):
        for child in element:
            require(strip(child) == "member", place, f"{strip(child)} instead of member")
            check_xml(shape.member, child, place + "[]")
    elif isinstance(shape, MapShape):
        raise Mismatch(f"{place}: maps are not checked yet")
    else:
        require(len(element) == 0, place, "elements inside a scalar")
        check_scalar(shape, element.text or "", place)


def check_json(shape, value, place):
    if isinstance(shape, StructureShape):
        require(isinstance(value, dict), place, f"no object: {value!r}")
        for name, member in value.items():
            require(name in shape.members, place, f"unknown member {name}")
            check_json(shape.members[name], member, f"{place}.{name}")
        for name in shape.required_members:
            require(name in value, place, f"required member {name} is missing")
    elif isinstance(shape, ListShape):
        require(isinstance(value, list), place, f"no list: {value!r}")
        for member in value:
            check_json(shape.member, member, place + "[]")
    elif shape.type_name == "timestamp":
        require(isinstance(value, (int, float)), place, f"no epoch seconds: {value!r}")
    elif shape.type_name in ("integer", "long"):
        require(isinstance(value, int), place, f"no integer: {value!r}")
    else:
        require(isinstance(value, str), place, f"no string: {value!r}")
        check_scalar(shape, value, place)


def check_scalar(shape, text, place):
    kind = shape.type_name
    if kind == "boolean":
        require(text in ("true", "false"), place, f"no boolean: {text!r}")
    elif kind in ("integer", "long"):
        require(text.lstrip("-").isdigit(), place, f"no integer: {text!r}")
    elif kind == "timestamp":
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    elif kind == "string" and getattr(shape, "enum", []):
        known = set(shape.enum) | UNMODELLED.get(shape.name, set())
        require(text in known, place, f"{text!r} is none of {shape.enum}")


def strip(element):
    return element.tag.rsplit("}", 1)[-1]


def require(condition, place, what):
    if not condition:
        raise Mismatch(f"{place}: {what}")

"""Holds an answer against the service model that botocore carries: AWS's own description of its API.

botocore ignores what it does not expect. Here that is an error: a member that the model does not have, a required one that
is missing, a value that is not of its type, a list too long, an error that the operation does not have, an HTTP status that
is not that error's.
"""

import json
import re
from functools import cache
from xml.etree import ElementTree

import botocore.parsers
import botocore.session
from botocore.model import ListShape, MapShape, StructureShape

# AWS's examples of GetRole answer with `Policy`; the model's only value is `PermissionsBoundaryPolicy`.
# Events of a stack itself have its statuses, two of which the model of events leaves out.
UNMODELLED_VALUES = {
    "PermissionsBoundaryAttachmentType": {"Policy"},
    "ResourceStatus": {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"},
}

# Errors of an operation that its model does not name. CloudFormation's API reference has the first among its common errors
# of templates; stack sets answer with it as stacks do.
UNMODELLED_ERRORS = {
    ("CreateStackSet", "InsufficientCapabilitiesException"): 400,
    ("UpdateStackSet", "InsufficientCapabilitiesException"): 400,
    # The quota on the instances that are worked on at the same time is one for all operations that work on instances; the model
    # names its error where instances are created.
    ("DeleteStackInstances", "LimitExceededException"): 400,
    ("UpdateStackInstances", "LimitExceededException"): 400,
    ("UpdateStackSet", "LimitExceededException"): 400,
    # A permissions boundary that is not there: "Scope ARN: .. does not exist or is not attachable."
    ("CreateRole", "NoSuchEntity"): 404,
    # The model does not say that it is the server's fault; its text does.
    ("*", "ServiceException"): 500,
}

# Texts that are shorter than the model has them: a list that ends with an empty token, as its documentation says; and 16
# bytes with colons between them, which are 47 characters in AWS's examples too.
SHORT = {
    "cloudformation:ListStackSetAutoDeploymentTargets.NextToken",
    "iam:UploadSSHPublicKey.SSHPublicKey.Fingerprint",
    "iam:GetSSHPublicKey.SSHPublicKey.Fingerprint",
}

# Errors that no model names: what all services of a protocol answer with, and their HTTP status. From the "Common Errors"
# pages of the API references of IAM, STS, CloudFormation and Organizations.
COMMON_QUERY = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "IncompleteSignature": 400,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "MalformedInput": 400,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "MissingParameter": 400,
    "RequestExpired": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "ThrottlingException": 400,
    "ValidationError": 400,
}
COMMON_JSON = {
    "AccessDeniedException": 400,
    "ExpiredTokenException": 400,
    "IncompleteSignatureException": 400,
    "InternalFailure": 500,
    "InvalidSignatureException": 400,
    "MissingAuthenticationTokenException": 400,
    "SerializationException": 400,
    "ThrottlingException": 400,
    "UnknownOperationException": 400,
    "UnrecognizedClientException": 400,
    "ValidationException": 400,
}
ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Mismatch(AssertionError):
    """An answer that the service model does not describe."""


@cache
def service_model(service):
    """The model of a service, by the name in its requests' signatures."""
    return botocore.session.get_session().get_service_model(service)


@cache
def parser(protocol):
    """botocore's own parser of a protocol's answers."""
    return botocore.parsers.create_parser(protocol)


def check(service, operation, status, headers, body):
    """Raises `Mismatch` for an answer that the model of the operation does not describe."""
    model = service_model(service).operation_model(operation)
    protocol = model.service_model.metadata["protocol"]
    place = f"{service}:{operation}"
    require("x-amzn-requestid" in headers, place, "no x-amzn-RequestId")
    kind = headers.get("content-type")
    if protocol == "json":
        require(kind == "application/x-amz-json-1.1", place, f"the content type is {kind}")
        document = json.loads(body) if body else {}
        check_json_answer(model, status, document, place)
    else:
        require(kind == "text/xml", place, f"the content type is {kind}")
        check_xml_answer(model, status, ElementTree.fromstring(body), headers["x-amzn-requestid"], place)
    parser(protocol).parse({"status_code": status, "headers": headers, "body": body.encode()}, model.output_shape)


def check_json_answer(model, status, document, place):
    """An answer of a service that speaks JSON 1.1."""
    if status >= 300:
        code = document.get("__type", "")
        check_error(model, code, status, COMMON_JSON, place)
        for shape in model.error_shapes:
            if shape.name == code:
                members = {name.lower(): member for name, member in shape.members.items()}
                for name, value in document.items():
                    # Errors have a text even where their shape has none.
                    if name not in ("__type", "Message"):
                        require(name.lower() in members, place, f"unknown member {name} of {code}")
                        check_json(members[name.lower()], value, f"{place}.{code}.{name}")
    elif model.output_shape is None:
        require(document == {}, place, f"an answer where none is expected: {document}")
    else:
        check_json(model.output_shape, document, place)


def check_xml_answer(model, status, root, request_id, place):
    """An answer of a service that speaks the Query protocol."""
    namespace = "{" + model.service_model.metadata["xmlNamespace"] + "}"
    children = {strip(child): child for child in root}
    if status >= 300:
        require(root.tag == f"{namespace}ErrorResponse", place, f"the root is {root.tag}")
        require(set(children) == {"Error", "RequestId"}, place, f"an error with {sorted(children)}")
        error = {strip(child): child.text or "" for child in children["Error"]}
        require({"Type", "Code", "Message"} <= set(error), place, f"an error with {sorted(error)}")
        whose = "Receiver" if status >= 500 else "Sender"
        require(error["Type"] == whose, place, f"{status} is of type {error['Type']}")
        require(children["RequestId"].text == request_id, place, "another request id than in the header")
        check_error(model, error["Code"], status, COMMON_QUERY, place)
        return
    require(root.tag == f"{namespace}{model.name}Response", place, f"the root is {root.tag}")
    require("ResponseMetadata" in children, place, "no ResponseMetadata")
    require(children["ResponseMetadata"][0].text == request_id, place, "another request id than in the header")
    if model.output_shape is None:
        require(set(children) == {"ResponseMetadata"}, place, f"an answer where none is expected: {set(children)}")
        return
    wrapper = model.output_shape.serialization.get("resultWrapper", f"{model.name}Result")
    require(set(children) == {"ResponseMetadata", wrapper}, place, f"{set(children)} in place of {wrapper}")
    check_xml(model.output_shape, children[wrapper], place)


def check_error(model, code, status, common, place):
    """The operation, or every operation, has an error of this code, with this HTTP status."""
    modelled = {}
    for shape in model.error_shapes:
        error = shape.metadata.get("error", {})
        fault = 500 if shape.metadata.get("fault") else 400
        modelled[error.get("code", shape.name)] = error.get("httpStatusCode", fault)
    unmodelled = UNMODELLED_ERRORS.get((model.name, code), UNMODELLED_ERRORS.get(("*", code)))
    wanted = unmodelled or modelled.get(code, common.get(code))
    require(wanted is not None, place, f"{code} is no error of it: {sorted(modelled)}")
    require(status == wanted, place, f"{code} comes with {status} instead of {wanted}")


def check_xml(shape, element, place):
    """An element is what a shape says."""
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
        check_bounds(shape, len(element), "members", place)
        for child in element:
            require(strip(child) == "member", place, f"{strip(child)} instead of member")
            check_xml(shape.member, child, place + "[]")
    elif isinstance(shape, MapShape):
        for child in element:
            require(strip(child) == "entry", place, f"{strip(child)} instead of entry")
            pair = {strip(half): half for half in child}
            require(set(pair) == {"key", "value"}, place, f"an entry of {sorted(pair)}")
            check_xml(shape.key, pair["key"], f"{place}.key")
            check_xml(shape.value, pair["value"], f"{place}.value")
    else:
        require(len(element) == 0, place, "elements inside a scalar")
        check_scalar(shape, element.text or "", place)


def check_json(shape, value, place):
    """A value is what a shape says."""
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        require(isinstance(value, dict), place, f"no object: {value!r}")
        for name, member in value.items():
            require(name in shape.members, place, f"unknown member {name}")
            check_json(shape.members[name], member, f"{place}.{name}")
        for name in shape.required_members:
            require(name in value, place, f"required member {name} is missing")
    elif isinstance(shape, ListShape):
        require(isinstance(value, list), place, f"no list: {value!r}")
        check_bounds(shape, len(value), "members", place)
        for member in value:
            check_json(shape.member, member, place + "[]")
    elif isinstance(shape, MapShape):
        require(isinstance(value, dict), place, f"no object: {value!r}")
        for name, member in value.items():
            check_scalar(shape.key, name, f"{place}.key")
            check_json(shape.value, member, f"{place}.{name}")
    elif kind == "timestamp":
        require(isinstance(value, (int, float)) and not isinstance(value, bool), place, f"no epoch seconds: {value!r}")
    elif kind in ("integer", "long"):
        require(isinstance(value, int) and not isinstance(value, bool), place, f"no integer: {value!r}")
    elif kind == "boolean":
        require(isinstance(value, bool), place, f"no boolean: {value!r}")
    else:
        require(isinstance(value, str), place, f"no string: {value!r}")
        check_scalar(shape, value, place)


def check_scalar(shape, text, place):
    """A text is what a shape of a string, a number, a boolean or a time says."""
    kind = shape.type_name
    if kind == "boolean":
        require(text in ("true", "false"), place, f"no boolean: {text!r}")
    elif kind in ("integer", "long"):
        require(text.lstrip("-").isdigit(), place, f"no integer: {text!r}")
    elif kind == "timestamp":
        require(ISO_8601.fullmatch(text) is not None, place, f"no time in UTC: {text!r}")
    elif kind == "string":
        known = set(getattr(shape, "enum", [])) | UNMODELLED_VALUES.get(shape.name, set())
        require(not getattr(shape, "enum", []) or text in known, place, f"{text!r} is none of {shape.enum}")
        least = 0 if place in SHORT else shape.metadata.get("min", 0)
        check_bounds(shape, len(text), "characters", place, least)
        check_pattern(shape, text, place)


def check_bounds(shape, length, what, place, least=0):
    """A list or a text is not longer than a shape says. Lists may be empty: their least length is meant for requests."""
    most = shape.metadata.get("max", length)
    require(least <= length <= most, place, f"{length} {what} where there are {least} to {most}")


@cache
def compiled(pattern):
    """A pattern of a model, or none where it is one of Java that Python does not know."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def check_pattern(shape, text, place):
    """A text is of the pattern of a shape."""
    pattern = compiled(shape.metadata.get("pattern", ""))
    require(pattern is None or pattern.match(text) is not None, place, f"{text!r} is not like {shape.metadata.get('pattern')}")


def strip(element):
    """The name of an element without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def require(condition, place, what):
    """Raises `Mismatch` unless a condition holds."""
    if not condition:
        raise Mismatch(f"{place}: {what}")

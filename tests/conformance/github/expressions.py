"""GitHub's expressions (`${{ }}`), as far as our action and workflows use them."""

import re

TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_][\w.-]*)|(\d+)|(==|!=|&&|\|\||[()!,]))")


def fill(text, contexts):
    """A text with the values of its expressions. An expression alone keeps its type."""
    if not isinstance(text, str):
        return text
    whole = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text, re.S)
    if whole and "}}" not in whole[1]:
        return evaluate(whole[1], contexts)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: shown(evaluate(found[1], contexts)), text, flags=re.S)


def shown(value):
    """A value as text."""
    if value is None:
        return ""
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def condition(text, contexts, succeeded):
    """Whether a step or job with this `if` is run."""
    if text is None:
        return succeeded
    text = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", str(text), flags=re.S)
    contexts = contexts | {"success()": succeeded, "failure()": not succeeded, "always()": True, "cancelled()": False}
    asks = any(name in text for name in ("success()", "failure()", "always()", "cancelled()"))
    return bool(evaluate(text, contexts)) and (succeeded or asks)


def evaluate(text, contexts):
    """The value of an expression."""
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        found = TOKEN.match(text, position)
        if not found:
            raise ValueError(f"not understood: {text[position:]}")
        tokens.append(found.groups())
        position = found.end()
    value, rest = _either(tokens, contexts)
    if rest:
        raise ValueError(f"not understood: {text}")
    return value


def _either(tokens, contexts):
    left, tokens = _both(tokens, contexts)
    while _is(tokens, "||"):
        right, tokens = _both(tokens[1:], contexts)
        left = left or right
    return left, tokens


def _both(tokens, contexts):
    left, tokens = _comparison(tokens, contexts)
    while _is(tokens, "&&"):
        right, tokens = _comparison(tokens[1:], contexts)
        left = left and right
    return left, tokens


def _comparison(tokens, contexts):
    left, tokens = _value(tokens, contexts)
    for sign in ("==", "!="):
        if _is(tokens, sign):
            right, tokens = _value(tokens[1:], contexts)
            # Strings are compared without their case.
            same = shown(left).lower() == shown(right).lower()
            return same == (sign == "=="), tokens
    return left, tokens


def _value(tokens, contexts):
    text, name, number, sign = tokens[0]
    if sign == "!":
        value, rest = _value(tokens[1:], contexts)
        return not value, rest
    if sign == "(":
        value, rest = _either(tokens[1:], contexts)
        if not _is(rest, ")"):
            raise ValueError("a parenthesis is not closed")
        return value, rest[1:]
    if text is not None:
        return text.replace("''", "'"), tokens[1:]
    if number is not None:
        return int(number), tokens[1:]
    if name in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[name], tokens[1:]
    if name is None:
        raise ValueError(f"not understood: {tokens[0]}")
    if _is(tokens[1:], "("):
        return contexts[f"{name}()"], tokens[3:]
    value = contexts
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value, tokens[1:]


def _is(tokens, sign):
    return bool(tokens) and tokens[0][3] == sign

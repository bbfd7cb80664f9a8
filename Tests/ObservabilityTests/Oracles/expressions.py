"""PromQL as the checks see it: parsed by promql-parser, walked, its Grafana variables filled in."""

import re

import promql_parser

RATE_INTERVAL = "7919s"
VARIABLES = {"__rate_interval": RATE_INTERVAL, "__interval": "7907s", "__range": "7901s", "__range_s": "7901", "__interval_ms": "7907000"}
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def filled(expression, values=VARIABLES):
    """An expression with Grafana's variables replaced; those of the dashboard stay, they stand in matchers."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda match: values.get(match[1] or match[2], match[0]), expression)


def children(node):
    """The direct parts of a node."""
    kind = type(node).__name__
    if kind == "BinaryExpr":
        return [node.lhs, node.rhs]
    if kind == "Call":
        return list(node.args)
    if kind == "AggregateExpr":
        return [node.expr] + ([node.param] if node.param is not None else [])
    if kind in ("ParenExpr", "UnaryExpr", "SubqueryExpr"):
        return [node.expr]
    if kind == "MatrixSelector":
        return [node.vector_selector]
    return []


def walk(node, parents=()):
    """Every node with those above it, outermost first."""
    yield node, parents
    for child in children(node):
        yield from walk(child, parents + (node,))


def nodes(expression, kind):
    """The nodes of one kind, with those above each."""
    return [(node, parents) for node, parents in walk(promql_parser.parse(filled(expression))) if type(node).__name__ == kind]


def matchers(selector):
    """Label, operator, value of each matcher of a selector."""
    names = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
    return [(matcher.name, names[str(matcher.op)], matcher.value) for matcher in selector.matchers.matchers]


def metric_names(expression):
    """The metrics that an expression reads; a pattern over names has to be a list of whole ones."""
    names = set()
    for selector, _ in nodes(expression, "VectorSelector"):
        if selector.name:
            names.add(selector.name)
        for label, operator, value in matchers(selector):
            if label == "__name__":
                assert operator in ("=", "=~") and re.fullmatch(r"[\w:|]+", value), f"{operator}{value} hides which metrics it reads"
                names.update(value.split("|"))
    return names


def constant(node):
    """The value of an expression that reads no metric; None for any other."""
    kind = type(node).__name__
    if kind == "NumberLiteral":
        return node.val
    if kind == "ParenExpr":
        return constant(node.expr)
    if kind == "UnaryExpr":
        value = constant(node.expr)
        return None if value is None else -value
    if kind == "Call" and node.func.name in ("scalar", "vector"):
        return constant(node.args[0])
    if kind == "BinaryExpr":
        left, right = constant(node.lhs), constant(node.rhs)
        work = {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right}
        if left is not None and right is not None and str(node.op) in work:
            return work[str(node.op)]()
    return None


def compared_constants(expression):
    """Every constant that something is compared with."""
    found = []
    for node, _ in nodes(expression, "BinaryExpr"):
        if str(node.op) in COMPARISONS:
            found += [value for value in (constant(node.lhs), constant(node.rhs)) if value is not None]
    return found

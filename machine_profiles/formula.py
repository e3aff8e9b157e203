"""Formulas of derived quantities: arithmetic over sensor names, read without running anything."""

import ast
from collections.abc import Collection

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
FUNCTIONS = {"abs": 1, "sqrt": 1, "min": 2, "max": 2}  # name → number of arguments
LONGEST = 500  # characters; a formula is one line of arithmetic


def parse_formula(formula: str, names: Collection[str]) -> ast.expr:
    """The formula as a tree of numbers, names, `OPERATORS`, unary signs and calls of `FUNCTIONS`.

    Raises ValueError, saying what may stand in a formula, where it holds anything else or names no sensor.
    """
    if len(formula) > LONGEST:
        raise ValueError(f"a formula has at most {LONGEST} characters, this one {len(formula)}")
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{formula!r} is no formula; write arithmetic such as 'torque * speed'") from error
    _require_allowed(tree, names)
    if not names_in(tree):
        raise ValueError(f"{formula!r} names no sensor; the sensors are {', '.join(names)}")
    return tree


def names_in(tree: ast.expr) -> set[str]:
    """The sensors a formula reads."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def _require_allowed(node: ast.expr, names: Collection[str]) -> None:
    match node:
        case ast.Constant(value=bool()):
            raise ValueError(f"{ast.unparse(node)} is no number")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            if name not in names:
                raise ValueError(f"no sensor {name!r}; the sensors are {', '.join(names)}")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _require_allowed(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            _require_allowed(left, names)
            _require_allowed(right, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name]:
                raise ValueError(f"{name} takes {FUNCTIONS[name]} argument(s), not {len(arguments)}")
            for argument in arguments:
                _require_allowed(argument, names)
        case _:
            raise ValueError(
                f"{ast.unparse(node)!r} may not stand in a formula; it may hold numbers, sensor names, parentheses, "
                f"{' '.join(OPERATORS.values())} and {', '.join(FUNCTIONS)}"
            )

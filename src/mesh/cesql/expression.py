"""A CESQL expression, compiled once and evaluated for every event (cloudevents/spec cesql/spec.md)."""

from dataclasses import dataclass

from mesh.cesql.values import Attributes, Errors, Result, Run, Type


@dataclass(frozen=True, slots=True)
class Expression:
    """`returns` is what the expression yields for any event; None where the event decides, as for a bare attribute."""

    run: Run
    returns: Type | None

    def evaluate(self, attributes: Attributes) -> Result:
        """Evaluate for an event's attributes, under their CloudEvents names; text, or typed where the caller has types.

        There is a value even where there are errors (3.3): mostly the zero value of what the expression yields.
        """
        errors: Errors = []
        return Result(self.run(attributes, errors), tuple(errors))


def compile_expression(text: str) -> Expression:
    """Compile a text; raises ParseError. The first call in a process takes a tenth of a second, for lark's tables."""
    from mesh.cesql.parser import parse  # noqa: PLC0415 - lark is for those alone who write CESQL

    compiled = parse(text)
    return Expression(compiled.run, compiled.returns)

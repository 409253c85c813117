"""A decorator that a constructor applies."""

from steps.workbook.experiments.step_06 import bound_methods
from tests.often_said import often_said


@often_said(
    "A session decorator's wrapper takes `self`.",
    "depends",
    "Applied to a bound method, a wrapper with `self` hands the session over in the wrong place.",
    step=6,
)
def test_a_wrapper_that_takes_self_swaps_the_arguments_of_a_bound_method() -> None:
    assert bound_methods.what_becomes_of_a_call() == {
        "with self": "AttributeError: 'Session' object has no attribute 'email'",
        "step 06": "users kept: 1",
    }


@often_said(
    "An abstract base class accepts methods that the constructor sets.",
    "never held",
    "It refuses to make the object; a `Protocol` accepts them.",
    step=6,
)
def test_an_abstract_class_wants_methods_of_the_class_and_a_protocol_takes_attributes() -> None:
    assert bound_methods.which_port_an_attribute_fits() == {
        "abstract class": "TypeError: Can't instantiate abstract class InheritingUsers",
        "protocol": "users counted: 0",
    }

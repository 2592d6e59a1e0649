"""The methods of Actions as Gradio calls them: one argument for each control, and errors of one sentence."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import gradio as gr

from .controls import CONTROLS, Control, Controls
from .messages import say_error

R = TypeVar("R")


def arguments(action: Callable[..., Any]) -> list[str]:
    """The names of an action's arguments, without the event of whoever clicked."""
    parameters = inspect.signature(action).parameters.values()
    return [each.name for each in parameters if each.annotation is not gr.SelectData]


def flat_arguments(action: Callable[..., Any], controls: Controls) -> dict[str, Control | None]:
    """The names of an action's arguments, with those of the controls in place of a group, and the control of each that is one."""
    fixed = {control.name: control for control in CONTROLS}
    flat: dict[str, Control | None] = {}
    for name in arguments(action):
        flat |= {control.name: control for control in controls[name]} if name in controls else {name: fixed.get(name)}
    return flat


def endpoint(action: Callable[..., R], controls: Controls) -> Callable[..., R]:
    """The action with one value after the other, where a group of controls is a value for each of them.

    A ValueError becomes the sentence that it is, in the visitor's language and without a traceback.
    """
    signature = inspect.signature(action)

    @wraps(action)
    def called(*values: Any) -> R:
        left = iter(values)
        given = {
            name: {control.name: next(left) for control in controls[name]} if name in controls else next(left)
            for name in signature.parameters
        }
        try:
            return action(**given)
        except ValueError as error:
            raise as_error(error) from error

    flat: list[inspect.Parameter] = []
    for each in signature.parameters.values():
        if each.name in controls:
            flat += [each.replace(name=control.name, annotation=control.type) for control in controls[each.name]]
        else:
            flat.append(each)
    called.__annotations__ = {each.name: each.annotation for each in flat}
    called.__signature__ = signature.replace(parameters=flat)  # pyrefly: ignore[missing-attribute]
    return called


def as_error(error: ValueError) -> gr.Error:
    """What the visitor, or the program, is told of it."""
    return gr.Error(say_error(error), duration=6, print_exception=False)

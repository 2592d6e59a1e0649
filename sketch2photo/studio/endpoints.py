"""The methods of Actions as endpoints: one argument for each control, described for programs, and errors of one sentence."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import gradio as gr

from .controls import CONTROLS, Controls
from .messages import say_error

R = TypeVar("R")

# What programs are told of the arguments that are no controls.
ARGUMENTS = {
    "drawing": "the data URL of a PNG, dark lines on white, at best 512 x 512 pixels with the face as on the page",
    "liked": 'which variations, by their numbers from "1" on',
    "variations": "the latents of each variation, as generate gives them",
    "path": "a picture file",
}


def arguments(action: Callable[..., Any]) -> dict[str, Any]:
    """The names of an action's arguments with their types, without the event of whoever clicked."""
    parameters = inspect.signature(action).parameters.values()
    return {each.name: each.annotation for each in parameters if each.annotation is not gr.SelectData}


def endpoint(action: Callable[..., R], controls: Controls) -> Callable[..., R]:
    """The action as Gradio calls it, with one value after the other, where a group of controls is an argument for each of them.

    Its docstring describes the arguments. A ValueError becomes the sentence that it is, in the visitor's language and
    without a traceback.
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
            raise gr.Error(say_error(error), duration=6, print_exception=False) from error

    flat: list[inspect.Parameter] = []
    for each in signature.parameters.values():
        if each.name in controls:
            flat += [each.replace(name=control.name, annotation=control.type) for control in controls[each.name]]
        else:
            flat.append(each)
    known = [*CONTROLS, *(control for group in controls.values() for control in group)]
    sentences = ARGUMENTS | {control.name: control.description for control in known}
    described = [f"    {each.name}: {sentences[each.name]}" for each in flat if each.name in sentences]
    called.__doc__ = "\n".join([inspect.getdoc(action) or "", "Args:", *described])
    called.__annotations__ = {each.name: each.annotation for each in flat}
    called.__signature__ = signature.replace(parameters=flat)  # pyrefly: ignore[missing-attribute]
    return called

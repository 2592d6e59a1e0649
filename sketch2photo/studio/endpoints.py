"""The methods of Actions as Gradio calls them: one argument for each control, and what is wrong said in one sentence."""

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr

from .controls import CONTROLS, Control, Controls
from .language import hint, say
from .messages import Message, as_message


def arguments(action: Callable[..., Any]) -> list[str]:
    """The names of an action's arguments, without the event of whoever clicked."""
    parameters = inspect.signature(action).parameters.values()
    return [each.name for each in parameters if each.annotation is not gr.EventData]


def flat_arguments(action: Callable[..., Any], controls: Controls) -> dict[str, Control | None]:
    """The names of an action's arguments, with those of the controls in place of a group, and the control of each that is one."""
    fixed = {control.name: control for control in CONTROLS}
    flat: dict[str, Control | None] = {}
    for name in arguments(action):
        flat |= {control.name: control for control in controls[name]} if name in controls else {name: fixed.get(name)}
    return flat


def flat(action: Callable[..., Any], controls: Controls) -> Callable[..., Any]:
    """The action with one value after the other, where a group of controls is a value for each of them."""
    signature = inspect.signature(action)

    def called(*values: Any) -> Any:
        left = iter(values)
        given = {
            name: {control.name: next(left) for control in controls[name]} if name in controls else next(left)
            for name in signature.parameters
        }
        return action(**given)

    parameters: list[inspect.Parameter] = []
    for each in signature.parameters.values():
        if each.name in controls:
            parameters += [
                each.replace(name=control.name, annotation=control.value_type) for control in controls[each.name]
            ]
        else:
            parameters.append(each)
    called.__name__, called.__doc__ = action.__name__, action.__doc__
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    called.__signature__ = signature.replace(parameters=parameters)  # pyrefly: ignore[missing-attribute]
    return called


def endpoint(action: Callable[..., Any], controls: Controls) -> Callable[..., Any]:
    """The action for the page, where it does not fail whatever is drawn: its Messages become text for the hint."""
    called = flat(action, controls)

    @wraps(called)
    def shown(*values: Any) -> Any:
        try:
            return _shown(called(*values))
        except ValueError as error:
            raise as_error(error) from error

    return shown


def with_hint(action: Callable[..., Any], controls: Controls, results: int, hints: bool) -> Callable[..., Any]:
    """The action for the page, where it may fail: a generator of the hint, as many `results`, and what is wrong.

    Where that is something, nothing follows that would upon success. An action that is a generator itself has
    Messages for the hint before its result. `hints`: its first result is a Message for the hint.
    """
    called = flat(action, controls)

    @wraps(called)
    def run(*values: Any) -> Iterator[Any]:
        try:
            found = called(*values)
            for part in found if inspect.isgenerator(found) else [found]:
                if isinstance(part, Message):
                    yield hint(part), *[gr.skip()] * (results + 1)
                else:
                    parts = part if isinstance(part, tuple) else (part,)
                    yield *_shown(parts if hints else (Message("next"), *parts)), gr.skip()
        except ValueError as error:
            yield *[gr.skip()] * (results + 1), hint(as_message(error))
            raise gr.Error(say(as_message(error)), visible=False, print_exception=False) from error

    return run


def _shown(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(map(_shown, result))
    return hint(result) if isinstance(result, Message) else result


def as_error(error: ValueError) -> gr.Error:
    """What a program is told of it."""
    return gr.Error(say(as_message(error)), duration=6, print_exception=False)

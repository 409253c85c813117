"""What a dependency-injector container says of itself while nobody asks it for an object.

Only properties that a provider's type declares are read. Any other name would make a new option
of a `Configuration`, and a new provider of some other kinds.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from dependency_injector import providers
from dependency_injector.containers import Container
from dependency_injector.providers import Provider

Names = dict[Provider[Any], str]
Source = Provider[Any] | str
"""Where an object comes from: a provider, or the argument of this name in the factory's call."""

PICKERS = (
    providers.ProvidedInstance,
    providers.AttributeGetter,
    providers.ItemGetter,
    providers.MethodCaller,
)
"""They pick a part of what another provider gives, so the injection is that provider's."""

LIFETIMES = {
    "from outside": (
        providers.Dependency,
        providers.DependenciesContainer,
        providers.Configuration,
    ),
    "shared": (providers.BaseSingleton, providers.BaseResource, providers.Object),
    "new": (providers.Factory,),
}


@dataclass(frozen=True)
class Node:
    """A provider. `instead` is the one that overrides it; `used` tells if anyone gets its object.

    `lifetime` is "shared" (one object), "new" (each time), "from outside" or "" (none of these).
    With "with the call" it is no provider, but an argument that whoever calls a factory hands over.
    """

    name: str
    kind: str
    provides: str
    lifetime: str
    missing: bool = False
    instead: "Node | None" = None
    used: bool = True

    def in_words(self) -> str:
        kind = f"{'an' if self.kind[0] in 'AEIOU' else 'a'} {self.kind}"
        return f"{kind} of {self.provides}" if self.provides else kind


@dataclass(frozen=True)
class Injection:
    """`user` gets what the provider `gets` makes; with `itself`, it gets that provider."""

    user: int
    gets: int
    label: str
    itself: bool
    used: bool = True


@dataclass(frozen=True)
class Graph:
    nodes: list[Node]
    injections: list[Injection]

    def in_words(self, title: str) -> str:
        sentences = [title.rstrip("."), *map(self._sentence, range(len(self.nodes)))]
        unused = [node.name for node in self.nodes if not node.used]
        if unused:
            sentences.append(f"Nothing uses these any more: {', '.join(unused)}")
        return ". ".join(sentences) + "."

    def _sentence(self, number: int) -> str:
        node = self.nodes[number]
        is_argument = node.lifetime == "with the call"
        sentence = f"{node.name} {node.kind if is_argument else f'is {node.in_words()}'}"
        sentence += ", which is still missing" if node.missing else ""
        if node.instead:
            sentence += f", overridden by {node.instead.name or node.instead.in_words()}"
        own = [i for i in self.injections if i.user == number]
        for verb, replaced in (("It gets", False), ("It no longer gets", True)):
            names = [self._gets(i) for i in own if (node.used and not i.used) == replaced]
            sentence += f". {verb} {', '.join(names)}" if names else ""
        return sentence

    def _gets(self, injection: Injection) -> str:
        name = self.nodes[injection.gets].name
        text = f"the provider {name} itself" if injection.itself else name
        return text if injection.label in ("", name) else f"{text} as {injection.label}"


def read_graph(container: Container) -> Graph:
    """Read a container: its providers in their order, then what else they get."""
    known = {provider: name for name, provider in container.providers.items()}
    configurations: dict[Source, Source] = {}
    for provider in known:
        if isinstance(provider, providers.Configuration):
            configurations |= dict.fromkeys(provider.traverse(), provider)
    found: list[Source] = list(known)
    injections = []
    for user, source in enumerate(found):  # which grows
        for label, value, used in _all_injections(source, known):
            gets, itself = _see_through(value, known)
            itself = itself or isinstance(source, providers.Delegate)
            gets = configurations.get(gets, gets)
            if gets not in found:
                if isinstance(gets, Provider):
                    known[gets] = f"unnamed {len(known) - len(container.providers) + 1}"
                found.append(gets)
            injections.append(Injection(user, found.index(gets), label, itself, used))
    nodes = [_node(source, known) for source in found]
    return _without_use(nodes, injections)


def _all_injections(source: Source, known: Names) -> Iterator[tuple[str, Source, bool]]:
    """Give out label, source, and whether it still counts: an override gets things instead."""
    if not isinstance(source, Provider):
        return
    instead = _overriding(source)
    for label, value in _injections(source):
        yield label, value, instead is None
    if instead in known:
        yield "", instead, True
    elif instead is not None:
        for label, value in _injections(instead):
            yield label, value, True


def _injections(provider: Provider[Any]) -> Iterator[tuple[str, Source]]:
    if isinstance(provider, providers.Configuration):
        return
    named = _read(provider, "kwargs", {})
    injected = [("", value) for value in _read(provider, "args", ())]
    injected += [(str(label), value) for label, value in named.items()]
    injected = [(label, value) for label, value in injected if isinstance(value, Provider)]
    yield from injected
    others = {*(value for _, value in injected), *provider.overridden}
    yield from (("", value) for value in provider.related if value not in others)
    yield from (("", name) for name in _left_to_the_call(provider))


def _left_to_the_call(provider: Provider[Any]) -> list[str]:
    """Return the parameters that a factory's callable must have and that no injection fills."""
    if not isinstance(provider, providers.Factory):
        return []
    try:
        signature = inspect.signature(_read(provider, "provides"))
        filled = signature.bind_partial(*provider.args, **provider.kwargs).arguments
    except (TypeError, ValueError):  # it shows no signature, or the injections do not fit
        return []
    collects = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in collects
        and name not in filled
    ]


def _see_through(value: Source, known: Names) -> tuple[Source, bool]:
    """Return whose object is injected, and whether it is that provider itself instead."""
    itself = hasattr(type(value), "__IS_DELEGATED__")
    while isinstance(value, Provider) and value not in known:
        itself = itself or isinstance(value, providers.Delegate)
        if isinstance(value, (providers.Delegate, *PICKERS)) and value.provides is not None:
            value = value.provides
        elif isinstance(value, providers.TypedConfigurationOption):
            value = value.option
        else:
            break
    return value, itself


def _overriding(provider: Provider[Any]) -> Provider[Any] | None:
    """Return what overrides a provider. A dependency is always overridden: by what it was given."""
    given = isinstance(provider, providers.Dependency)
    return provider.last_overriding if len(provider.overridden) > given else None


def _node(source: Source, known: Names) -> Node:
    if not isinstance(source, Provider):
        return Node(source, "comes with the call", "", "with the call")
    instead = _overriding(source)
    return Node(
        name=known.get(source, ""),
        kind=type(source).__name__,
        provides=_provided(source, known),
        lifetime=next((name for name, kinds in LIFETIMES.items() if isinstance(source, kinds)), ""),
        missing=isinstance(source, providers.Dependency) and not source.is_defined,
        instead=_node(instead, known) if instead else None,
    )


def _provided(provider: Provider[Any], known: Names) -> str:
    """Return the name of what a provider calls, or the type of what it holds: never a value."""
    if isinstance(provider, providers.Dependency):
        return _name_of(provider.instance_of)
    provides = _read(provider, "provides")
    if provides is None or isinstance(provider, providers.Configuration):
        return ""
    if isinstance(provides, Provider):
        return known.get(provides, type(provides).__name__)
    return _name_of(provides)


def _name_of(subject: object) -> str:
    origin = get_origin(subject)
    if origin is not None:
        return f"{_name_of(origin)}[{', '.join(map(_name_of, get_args(subject)))}]"
    if isinstance(subject, type) or inspect.isroutine(subject):
        return subject.__name__
    return type(subject).__name__


def _read(provider: Provider[Any], name: str, default: Any = None) -> Any:
    return getattr(provider, name) if hasattr(type(provider), name) else default


def _without_use(nodes: list[Node], injections: list[Injection]) -> Graph:
    """Mark what only overridden providers got, and what only that got in turn."""
    dropped = _reach({i.gets for i in injections if not i.used}, injections)
    kept = _reach({*range(len(nodes))} - dropped, [i for i in injections if i.used])
    return Graph(
        [replace(node, used=number in kept) for number, node in enumerate(nodes)],
        [replace(i, used=i.used and i.user in kept) for i in injections],
    )


def _reach(numbers: set[int], injections: list[Injection]) -> set[int]:
    """Return these providers and all that they get, however far away."""
    found: set[int] = set()
    while numbers:
        found |= numbers
        numbers = {i.gets for i in injections if i.user in numbers} - found
    return found

"""Spring's `ApplicationContext` and `@Bean`, as far as a few lines of Python go."""

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

Bean = TypeVar("Bean")


def bean(recipe: Callable[..., Bean]) -> Callable[..., Bean]:
    recipe.__dict__["is_bean"] = True
    return recipe


class ApplicationContext:
    def __init__(self, configuration: type) -> None:
        self._configuration, self._beans = configuration(), dict[type, Any]()
        recipes = [r for r in vars(configuration).values() if hasattr(r, "is_bean")]
        self._recipes = {get_type_hints(recipe)["return"]: recipe for recipe in recipes}
        for kind in self._recipes:
            self.get_bean(kind)

    def get_bean(self, kind: type[Bean]) -> Bean:
        if kind not in self._beans:
            needs = get_type_hints(self._recipes[kind])
            del needs["return"]
            given = {name: self.get_bean(needed) for name, needed in needs.items()}
            self._beans[kind] = self._recipes[kind](self._configuration, **given)
        made: Bean = self._beans[kind]
        return made

    def close(self) -> None:
        for made in reversed(self._beans.values()):
            getattr(made, "close", lambda: None)()


# What it does with a configuration

log: list[str] = []


class AwsClient:
    def __init__(self) -> None:
        log.append("AwsClient is made")

    def close(self) -> None:
        log.append("AwsClient is closed")


class UserService:
    def __init__(self, aws_client: AwsClient) -> None:
        log.append("UserService is made")
        self.aws_client = aws_client

    def close(self) -> None:
        log.append("UserService is closed")


class AppConfig:
    @bean
    def user_service(self, aws_client: AwsClient) -> UserService:
        return UserService(aws_client)

    @bean
    def aws_client(self) -> AwsClient:
        return AwsClient()


def life_of_two_beans() -> list[str]:
    log.clear()
    context = ApplicationContext(AppConfig)
    log.append("the context is ready")
    one, two = context.get_bean(UserService), context.get_bean(UserService)
    log.append(f"one UserService: {one is two}")
    log.append(f"one AwsClient: {one.aws_client is context.get_bean(AwsClient)}")
    context.close()
    return log.copy()


class Forgetful:
    @bean
    def user_service(self, aws_client: AwsClient) -> UserService:
        return UserService(aws_client)


def a_bean_that_is_missing() -> str:
    try:
        ApplicationContext(Forgetful)
    except KeyError as error:
        return f"KeyError: {error.args[0].__name__}"
    return "no error"

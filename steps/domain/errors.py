"""Everything that can go wrong in the service's own words, without HTTP."""


class AccountsError(Exception):
    """What a caller of the service may be told. The text never holds a secret."""


class EmailTaken(AccountsError):
    def __init__(self) -> None:
        super().__init__("This email is already registered.")


class InvalidCredentials(AccountsError):
    """One error for an unknown email and a wrong password: the answer must not tell which."""

    def __init__(self) -> None:
        super().__init__("The email or the password is wrong.")


class UserNotFound(AccountsError):
    def __init__(self) -> None:
        super().__init__("There is no user with this id.")


class ExportNotFound(AccountsError):
    def __init__(self) -> None:
        super().__init__("There is no export with this id.")


class InvalidApiKey(AccountsError):
    def __init__(self) -> None:
        super().__init__("This call needs the right key in the header X-API-Key.")


class BucketExists(AccountsError):
    def __init__(self) -> None:
        super().__init__("A bucket with this name exists.")


class StorageUnavailable(AccountsError):
    def __init__(self) -> None:
        super().__init__("The object storage does not answer.")


class DatabaseUnavailable(AccountsError):
    def __init__(self) -> None:
        super().__init__("The database does not answer.")


class OutcomeUnknown(AccountsError):
    """The database was lost while it committed. Whoever asks again may be told that it is done."""

    def __init__(self) -> None:
        super().__init__("The database did not say whether this was done.")


class TaskQueueUnavailable(AccountsError):
    def __init__(self) -> None:
        super().__init__("The task queue does not answer.")


class ConfigurationError(Exception):
    """A setting that the service cannot work with: one line, without the setting's value."""

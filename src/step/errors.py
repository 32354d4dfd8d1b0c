"""Why an event or a query is not done; each class has one outcome.

StepError
├── NotAnEvent    400  what came is not a CloudEvent
├── Reject        422  it can never be done: dead-lettered without a retry
├── SettingError  500  a setting is missing or wrong: retried, until somebody mends it
└── Unavailable   503  something the step needs is away: retried
"""


class StepError(Exception):
    """Every error that a step answers with on purpose; anything else is a bug, and answered with 500."""


class NotAnEvent(StepError):  # noqa: N818 - the name says what is wrong
    """What came is not a CloudEvent."""


class Reject(StepError):  # noqa: N818
    """Bad data, an unknown type or a broken rule of the domain: trying again cannot help."""


class SettingError(StepError):
    """A setting in the environment is missing or cannot be read."""


class Unavailable(StepError):  # noqa: N818
    """The database or another dependency is away; the event is worth another try later."""

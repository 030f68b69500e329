"""What this room itself refuses a service."""

from mynapoint.kernel.refusal import Refusal


class ProgrammeNotJoined(Refusal):
    """The service does not take part in the programme."""

    code = "programme_not_joined"


class ParameterUnknown(Refusal):
    """The address carries a parameter that it does not have."""

    code = "unknown_parameter"

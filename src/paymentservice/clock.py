"""The kit's clock, under the name by which services import it."""

from democlock import Clock, ClockFileUnreadable, FileClock, get_clock, set_demo_clock, system_clock

__all__ = ["Clock", "ClockFileUnreadable", "FileClock", "get_clock", "set_demo_clock", "system_clock"]

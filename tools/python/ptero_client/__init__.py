"""Talk to a running ptero from Python: events, frames, state, steering.

Needs pyzmq and msgpack (Debian: python3-zmq, python3-msgpack) and nothing else. Every class is for one thread.
The bytes are those of proto/. Beside it, each with what it needs (see pyproject.toml): `ptero_client.aio` for
asyncio, `.notebook` for arrays in and arrays out, `.bluesky`, `.tiled`, `.epics` and `.pva_source`.
"""
from .control import Control, ControlRefused
from .events import Advice, Event, Events, Picture
from .frames import Detector
from .state import State

__all__ = ["Advice", "Control", "ControlRefused", "Detector", "Event", "Events", "Picture", "State"]

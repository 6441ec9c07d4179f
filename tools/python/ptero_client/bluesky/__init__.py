"""ptero in a Bluesky run: its files as the run's own, and scans that follow its advice.

`PteroRaw` and `PteroProduct` are ophyd-async detectors without a trigger of their own: the detector at the beamline
makes the frames, ptero takes them, and these two say where they are. `PteroAdvice` is an optimizer in the sense of
blop and bluesky-adaptive (`suggest`, `ingest`), and `advised_scan` a plan that asks it until nothing is left. Needs
bluesky, ophyd-async, h5py and numpy; the services' folder must be one that this machine sees.
"""
from .advice import PteroAdvice
from .detectors import PteroProduct, PteroRaw
from .plans import advised_scan

__all__ = ["PteroAdvice", "PteroProduct", "PteroRaw", "advised_scan"]

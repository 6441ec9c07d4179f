"""What a person or a program asks of a running service: proto/control.md."""
import msgpack
import zmq

from ._security import secure


class ControlRefused(Exception):
    """The service said no; the text says why and what would be right."""


class Control:
    """Asks a service's control socket, such as [classifier] control = "tcp://127.0.0.1:5574"."""

    def __init__(self, endpoint, by="ptero_client", context=None, timeout_s=5.0, **keys):
        """by: who asks, for the service's log. keys: as Events takes them."""
        self._by, self._timeout_s = by, timeout_s
        self._socket = (context or zmq.Context.instance()).socket(zmq.DEALER)
        self._socket.linger = 0
        secure(self._socket, **keys)
        self._socket.connect(endpoint)

    def ask(self, action, **keys):
        """What the service answers, a text. Raises ControlRefused, and TimeoutError without an answer."""
        self._socket.send(msgpack.packb({"v": 1, "type": "control", "action": action, "by": self._by, **keys}))
        if not self._socket.poll(int(self._timeout_s * 1000)):
            raise TimeoutError(f"no answer to {action!r} in {self._timeout_s} s; is `control` set for that service?")
        answer = msgpack.unpackb(self._socket.recv())
        if not answer["ok"]:
            raise ControlRefused(answer.get("why", ""))
        return answer.get("why", "")

    def region(self, border=None, fill_in=None, segments=None):
        """The classifier's border (scan steps) and fill-in from now on, its segments from the next series on."""
        wanted = {"border": border, "fill_in": fill_in, "segments": segments}
        return self.ask("region", **{key: value for key, value in wanted.items() if value is not None})

    def bad_frames(self, first, last, bad=True):
        """The classifier: frames first to last (included) of the running series are bad, or are not after all."""
        return self.ask("bad_frames", first=first, last=last, bad=bad)

    def reconstruction(self, do):
        """The reconstructor: "start", "stop" or "restart"."""
        return self.ask("reconstruction", do=do)

    def separation(self, do):
        """ptero-ddip: "start" or "stop"."""
        return self.ask("separation", do=do)

    def accept(self, advice_id):
        return self.ask("accept_advice", advice=advice_id)

    def reject(self, advice_id):
        return self.ask("reject_advice", advice=advice_id)

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

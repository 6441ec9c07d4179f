#!/usr/bin/env python3
"""Writes the golden messages beside this script with Python's msgpack, independently of ptero.

make.py          write them all
make.py --check  write nothing; exit 1 and name the first file that would change
make.py --hex    print every message as the pages of proto/ show it

NAME.msgpack is the first part of a message, NAME.part2 and on the raw parts behind it where there are any;
hostile_NAME.msgpack must be refused.
"""
import struct
import sys
from pathlib import Path

import msgpack

pack = msgpack.packb
NAN = float("nan")
MAX_FRAME_ID = 100_000_000  # ids from here on are taken for damaged headers


def message(type_, **keys):
    return {"v": 1, "type": type_, **keys}


# The stream: proto/stream.md.
PIXELS = struct.pack("<6H", 0, 1, 2, 300, 40000, 65535)  # 2 x 3
MASK = bytes([0, 0, 1, 0, 0, 0])
# 2 x 4 zeros in the framing of HDF5 filter 32008: original bytes, block bytes, then one block: its size and
# an LZ4 sequence of 16 literals.
BSLZ4 = struct.pack(">QII", 16, 16, 18) + b"\xf0\x01" + bytes(16)
RASTER = {"rows": 36, "cols": 51, "step_x_m": 1e-7, "step_y_m": -6.1e-8, "order": "snake"}
VIEW = {"transpose": True, "flip_rows": False, "flip_cols": True, "row0": 1, "col0": 0, "crop": [2, 2],
        "bin": 2}  # of the turned 3 x 2
TABLES = [{"name": "countrate_table", "dtype": "<f4", "shape": [1, 2]},
          {"name": "header_appendix", "dtype": "|u1", "shape": [1, 3]}]
TABLE_VALUES = [struct.pack("<2f", 0.0, 1.5), b"abc"]


def frame(**keys):
    """Every key that a header always has when ptero writes it."""
    head = dict(shape=[2, 3], dtype="<u2", codec="none", elem=2, block=0, nbytes=12, t_start=0, t_stop=0)
    extra = {key: keys.pop(key) for key in ("pos", "monitor", "user") if key in keys}
    return message("frame", **{**({"series": keys.pop("series")} if "series" in keys else {}),
                               "frame": keys.pop("frame", 7), **head, **keys, **extra})


def numpy_array(key):
    """What msgpack_numpy.encode gives for the pixels; its keys are bytes in most versions."""
    array = {"nd": True, "type": "<u2", "kind": b"", "shape": [2, 3], "data": PIXELS}
    return {key(name): value for name, value in array.items()}


STREAM = {
    "start": [pack(message("start", series=3, uid="2026-07-14_0003", n=1836, shape=[2, 3], dtype="<u2",
                           wavelength_m=1.4e-10, distance_m=1.92, pixel_m=7.5e-5, object_pixel_m=1.41e-8,
                           centre=[0.5, 1.0], raster=RASTER)), MASK],
    "start_detector": [pack(message("start", series=3, uid="2026-07-14_0003", shape=[2, 3], dtype="<u2",
                                    view=VIEW, detector='{"sensor_material":"Si"}', tables=TABLES)),
                       MASK, *TABLE_VALUES],
    "start_minimal": [pack(message("start", series=3, uid="2026-07-14_0003", shape=[2, 3], dtype="|u1"))],
    "start_energy": [pack(message("start", series=3, uid="2026-07-14_0003", n=None, shape=[2, 3],
                                  dtype="<f4", energy_ev=8800))],
    "frame": [pack(frame(series=3, t_start=1_000_000_000, t_stop=1_001_000_000,
                         pos={"x": 1.25e-6, "y": -2.5e-7}, monitor=1523.5)), PIXELS],
    "frame_no_position": [pack(frame())] + [PIXELS],
    "frame_uid": [pack(message("frame", series=3, frame=7, uid="2026-07-14_0003", shape=[2, 3], dtype="<u2",
                               codec="none", elem=2, block=0, nbytes=12, t_start=0, t_stop=0)), PIXELS],
    "frame_bslz4": [pack(frame(series=3, shape=[2, 4], codec="bslz4", block=16, nbytes=16)), BSLZ4],
    "frame_short": [pack(message("frame", frame=7, shape=[2, 3], dtype="<u2")), PIXELS],
    "frame_one_part": [pack(message("frame", series=3, frame=7, shape=[2, 3], dtype="<u2", data=PIXELS))],
    "frame_big_endian": [pack(message("frame", series=3, frame=7, shape=[2, 3], dtype=">u2")),
                         struct.pack(">6H", 0, 1, 2, 300, 40000, 65535)],
    "frame_numpy": [pack(message("frame", series=3, frame=7, data=numpy_array(str.encode)))],
    "frame_numpy_text": [pack({"frame": 7, **numpy_array(str)})],
    "frame_numpy_binary": [pack({b"frame": 7, **numpy_array(str.encode)})],
    "frame_unknown_keys": [pack({"frame": 7, "weather": {"rain": [1, [2, {"3": None}]]}, **frame(),
                                 "stamp": msgpack.ExtType(5, b"abc"), "user": {str(i): i for i in range(100)},
                                 b"\xff": 1, 5: "five"}), PIXELS],
    "frame_nan_position": [pack(frame(pos={"x": NAN, "y": 1e-7}, monitor=NAN)), PIXELS],
    "end": [pack(message("end", series=3, frames=1836))],
    "end_uid": [pack(message("end", series=3, frames=1836, uid="2026-07-14_0003"))],
    "end_open": [pack(message("end", series=3))],
    "received": [pack(message("received", t_arrival=123456789012))],
    "received_join": [pack(message("received", t_arrival=123456789012, join=3))],
    "received_fault": [pack(message("received", t_arrival=123456789012, fault=2, frame=7))],
    "received_fault_series": [pack(message("received", t_arrival=123456789012, fault=2, frame=7, series=3))],
}

# A link: proto/link.md.
LINK = {
    "hello": message("hello", consumer="classifier", session=81985529216486895, series_uid="2026-07-14_0003",
                     next=412, credit=64, revision=0, holds=[]),
    "hello_set": message("hello", consumer="reconstructor", session=5, series_uid="2026-07-14_0003", next=0,
                         credit=32, revision=4, holds=[3, 200, 70000]),
    "hello_started": message("hello", consumer="classifier", session=5, series_uid="2026-07-14_0003", next=412,
                             credit=64, revision=0, holds=[], started=123456789012),
    "hello_owner": message("hello", consumer="classifier", session=81985529216486895, series_uid="2026-07-14_0003",
                           next=412, credit=64, revision=0, holds=[], owner=0xFEDCBA9876543210),
    "credit": message("credit", session=5, credit=16),
    "want": message("want", session=5, series_uid="scan-7", ticket=2, ids=[3, 200, 70000]),
    "deliver": message("deliver", session=5),
    "entry": message("entry", session=5, seq=413, wanted=0),
    "entry_wanted": message("entry", session=5, seq=4, wanted=1),
    "entry_behind": message("entry", session=5, seq=413, wanted=0, behind=1200),
    "keepalive": message("keepalive", session=5),
    "refused": message("refused", session=5, why="series 2026-07-14_0002 is over; ask for 2026-07-14_0003"),
}

# The classifier's word: proto/selection.md.
SELECTION = {
    "labels": message("labels", series_uid="2026-07-14_0003", revision=4, final=False, selected=[3, 200],
                      background=[0, 1, 2], excluded=[9], corrupt=[11]),
    "labels_confident": message("labels", series_uid="2026-07-14_0003", revision=4, final=True, selected=[3, 200],
                                background=[0], excluded=[], corrupt=[], selected_confidence=b"\x00\xff",
                                background_confidence=b"\x80"),
    "labels_marked": message("labels", series_uid="2026-07-14_0003", revision=4, final=False, selected=[3],
                             background=[], excluded=[9], corrupt=[], marked=[4, 5]),
    "labels_pending": message("labels", series_uid="2026-07-14_0003", revision=4, final=False, selected=[3],
                              background=[], excluded=[], corrupt=[], marked=[4], pending=[5, 200]),
    "labels_outlying": message("labels", series_uid="2026-07-14_0003", revision=4, final=False, selected=[3],
                               background=[], excluded=[9], corrupt=[], outlying=[7]),
    "revision": message("revision", series_uid="2026-07-14_0003", revision=5, final=True, added=[3, 200],
                        removed=[70000], set_hash="9f86d081884c7d65"),
}

# What people see: proto/events.md. The keys of "counts" are sorted.
EVENTS = {
    "ledger": message("ledger", series_uid="2026-07-14_0003",
                      counts={"background": 1200, "expected": 136, "missing": 1, "selected": 499},
                      ended=False),
    "roi": message("roi", series_uid="2026-07-14_0003", revision=5, labelled=1700, selected=499,
                   latency_p50_ms=1.5, latency_p99_ms=6.0),
    "snapshot": message("snapshot", series_uid="2026-07-14_0003", frames_used=480, last_frame=1650,
                        iteration=12, amplitude_error=0.0145, age_ms=210.5, shape=[2, 3], pixel_m=1.41e-8,
                        converged=True, centre=[1.25e-6, -2.5e-7], errors=[0.31, 0.0145]),
    "snapshot_verdict": message("snapshot", series_uid="2026-07-14_0003", frames_used=480, last_frame=1650,
                                iteration=12, amplitude_error=0.0145, age_ms=210.5, shape=[2, 3],
                                pixel_m=1.41e-8, converged=False, centre=[1.25e-6, -2.5e-7],
                                errors=[0.31, 0.0145], noise_floor=0.0029,
                                verdict=[{"code": "misfit", "number": 5.0, "sentence": "it does not fit"}]),
    "probe": message("probe", series_uid="2026-07-14_0003", iteration=12, modes=2, shape=[2, 3],
                     pixel_m=1.41e-8),
    "roi_marked": message("roi", series_uid="2026-07-14_0003", revision=5, labelled=1700, selected=480,
                          latency_p50_ms=1.5, latency_p99_ms=6.0, bad=[3, 200, 412, 412], next_segments=16),
    "roi_recent": message("roi", series_uid="2026-07-14_0003", revision=5, labelled=1700, selected=499,
                          latency_p50_ms=1.5, latency_p99_ms=6.0, latency_p99_recent_ms=2.25),
    "reconstruction": message("reconstruction", series_uid="2026-07-14_0003", running=False, frames=480,
                              iteration=12),
    "reconstruction_left_out": message("reconstruction", series_uid="2026-07-14_0003", running=True, frames=470,
                                       iteration=12, waiting=7, left_out={"outlying_position": 1, "saturated": 2}),
    "slices": message("slices", series_uid="2026-07-14_0003", slices=2, shape=[2, 3], pixel_m=1.41e-8, epoch=250,
                      done=True, warm=False, runs=1, mixing=[0.95, 0.05, 0.0625, 0.9375], mismatch=0.0125,
                      exclusion=0.0005, alarms=[{"sentence": "slice 1 holds only 0.05 of its own image"}]),
    "advice": message("advice", series_uid="2026-07-14_0003", standing="accepted", mode="propose", id=12, revision=5,
                      action="measure", confidence=0.75, issued=1784000000000000000,
                      expires=1784000060000000000,
                      bounds={"left": -1e-6, "top": -2e-6, "right": 1e-6, "bottom": 2e-6}, dose=2.0,
                      dose_left=100.0, step_m=2.5e-7, skip=[3, 200], rings=[3],
                      vertices=struct.pack("<6d", 0, 0, 1e-6, 0, 1e-6, 1e-6),
                      points=struct.pack("<4d", 1e-7, 2e-7, 3e-7, 2e-7)),
    "advice_none": message("advice", series_uid="2026-07-14_0003", standing="none"),
    "report": message("report", series_uid="2026-07-14_0003", json='{"roi":{"fraction":0.27}}'),
    "alarms": message("alarms", service="ingest", alarms=[
        {"id": "disk_full", "severity": "critical", "sentence": "the disk is full; the detector waits",
         "since_utc_ns": 1784023200500000000},
        {"id": "mask", "severity": "warning", "sentence": "the mask does not fit the frames",
         "since_utc_ns": 1784023100000000000}]),
    "warnings": message("warnings", service="reconstructor", series_uid="2026-07-14_0003", warnings=[
        {"code": "outlying_position", "sentence": "one frame is left out, for it lies far from all others"}]),
    "alarms_none": message("alarms", service="ingest", alarms=[]),
    "health": message("health", service="reconstructor", ready=True, uptime_s=812.5, level=2, load=0.75, stages=[
        {"stage": "receive", "state": "running", "silent_s": 0.0625},
        {"stage": "solve", "state": "running", "silent_s": 12.5, "doing": "a batch of iterations"}]),
}

# Events with parts behind the header, and what a person asks: proto/events.md, proto/control.md.
VIEWS = {
    "map": [pack(message("map", series_uid="2026-07-14_0003", revision=5, frames=2, segments=8, mode="robust",
                         border=-1, fill_in=True, no_contrast=False, raster=RASTER)),
            struct.pack("<2I", 0, 200), struct.pack("<2f", 1e-7, NAN), struct.pack("<2f", 2e-7, NAN),
            struct.pack("<2f", 1e6, 0.0), struct.pack("<2f", 63.5, NAN), struct.pack("<2f", 64.25, NAN),
            bytes([2, 4]), bytes([255, 0])],
    "segments": [pack(message("segments", series_uid="2026-07-14_0003", frames=1, segments=2)),
                 struct.pack("<2f", 5e5, 6e5), struct.pack("<2f", 60.0, 70.0), struct.pack("<2f", 61.0, 71.0)],
    "preview": [pack(message("preview", series_uid="2026-07-14_0003", frame=1650, shape=[2, 3],
                             full_shape=[4, 6], bin=2, max_counts=300.0, mean_max_counts=12.5, averaged=40,
                             saturated_pixels=1, saturated_frames=3, flagged_pixels=5)),
                bytes([0, 31, 128, 254, 255, 1]), bytes([0, 1, 2, 3, 254, 255])],
    "positions": [pack(message("positions", series_uid="2026-07-14_0003", iteration=12, frames=2, every=1)),
                  struct.pack("<2I", 3, 200), struct.pack("<2f", 1e-7, 2e-7), struct.pack("<2f", -1e-7, 0),
                  struct.pack("<2f", 1.25e-7, 2.25e-7), struct.pack("<2f", -1e-7, 1e-8)],
    "control": [pack(message("control", action="region", by="127.0.0.1", border=2, fill_in=True, segments=16))],
    "control_frames": [pack(message("control", action="bad_frames", by="127.0.0.1", first=3, last=200, bad=True))],
    "control_do": [pack(message("control", action="reconstruction", by="127.0.0.1", do="restart"))],
    "control_answer": [pack(message("control_answer", ok=False, why="border is 2000; -1000 to 1000 would be right"))],
}


def nested(depth):
    return b"\x91" * depth + b"\x90"


def head(pairs):
    """The beginning of a map of `pairs` pairs, of which "v" and "type" are written."""
    return bytes([0x80 | pairs]) + pack("v") + pack(1) + pack("type")


def one_part(**keys):
    """A frame in one part, spoilt by `keys`; None removes a key."""
    spoilt = {**message("frame", series=3, frame=7, shape=[2, 3], dtype="<u2", data=PIXELS), **keys}
    return pack({key: value for key, value in spoilt.items() if value is not None})


def start(**keys):
    return pack({**message("start", series=3, uid="2026-07-14_0003", shape=[2, 3], dtype="<u2"), **keys})


HOSTILE = {
    "wrong_version": one_part(v=2),
    "numpy_wrong_version": pack({"v": 2, "frame": 7, **numpy_array(str)}),
    "version_as_text": one_part(v="1"),
    "no_version": one_part(v=None),
    "no_type": one_part(type=None),
    "unknown_type": one_part(type="frames"),
    "no_frame_id": one_part(frame=None),
    "negative_id": one_part(frame=-1),
    "id_as_text": one_part(frame="7"),
    "id_too_large": one_part(frame=MAX_FRAME_ID),
    "series_as_text": one_part(series="3"),
    "no_shape": one_part(shape=None),
    "shape_of_three": one_part(shape=[1, 2, 3]),
    "shape_of_floats": one_part(shape=[2.0, 3.0]),
    "shape_zero": one_part(shape=[0, 3], data=b""),
    "shape_overflow": one_part(shape=[2**32, 2**32], data=b""),
    "shape_overflow_64": one_part(shape=[2**63, 2], data=b""),
    "too_large": one_part(shape=[100000, 100000]),
    "size_mismatch": one_part(data=PIXELS[:-1]),
    "too_many_bytes": one_part(data=PIXELS + b"\0"),
    "nbytes_mismatch": one_part(nbytes=11),
    "elem_mismatch": one_part(elem=4),
    "block_too_wide": one_part(block=2**32),
    "no_data": one_part(data=None),
    "data_as_text": one_part(data="twelve bytes"),
    "empty_payload": one_part(codec="bslz4", data=b""),
    "unknown_codec": one_part(codec="zstd"),
    "unknown_dtype": one_part(dtype="<c8"),
    "no_dtype": one_part(dtype=None),
    "position_as_list": one_part(pos=[1e-7, 2e-7]),
    "numpy_scalar": pack({"nd": False, "frame": 7, "type": "<u2", "data": b"\0\0"}),
    "numpy_no_frame_id": pack(numpy_array(str)),
    "numpy_fields": pack({"frame": 7, **numpy_array(str), "type": [["x", "<u2"]], "kind": b"V"}),
    "start_no_uid": start(uid=None),
    "start_uid_is_a_path": start(uid="../../etc/cron.d/scan"),
    "start_uid_is_not_utf8": start(uid=b"scan-\xff"),
    "start_uid_is_cut_utf8": start(uid="scan-\u00b5".encode()[:-1]),
    "start_uid_overlong": start(uid=b"scan-\xc0\xaf"),
    "start_uid_with_a_control": start(uid="scan-\u0085"),
    "start_shape_overflow": start(shape=[2**63, 2]),
    "start_unknown_order": start(raster={**RASTER, "order": "spiral"}),
    "start_raster_overflow": start(raster={**RASTER, "rows": 2**33}),
    "start_raster_overflow_64": start(raster={**RASTER, "rows": 2**32, "cols": 2**32}),
    "start_raster_too_large": start(raster={**RASTER, "rows": 10**6, "cols": 10**6}),
    "start_view_outside": start(view={**VIEW, "row0": 2}),
    "start_view_bin_zero": start(view={**VIEW, "bin": 0}),
    "start_tables_without_parts": start(tables=TABLES),
    "start_n_negative": start(n=-5),
    "end_no_series": pack(message("end", frames=3)),
    "trailing_bytes": one_part() + b"\0",
    "deep_nesting": head(3) + pack("frame") + pack("x") + nested(1000),
    "huge_array": head(3) + pack("want") + pack("ids") + b"\xdd\xff\xff\xff\xff",
    "huge_array_bare": b"\x81\xa1x\xdd\xff\xff\xff\xff\x00\x00",
    "huge_map": b"\xdf\xff\xff\xff\xff\xa1v\x01",
    "huge_text": head(3) + pack("end") + pack("series") + b"\xdb\xff\xff\xff\xff",
    "huge_binary": head(3) + pack("frame") + pack("data") + b"\xc6\xff\xff\xff\xff",
    "never_used_byte": b"\x81\xa1v\xc1",
    "not_a_map": pack([1, "frame", 7]),
    "empty": b"",
    "link_wrong_version": pack({**LINK["credit"], "v": 2}),
    "link_no_session": pack(message("keepalive")),
    "link_unknown_type": pack(message("bye", session=5)),
    "hello_no_consumer": pack(message("hello", session=5, credit=1)),
    "hello_no_credit": pack(message("hello", session=5, consumer="x")),
    "hello_negative_next": pack({**LINK["hello"], "next": -1}),
    "entry_no_seq": pack(message("entry", session=5)),
    "entry_behind_negative": pack({**LINK["entry"], "behind": -1}),
    "want_negative": pack(message("want", session=5, ids=[1, -1])),
    "labels_no_background": pack(message("labels", series_uid="u", revision=1, selected=[])),
    "labels_confidence_short": pack({**SELECTION["labels"], "selected_confidence": b"\x00"}),
    "labels_marked_as_range": pack({**SELECTION["labels"], "marked": "4-5"}),
    "labels_pending_negative": pack({**SELECTION["labels"], "pending": [-1]}),
    "labels_id_as_text": pack({**SELECTION["labels"], "excluded": ["9"]}),
    "revision_no_removed": pack(message("revision", series_uid="u", revision=1, added=[])),
    "ledger_no_counts": pack(message("ledger", series_uid="u")),
    "roi_no_revision": pack(message("roi", series_uid="u", labelled=1, selected=1)),
    "roi_half_a_range": pack({**EVENTS["roi"], "bad": [3, 200, 412]}),
    "reconstruction_no_verdict": pack(message("reconstruction", series_uid="u")),
    "reconstruction_left_out_as_list": pack({**EVENTS["reconstruction"], "left_out": ["saturated"]}),
    "warnings_no_list": pack(message("warnings", service="ingest", series_uid="u")),
    "warnings_no_code": pack(message("warnings", service="ingest", series_uid="u", warnings=[{"sentence": "x"}])),
    "snapshot_no_shape": pack(message("snapshot", series_uid="u", frames_used=1, last_frame=1, iteration=1)),
    "snapshot_verdict_without_code": pack({**EVENTS["snapshot"], "verdict": [{"number": 1.0, "sentence": "x"}]}),
    "snapshot_error_as_text": pack({**EVENTS["snapshot"], "errors": [0.31, "0.0145"]}),
    "probe_no_modes": pack(message("probe", series_uid="u", iteration=1, shape=[2, 3])),
    "advice_no_standing": pack(message("advice", series_uid="u", id=1)),
    "advice_unknown_standing": pack(message("advice", series_uid="u", standing="obeyed")),
    "advice_half_a_point": pack(message("advice", series_uid="u", standing="none", points=bytes(8))),
    "advice_point_is_no_number": pack(message("advice", series_uid="u", standing="none",
                                              points=struct.pack("<2d", NAN, 0))),
    "advice_ring_too_long": pack(message("advice", series_uid="u", standing="none", rings=[2**63],
                                         vertices=struct.pack("<2d", 0, 0))),
    "advice_half_a_run": pack(message("advice", series_uid="u", standing="none", skip=[3])),
    "slices_no_mixing": pack(message("slices", series_uid="u", slices=2, shape=[2, 3], epoch=1)),
    "slices_mixing_short": pack({**EVENTS["slices"], "mixing": [0.5, 0.5]}),
    "slices_of_one": pack({**EVENTS["slices"], "slices": 1, "mixing": [1.0]}),
    "report_no_json": pack(message("report", series_uid="u")),
    "alarms_no_list": pack(message("alarms", service="ingest")),
    "alarms_no_sentence": pack(message("alarms", service="ingest",
                                       alarms=[{"id": "mask", "severity": "warning", "since_utc_ns": 1}])),
    "health_no_stages": pack(message("health", service="ingest", ready=True, uptime_s=1.0, level=0)),
    "health_stage_as_text": pack(message("health", service="ingest", ready=True, uptime_s=1.0, level=0,
                                         stages=["receive"])),
    "map_no_frames": pack(message("map", series_uid="u", revision=1)),
    "map_too_many_frames": pack(message("map", series_uid="u", revision=1, frames=MAX_FRAME_ID + 1)),
    "map_raster_overflow": pack(message("map", series_uid="u", revision=1, frames=0,
                                        raster={**RASTER, "rows": 2**33})),
    "map_without_columns": pack(message("map", series_uid="u", revision=1, frames=1)),
    "segments_too_many": pack(message("segments", series_uid="u", frames=1, segments=2**62)),
    "preview_too_large": pack(message("preview", series_uid="u", frame=1, shape=[2**32, 2**32],
                                      full_shape=[1, 1])),
    "preview_without_pictures": pack(message("preview", series_uid="u", frame=1, shape=[2, 3], full_shape=[1, 1])),
    "positions_too_many": pack(message("positions", series_uid="u", iteration=1, frames=65537)),
    "positions_without_columns": pack(message("positions", series_uid="u", iteration=1, frames=1)),
    "control_no_action": pack(message("control", by="x")),
    "control_border_as_text": pack(message("control", action="region", border="2")),
    "control_negative_frame": pack(message("control", action="bad_frames", first=-1, last=2, bad=True)),
    "control_do_as_number": pack(message("control", action="separation", do=1)),
    "control_answer_no_verdict": pack(message("control_answer", why="x")),
    "received_unknown_fault": pack(message("received", t_arrival=1, fault=200)),
    "received_unknown_join": pack(message("received", t_arrival=1, join=200)),
}


def files():
    for name, parts in {**STREAM, **VIEWS}.items():
        yield f"{name}.msgpack", parts[0]
        for number, part in enumerate(parts[1:], 2):
            yield f"{name}.part{number}", part
    for name, body in {**LINK, **SELECTION, **EVENTS}.items():
        yield f"{name}.msgpack", pack(body)
    for name, data in HOSTILE.items():
        yield f"hostile_{name}.msgpack", data


def main():
    here = Path(__file__).parent
    wanted = dict(files())
    if "--hex" in sys.argv:
        for name, data in wanted.items():
            if not name.startswith("hostile_"):
                print(f"```hex {name}")
                for at in range(0, len(data), 24):
                    print(data[at:at + 24].hex(" "))
                print("```")
    elif "--check" in sys.argv:
        present = {path.name for path in here.iterdir() if path.suffix == ".msgpack" or path.suffix.startswith(".part")}
        for name in sorted(present | set(wanted)):
            path = here / name
            if name not in wanted or not path.exists() or path.read_bytes() != wanted[name]:
                sys.exit(f"{name} is not what make.py writes; run proto/golden/make.py")
    else:
        for name, data in wanted.items():
            (here / name).write_bytes(data)


main()

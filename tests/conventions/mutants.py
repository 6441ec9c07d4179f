#!/usr/bin/env python3
"""Faults put into the reader on purpose: does the conventions test notice each?

usage: mutants.py [NAME ...]

Works in a copy of the checkout (build/mutants), built once; of each fault it builds again what depends on it, runs the
test up to the first case that fails, and prints a line. Exit code 1 where a fault was not noticed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
COPY = TOP / "build" / "mutants"
READER = "libs/scanfile/src/"

# What it does, the file, what stands there, what stands there instead.
MUTANTS = {
    "frames are not transposed": (
        READER + "frame_window.hpp",
        "return transpose_ ? pixels[col * recorded_.cols + row] : pixels[row * recorded_.cols + col];",
        "return pixels[(transpose_ ? row * shape_.cols + col : row * recorded_.cols + col) % recorded_.count()];"),
    "the probe does not turn with its frames": (
        "libs/scan/src/first_probe.cpp", "if (options.probe_transposed)", "if (false)"),
    "MATLAB's arrays are not turned": (
        "libs/h5/src/h5.cpp", "bool by_columns(const Dataset& dataset) {", "bool by_columns(const Dataset& dataset) {\n  if (dataset.rank() > 0) return false;"),
    "the unit of positions in a dataset is ignored": (
        READER + "position_datasets.cpp", "table.metres[axis] = metres_in(*unit);", "table.metres[axis] = metres_in(\"m\");"),
    "the unit in a table's header is ignored": (
        READER + "position_file.cpp", "table.metres[axis] = metres_in(unit);", "table.metres[axis] = metres_in(\"m\");"),
    "--position-unit nm means um": (
        READER + "scan_positions.cpp", "return {1e-9, 1e-9};", "return {1e-6, 1e-6};"),
    "the unit of the detector pixel is ignored": (
        READER + "quantities.cpp", "const auto metres = unit ? metres_in(*unit) : std::optional(1.0);", "const auto metres = std::optional(1.0);"),
    "keV is read as eV": (
        "libs/core/src/units.cpp", 'if (low == "kev" || low == "kiloev") return 1e3;', 'if (low == "kev" || low == "kiloev") return 1;'),
    "the sign of y is dropped": (
        READER + "scan_positions.cpp", "recorded[1] *= options.position_sign[1];", ""),
    "the order of the axes is dropped": (
        READER + "scan_positions.cpp", "if (options.position_axes == PositionAxes::yx) std::swap(recorded[0], recorded[1]);", ""),
    "the command line swaps the two signs": (
        "tools/ptero/cli_options.cpp",
        'read.position_sign = two<double>(t, \',\', false, "A,B");', 'const auto s = two<double>(t, \',\', false, "A,B"); read.position_sign = {s[1], s[0]};'),
    "flags of a narrower type are counts": (
        READER + "frame_look.cpp", "return (size_of(dtype) > 2 && is(std::numeric_limits<std::uint16_t>::max())) ||", "return (false && is(std::numeric_limits<std::uint16_t>::max())) ||"),
    "negative flags are zeros": (
        READER + "pixel_type.cpp", "if (value < 0) return flag;", "if (value < 0) return Out{};"),
    "a mask with 1 = good is taken for bad": (
        READER + "file_mask.cpp", "if (marked < 1 && light > 0.6) {", "if (marked < 1 && light > 0.6) return false;\n  if (marked < 1 && light > 0.6) {"),
    "--mask-sense is ignored": (
        READER + "file_mask.cpp", "if (sense ? *sense == MaskSense::good : is_inverted(mask, look, warnings))", "if (!sense && is_inverted(mask, look, warnings))"),
    "masks are not used": (
        READER + "series_reader.cpp", "info.mask = window.apply_mask(info.mask);", "info.mask.clear();"),
    "the index column is ignored": (
        "libs/positions/src/text_table.cpp", "sample.index = *trigger;", "sample.index = row;"),
    "numbers that begin at 1 stay as they are": (
        READER + "position_file.cpp", "for (std::int64_t& number : table.numbers) number -= first;", ""),
    "links are sorted as text": (
        READER + "frame_parts.cpp", "if (const auto number = number_behind(name, prefix.size())) links.emplace_back(*number, name);",
        "if (const auto number = number_behind(name, prefix.size())) links.emplace_back(0 * *number, name);"),
    "chunks of a .ptyd stay in their order": (
        READER + "frame_parts.cpp", "[&](std::uint64_t a, std::uint64_t b) { return indices[a] < indices[b]; });", "[&](std::uint64_t a, std::uint64_t b) { return a < b; });"),
    "(y, x) of a .ptyd are (x, y)": (
        READER + "position_datasets.cpp", "all.rows.push_back({yx[1], yx[0]});", "all.rows.push_back({yx[0], yx[1]});"),
    "the energy is source_1's, the ring's too": (
        READER + "quantities.cpp", "for (const char* path : beam_energies) {", "for (const char* path : source_energies)\n    if (const auto d = source.find(path))\n      if (const auto v = first_number(*d)) return *v * electronvolts_in(h5::unit_of(*d).value_or(\"J\")).value_or(1);\n  for (const char* path : beam_energies) {"),
    "big-endian arrays are read as little-endian": (
        READER + "pixel_type.cpp", "const bool swap = type.big_endian != (std::endian::native == std::endian::big);", "const bool swap = false && type.big_endian;"),
    "directions of basis_vectors are ignored": (
        READER + "position_datasets.cpp", "if (const auto basis = basis_of(source)) along(*basis, table);", ""),
    "frames whose source is gone are zeros": (
        READER + "absence.cpp", "for (const std::size_t row : *rows) found[row] = Absence::source_gone;\n    return;", "return;"),
    "the name of a link is looked up in the file it leads to": (
        READER + "frame_source.cpp", "if (reopened.valid() && are_one(reopened, dataset.id))", "if (reopened.valid())"),
    "frames never written are zeros": (
        READER + "absence.cpp", "rows_of_chunk(dataset.dims, chunk, offset, [&](std::size_t row) { found[row] = Absence::not_written; });", "{}"),
    "a decimal comma separates": (
        "libs/positions/src/table_dialect.cpp", "{'\\t', ','}, {';', ','}, {'|', ','}, {' ', ','},       {',', ','},", "{',', '.'},"),
    "positions of a missing row are those of the next": (
        READER + "scan_positions.cpp", "if (is_finite(p)) scan.of[i] = p;", "if (is_finite(p)) scan.of[i] = p; else if (i > 0) scan.of[i] = scan.of[i - 1];"),
}


def run(command, **more):
    return subprocess.run(command, cwd=COPY, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def prepare():
    """The tracked files as they are now; what is unchanged keeps its time."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = TOP / name, COPY / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    subprocess.run(["cmake", "--preset", "release"], cwd=COPY, check=True, stdout=subprocess.DEVNULL)
    built = build()
    if built.returncode != 0:
        sys.exit("the copy does not build:\n" + built.stdout[-4000:])


def build():
    return run(["cmake", "--build", "build/release", "--target", "ptero", "test_conventions"])


def noticed():
    """The first line about a case that failed, and its number; None: no case did."""
    environment = {**os.environ, "PTERO_CONVENTIONS_STOP": "1"}
    output = run(["build/release/tests/test_conventions"], env=environment).stdout
    found = re.search(r"^case (\d+) (.*)$", output, re.M)
    if not found and "[  PASSED  ] 1 test" not in output:
        return "?", output[-300:]
    return found.groups() if found else None


def main(names):
    prepare()
    survived = 0
    print("| fault | noticed at case | as |\n| --- | --- | --- |", flush=True)
    for name, (file, old, new) in MUTANTS.items():
        if names and not any(n in name for n in names):
            continue
        path = COPY / file
        sound = path.read_text()
        if sound.count(old) != 1:
            sys.exit(f"{file} has the place of '{name}' {sound.count(old)} times")
        path.write_text(sound.replace(old, new))
        built = build()
        if built.returncode != 0:
            print(built.stdout[-2000:])
        case, how = ("", "DOES NOT BUILD") if built.returncode != 0 else noticed() or ("", "NOT NOTICED")
        survived += case == ""
        print(f"| {name} | {case} | {how.strip()[:160]} |", flush=True)
        path.write_text(sound)
    return 1 if survived else 0


sys.exit(main(sys.argv[1:]))

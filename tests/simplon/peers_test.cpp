// Decoders not written by us: Python's json, cbor2 and bitshuffle read what our senders write.
#include <gtest/gtest.h>

#include <cstdio>

#include "made.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::simplon::test {
namespace {

bool has_peers() {
  static const bool present =
      std::system("/usr/bin/python3 -c 'import cbor2, bitshuffle.ext, numpy' 2>/dev/null") == 0;
  return present;
}

std::string run(const std::string& script, const std::filesystem::path& folder) {
  ptero::test::spill(folder / "script.py", script);
  FILE* pipe = popen(("cd " + folder.string() + " && /usr/bin/python3 script.py 2>&1").c_str(), "r");
  std::string out;
  char buffer[4096];
  while (std::size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  pclose(pipe);
  return out;
}

// 12 bytes of sizes, then what bitshuffle calls its blocks.
const std::string unpack = R"(
import json, struct, sys
import numpy as np, bitshuffle.ext, cbor2
def bslz4(data, shape, dtype):
    orig, block = struct.unpack('>QI', data[:12])
    dtype = np.dtype(dtype)
    assert orig == shape[0] * shape[1] * dtype.itemsize, orig
    return bitshuffle.ext.decompress_lz4(np.frombuffer(data, np.uint8, offset=12), shape, dtype, block // dtype.itemsize)
want = np.fromfile('pixels', '<u2').reshape(6, 16)
)";

TEST(Peers, PythonReadsOurVersion1) {
  SKIP_WITHOUT_PYTHON(has_peers(), "cbor2 and bitshuffle in /usr/bin/python3");
  const ptero::test::Scratch scratch;
  ptero::test::spill(scratch / "pixels", pixels_of(Dtype::u16));
  const auto write = [&](const std::string& name, const Parts& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      ptero::test::spill(scratch / (name + std::to_string(i + 1)), std::string(parts[i].text()));
  };
  write("start", encode_start_v1(series()));
  write("bslz4", encode_image_v1(43, frame(Dtype::u16, Codec::bslz4)));
  write("none", encode_image_v1(43, frame()));
  write("end", encode_end_v1(43));
  EXPECT_EQ(run(unpack + R"(
load = lambda name: json.load(open(name))
read = lambda name: open(name, 'rb').read()
assert load('start1') == {'htype': 'dheader-1.0', 'series': 43, 'header_detail': 'all'}
c = load('start2')
assert (c['x_pixels_in_detector'], c['y_pixels_in_detector'], c['nimages'] * c['ntrigger']) == (16, 6, 1836), c
assert abs(c['wavelength'] - 1.4) < 1e-12 and c['detector_distance'] == 1.92, c
for part, name, kind in ((3, 'dflatfield-1.0', '<f4'), (5, 'dpixelmask-1.0', '<u4'), (7, 'dcountrate_table-1.0', '<f4')):
    d = load(f'start{part}')
    assert d['htype'] == name
    a = np.frombuffer(read(f'start{part + 1}'), kind).reshape(d['shape'][::-1])
    if part == 5: assert a[1, 1] == 1 and a.sum() == 1
for name, encoding in (('none', '<'), ('bslz4', 'bs16-lz4<')):
    h, d, config = load(name + '1'), load(name + '2'), load(name + '4')
    assert (h['htype'], h['series'], h['frame']) == ('dimage-1.0', 43, 7), h
    assert (d['htype'], d['shape'], d['type'], d['encoding']) == ('dimage_d-1.0', [16, 6], 'uint16', encoding), d
    data = read(name + '3')
    assert d['size'] == len(data)
    got = np.frombuffer(data, '<u2').reshape(6, 16) if name == 'none' else bslz4(data, (6, 16), '<u2')
    assert (got == want).all()
    assert config['stop_time'] - config['start_time'] == 2500000 == config['real_time']
assert load('end1') == {'htype': 'dseries_end-1.0', 'series': 43}
print('same')
)",
                scratch / ""),
            "same\n");
}

TEST(Peers, PythonReadsOurVersion2) {
  SKIP_WITHOUT_PYTHON(has_peers(), "cbor2 and bitshuffle in /usr/bin/python3");
  const ptero::test::Scratch scratch;
  ptero::test::spill(scratch / "pixels", pixels_of(Dtype::u16));
  const auto write = [&](const std::string& name, const Parts& parts) {
    ptero::test::spill(scratch / name, std::string(parts.at(0).text()));
  };
  write("start", encode_start_v2(series()));
  write("bslz4", encode_image_v2(43, "scan-43", frame(Dtype::u16, Codec::bslz4)));
  write("none", encode_image_v2(43, "scan-43", frame()));
  write("end", encode_end_v2(43, "scan-43"));
  EXPECT_EQ(run(unpack + R"(
def typed(tag):
    assert tag.tag in (69, 70, 85), tag.tag
    kind = {69: '<u2', 70: '<u4', 85: '<f4'}[tag.tag]
    return kind, tag.value
def array(tag):
    assert tag.tag == 40
    shape, inner = tag.value
    kind, data = typed(inner)
    if isinstance(data, cbor2.CBORTag):
        assert data.tag == 56500
        algorithm, size, packed = data.value
        assert (algorithm, size) == ('bslz4', np.dtype(kind).itemsize)
        return bslz4(packed, shape, kind)
    return np.frombuffer(data, kind).reshape(shape)
def load(name):
    raw = open(name, 'rb').read()
    assert raw[:3] == b'\xd9\xd9\xf7' and raw[4:9] == b'\x64type', raw[:16]
    return cbor2.loads(raw)
s = load('start')
assert (s['type'], s['series_id'], s['series_unique_id']) == ('start', 43, 'scan-43')
assert (s['image_size_x'], s['image_size_y'], s['number_of_images'], s['image_dtype']) == (16, 6, 1836, 'uint16')
assert abs(s['incident_wavelength'] - 1.4) < 1e-12 and s['detector_translation'] == [0, 0, -1.92]
assert list(s['flatfield']) == s['channels'] == ['threshold_1'] and (array(s['flatfield']['threshold_1']) == 1).all()
mask = array(s['pixel_mask']['threshold_1'])
assert mask.shape == (6, 16) and mask[1, 1] == 1 and mask.sum() == 1
for name in ('none', 'bslz4'):
    i = load(name)
    assert (i['type'], i['series_id'], i['image_id']) == ('image', 43, 7)
    assert i['start_time'] == [1000000, 10**9] and i['stop_time'] == [3500000, 10**9]
    assert (array(i['data']['threshold_1']) == want).all()
assert load('end') == {'type': 'end', 'series_id': 43, 'series_unique_id': 'scan-43'}
print('same')
)",
                scratch / ""),
            "same\n");
}

}  // namespace
}  // namespace ptero::simplon::test

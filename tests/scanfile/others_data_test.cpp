// What others' files have taught: each situation of doc/data_of_others.md, right or said.

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <ptero/core/units.hpp>
#include <ptero/scanfile/position_file.hpp>
#include <ptero/scanfile/probe_file.hpp>

#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

std::string codes_of(const SeriesReader& reader) {
  std::string codes;
  for (const Warning& warning : reader.warnings()) codes += (codes.empty() ? "" : " ") + warning.code;
  return codes;
}

class OthersData : public Reader {
 protected:
  /// A CXI file of 6 frames of 4 x 4, all ones, its quantities in `more`.
  void make_cxi(const std::string& more) {
    make(
        "e = h.create_group('entry_1'); e['data_1/data'] = np.ones((6, 4, 4), 'u2'); i = "
        "e.create_group('instrument_1')\n"
        "xy = np.stack([np.arange(6) * 1e-6, np.arange(6) ** 2 * 2e-6, np.zeros(6)], 1)\n"
        "def put(g, n, v, u=None):\n"
        "  g[n] = v\n"
        "  if u is not None: g[n].attrs['units'] = u\n" +
        more);
  }
  std::string energy_ev(const std::string& more) {
    make_cxi(more);
    try {
      const SeriesReader reader(path, {.positions = "none"});
      const double wavelength_m = reader.info().wavelength_m;
      return (wavelength_m > 0 ? std::to_string(std::lround(hc_ev_m / wavelength_m)) : "none") + " " +
             codes_of(reader);
    } catch (const InputError& e) {
      return e.what();
    }
  }
};

TEST_F(OthersData, FramesOfAVirtualSourceThatIsGoneAreMissing) {
  make(
      "l = h5py.VirtualLayout((6, 2, 2), 'u2')\n"
      "for k in range(3):\n"
      "  with h5py.File(f + '.part%d' % k, 'w') as p: p['d'] = np.full((2, 2, 2), k + 1, 'u2')\n"
      "  l[2 * k : 2 * k + 2] = h5py.VirtualSource(f + '.part%d' % k, 'd', (2, 2, 2))\n"
      "h.create_virtual_dataset('d', l)");
  std::filesystem::remove(path.string() + ".part1");
  const SeriesReader reader(path, {.positions = "none"});
  EXPECT_EQ(reader.absent(), (std::map<Absence, std::uint64_t>{{Absence::source_gone, 2}}));
  EXPECT_TRUE(reader.present(1));
  EXPECT_FALSE(reader.present(2));
  EXPECT_EQ(values_of<std::uint16_t>(reader.frame(4))[0], 3);
  EXPECT_EQ(codes_of(reader), "frames_source_gone");
  for (int k : {0, 2}) std::filesystem::remove(path.string() + ".part" + std::to_string(k));
  EXPECT_NE(refusal({.positions = "none"}).find("none of the frames of /d of FILE is there"),
            std::string::npos);
}

TEST_F(OthersData, FramesThatWereNeverWrittenAreMissing) {
  make(
      "d = h.create_dataset('d', (6, 4, 4), 'u2', chunks=(1, 2, 4))\n"
      "for i in (0, 1, 3, 5): d[i] = 0\n"
      "d[2, :2] = 7");
  const SeriesReader reader(path, {.positions = "none"});
  EXPECT_EQ(reader.absent(), (std::map<Absence, std::uint64_t>{{Absence::not_written, 2}}));
  EXPECT_TRUE(reader.present(1));   // zeros that were measured
  EXPECT_FALSE(reader.present(2));  // half of it
  EXPECT_FALSE(reader.present(4));
}

TEST_F(OthersData, AVirtualDatasetOverUnwrittenFramesKnowsIt) {
  make(
      "with h5py.File(f + '.part', 'w') as p:\n"
      "  d = p.create_dataset('d', (6, 2, 2), 'u2', chunks=(1, 2, 2)); d[0:4] = 1\n"
      "l = h5py.VirtualLayout((6, 2, 2), 'u2'); l[...] = h5py.VirtualSource(f + '.part', 'd', (6, 2, 2))\n"
      "h.create_virtual_dataset('d', l)");
  const SeriesReader reader(path, {.positions = "none"});
  EXPECT_EQ(reader.absent(), (std::map<Absence, std::uint64_t>{{Absence::not_written, 2}}));
  EXPECT_EQ(reader.absence(5), Absence::not_written);
}

TEST_F(OthersData, TheEnergyIsThatOfTheBeamNotOfTheRing) {
  EXPECT_EQ(
      energy_ev("put(i, 'source_1/energy', 3.0, 'GeV'); put(i, 'beam_1/incident_beam_energy', 8.0, 'keV')"),
      "8000 ");
  EXPECT_EQ(energy_ev("put(i, 'source_1/energy', 3.0, 'GeV')"), "none source_energy");
  EXPECT_EQ(energy_ev("put(i, 'source_1/energy', 8e3 * 1.602176634e-19)"), "8000 ");
  EXPECT_EQ(energy_ev("put(i, 'source_1/energy', 8.0)"), "8000 energy_without_unit");
  EXPECT_EQ(energy_ev("put(i, 'source_1/energy', 8.0, 'KeV')"), "8000 ");
  EXPECT_EQ(energy_ev("put(i, 'beam_1/incident_wavelength', 1.549802480, 'Angstroms')"), "8000 ");
  EXPECT_EQ(energy_ev("put(i, 'beam_1/incident_wavelength', 1.549802480)"), "8000 wavelength_without_unit");
  EXPECT_EQ(energy_ev("put(i, 'beam_1/incident_wavelength', 1.55e-10); put(i, 'beam_1/energy', 9e3, 'eV')"),
            "7999 energy_against_wavelength");
  EXPECT_NE(
      energy_ev("put(i, 'source_1/energy', 8.0, 'stone')").find("is in 'stone', which is no unit of energy"),
      std::string::npos);
  EXPECT_NE(energy_ev("put(i, 'beam_1/energy', 3.0, 'GeV')").find("photons between 50 eV and 200000 eV"),
            std::string::npos);
}

TEST_F(OthersData, ElectronsHaveTheirOwnWavelength) {
  make_cxi("put(i, 'source_1/energy', 300.0, 'keV'); put(i, 'source_1/probe', 'electron')");
  EXPECT_NEAR(SeriesReader(path, {.positions = "none"}).info().wavelength_m, 1.9687e-12, 1e-16);
  EXPECT_NEAR(
      SeriesReader(path, {.positions = "none", .energy_ev = 80e3, .electrons = true}).info().wavelength_m,
      4.1757e-12, 1e-16);
}

TEST_F(OthersData, UnitsOfPlacesAndDistancesInAnyAttribute) {
  for (const std::string unit :
       {"'\xC2\xB5m'", "'\xCE\xBCm'", "np.bytes_('micrometers')",
        "np.array(['um'], dtype=h5py.string_dtype())", "np.array([b'um', b'um', b'um'])"}) {
    make_cxi("put(e, 'data_1/translation', xy * 1e6, " + unit +
             "); put(i, 'detector_1/distance', 1500, 'Millimeters')");
    const SeriesReader reader(path);
    EXPECT_NEAR(reader.positions()[3]->y_m, 18e-6, 1e-15) << unit;
    EXPECT_DOUBLE_EQ(reader.info().distance_m, 1.5);
  }
  make_cxi("put(e, 'data_1/translation', xy, 'cubit')");
  EXPECT_NE(refusal({}).find(
                "in 'cubit', which is no unit of length known here; say what they are with --position-unit"),
            std::string::npos);
  EXPECT_TRUE(SeriesReader(path, {.position_unit = PositionUnit::m}).positions()[1]);
  make_cxi("put(i, 'detector_1/distance', 3, 'leagues')");
  EXPECT_NE(refusal({.positions = "none"})
                .find("is in 'leagues', which is no unit of length known here; give --distance"),
            std::string::npos);
}

TEST_F(OthersData, FourDimensionsAreTheGridOfTheScan) {
  make("h['d'] = np.arange(6, dtype='u2').reshape(2, 3, 1, 1) + np.zeros((2, 3, 4, 5), 'u2')");
  const SeriesReader reader(path);
  EXPECT_EQ(reader.info().raster, (RasterPlan{.rows = 2, .cols = 3}));
  EXPECT_EQ(values_of<std::uint16_t>(reader.frame(4))[0], 4);
  EXPECT_EQ(SeriesReader(path, {.step_x_m = 1e-6}).positions()[5], (Position{2e-6, 1e-6}));
  make("h['entry/data/data'] = np.arange(6, dtype='u2').reshape(6, 1, 1, 1) + np.zeros((6, 1, 4, 5), 'u2')");
  const SeriesReader one(path, {.positions = "raster:2x3"});
  EXPECT_EQ(one.size(), 6u);
  EXPECT_EQ(one.info().frame_shape, (Shape{4, 5}));
}

TEST_F(OthersData, FlagsOfEachMakerAreMaskedAndNoiseIsNot) {
  make(
      "a = np.full((6, 4, 4), 9); a[:, 1, 2] = 0; bad = np.zeros((4, 4), bool); bad[1, 2] = True\n"
      "def put(n, t, v): h[n] = np.where(bad, v, a).astype(t)\n"
      "put('i4', 'i4', -1); put('narrow', 'u4', 65535); put('f4', 'f4', 65535); put('f4m', 'f4', -1); "
      "put('nan', 'f4', np.nan)\n"
      "put('u4', 'u4', 2**32 - 2); put('i8', 'i8', 2**32 - 1)\n"
      "h['noise'] = (np.arange(96).reshape(6, 4, 4) * 7 % 11 - 4).astype('i4')");
  for (const char* data : {"i4", "narrow", "f4", "f4m", "nan", "u4", "i8"}) {
    const SeriesReader reader(path, {.data = data, .positions = "none"});
    const Frame frame = reader.frame(2);
    const auto& mask = reader.info().mask;
    const double flag = flag_value(frame.dtype);
    with_dtype(frame.dtype, [&]<class T>(T) {
      const auto pixels = values_of<T>(frame);
      for (std::size_t p = 0; p < 16; ++p) {
        const bool left_out = (!mask.empty() && mask[p] != 0) || !(double(pixels[p]) < flag);
        EXPECT_EQ(left_out, p == 6) << data << p;
        if (!left_out) {
          EXPECT_EQ(double(pixels[p]), 9) << data;
        }
      }
    });
  }
  const SeriesReader noise(path, {.data = "noise", .positions = "none"});
  EXPECT_EQ(noise.info().dtype, Dtype::f32);
  EXPECT_EQ(values_of<float>(noise.frame(0))[0], -4);
  EXPECT_EQ(codes_of(noise), "negative_counts");
}

TEST_F(OthersData, WhatOneMeansInAMaskIsFoundOutOrAsked) {
  make(
      "a = np.full((6, 8, 8), 9, 'u2'); a[:, :, 3] = 60000; h['d'] = a; bad = np.zeros((8, 8), 'u1'); bad[:, "
      "3] = 1\n"
      "h['bad'] = bad; h['inverted'] = 1 - bad; h['good_pixels'] = bad == 0; h['all'] = np.ones((8, 8), "
      "'u1')\n"
      "each = np.zeros((6, 8, 8), 'u1'); each[:] = bad; each[4, 0, 0] = 1; h['each'] = each; h['most'] = "
      "(a[0] < 100).astype('u1') * 4");
  const auto masked = [&](const std::string& mask, std::optional<MaskSense> sense = {}) {
    const SeriesReader reader(path, {.data = "d", .positions = "none", .mask = mask, .mask_sense = sense});
    return std::to_string(std::count(reader.info().mask.begin(), reader.info().mask.end(), 1)) + " " +
           std::to_string(int{reader.info().mask[3]}) + " " + codes_of(reader);
  };
  EXPECT_EQ(masked("bad"), "8 1 mask_over_counts");
  EXPECT_EQ(masked("inverted"), "8 1 mask_inverted mask_over_counts");
  EXPECT_EQ(masked("good_pixels"), "8 1 mask_over_counts");
  EXPECT_EQ(masked("inverted", MaskSense::bad), "56 0 ");
  EXPECT_EQ(masked("bad", MaskSense::good), "56 0 ");
  EXPECT_NE(refusal({.data = "d", .positions = "none", .mask = "all"}).find("1 on 100.0 % of the pixels"),
            std::string::npos);
  const SeriesReader each(path, {.data = "d", .positions = "none", .mask = "each"});
  EXPECT_EQ(values_of<std::uint16_t>(each.frame(3))[0], 9);
  EXPECT_GE(values_of<std::uint16_t>(each.frame(4))[0], 65534);
}

TEST_F(OthersData, ProbesOfMatlabTurnWithTheirFrames) {
  make(
      "def mat(n, v):\n"
      "  h.create_dataset(n, data=np.ascontiguousarray(np.asarray(v).T)).attrs['MATLAB_class'] = "
      "np.bytes_('double')\n"
      "r, c = np.mgrid[:4, :4]; mat('dp', np.moveaxis(np.stack([10 * r + c] * 3).astype('u2'), 0, -1))\n"
      "p = np.empty((4, 4), [('real', 'f8'), ('imag', 'f8')]); p['real'] = 10 * r + c; p['imag'] = 0; "
      "mat('probe', p)");
  {
    const SeriesReader reader(path, {.positions = "none", .probe = "probe"});
    EXPECT_EQ(values_of<std::uint16_t>(reader.frame(0))[1 * 4 + 3], 13);
    EXPECT_EQ(reader.probe().at(0)(1, 3), std::complex<float>(13));
  }
  make_plain("h['probe'] = (np.arange(20).reshape(4, 5) + 0j).astype('c8')");
  const SeriesReader turned(path, {.positions = "none", .transpose = true, .probe = "probe"});
  EXPECT_EQ(turned.probe().at(0)(3, 1), std::complex<float>(8));
}

TEST_F(OthersData, BasisVectorsGiveDirections) {
  const auto second = [&](const std::string& basis) {
    make_cxi("i['detector_1/basis_vectors'] = np.array(" + basis + "); e['data_1/translation'] = xy");
    return SeriesReader(path).positions()[1].value();
  };
  EXPECT_EQ(second("[[0, -3e-5, 0], [-3e-5, 0, 0]]"), (Position{1e-6, 2e-6}));
  EXPECT_EQ(second("[[0, 3e-5, 0], [3e-5, 0, 0]]"), (Position{-1e-6, -2e-6}));
  EXPECT_EQ(second("[[-3e-5, 0, 0], [0, 3e-5, 0]]"), (Position{-2e-6, 1e-6}));
  EXPECT_EQ(second("[[0, -3e-5], [-3e-5, 0], [0, 0]]"), (Position{1e-6, 2e-6}));  // one a column
}

TEST_F(OthersData, PositionsInAFileOfTheirOwnMeanTheSameEverywhere) {
  make_plain();
  const auto last = [&](const std::string& text, const std::string& name = "places.csv") {
    spill(scratch / name, text);
    const SeriesReader reader(path, {.data = "frames", .positions = (scratch / name).string()});
    return reader.positions()[5].value_or(Position{});
  };
  std::string rows, shuffled;
  for (int i = 0; i < 6; ++i) {
    rows += std::to_string(i) + "," + std::to_string(2 * i) + "\n";
    shuffled =
        std::to_string(i + 1) + "," + std::to_string(2 * i) + "," + std::to_string(i) + "\n" + shuffled;
  }
  EXPECT_NEAR(last("x [um],y [um]\n" + rows).y_m, 10e-6, 1e-18);
  EXPECT_NEAR(last("y [um],x [nm]\n" + rows).x_m, 10e-9, 1e-18);
  EXPECT_NEAR(last("frame,y_um,x_um\n" + shuffled).y_m, 10e-6, 1e-18);
  EXPECT_EQ(codes_of(SeriesReader(
                path, {.data = "frames", .positions = "file:" + (scratch / "places.csv").string()})),
            "numbers_from_one");
  EXPECT_NE(message_of<InputError>([&] { last("x,y\n" + rows); }).find("cannot be metres"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { last("left,right\n" + rows); }).find("which of its columns is x"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { last("x_um,y_um\n" + rows + "7;what\n"); }).find("line 8"),
            std::string::npos);
  spill(scratch / "named.csv", "left,right\n" + rows);
  EXPECT_NEAR(SeriesReader(path, {.data = "frames",
                                  .positions = (scratch / "named.csv").string() + ":right,left",
                                  .position_unit = PositionUnit::mm})
                  .positions()[5]
                  ->x_m,
              10e-3, 1e-12);
  spill(scratch / "far.csv", "frame,x_um,y_um\n50,1,1\n51,2,2\n53,3,3\n");
  EXPECT_NE(refusal({.data = "frames", .positions = (scratch / "far.csv").string()})
                .find("say what to add to the positions' numbers with --index-offset"),
            std::string::npos);
  EXPECT_NEAR(
      SeriesReader(path, {.data = "frames", .positions = (scratch / "far.csv").string(), .index_offset = -50})
          .positions()[3]
          ->x_m,
      3e-6, 1e-18);
}

TEST_F(OthersData, NumPyArraysMerlinAndEmpadFrames) {
  ASSERT_EQ(
      run_python(
          "a = np.arange(6 * 20).reshape(6, 4, 5)\n"
          "np.save(f + '.npy', a.astype('>i4').reshape(2, 3, 4, 5)); np.savez_compressed(f + '.npz', "
          "frames=a.astype('f2'), t=np.zeros(6))\n"
          "np.save(f + '.xy.npy', np.asfortranarray(np.stack([np.arange(6), np.arange(6) ** 2], 1) * 1e-6))\n"
          "h = open(f + '.mib', 'wb')\n"
          "for p in a: h.write(b'MQ1,000001,00384,01,0005,0004,U16,   1x1,01,'.ljust(384) + "
          "p.astype('>u2').tobytes())\n"
          "e = np.zeros((6, 6, 4), '<f4'); e[:, :4] = a[:, :, :4]; e[:, 4:] = 1e6; e.tofile(f + "
          "'_x3_y2.raw')",
          path.string()),
      "");
  for (const std::string ending : {".npy", ".npz", ".mib", "_x3_y2.raw"}) {
    const SeriesReader reader(path.string() + ending, {.positions = path.string() + ".xy.npy"});
    ASSERT_EQ(reader.size(), 6u) << ending;
    const Frame frame = reader.frame(4);
    const double value = frame.dtype == Dtype::f32   ? double(values_of<float>(frame)[7])
                         : frame.dtype == Dtype::u16 ? values_of<std::uint16_t>(frame)[7]
                                                     : values_of<std::uint32_t>(frame)[7];
    EXPECT_EQ(value, ending == "_x3_y2.raw" ? 88 : 87) << ending;
    EXPECT_NEAR(reader.positions()[3]->y_m, 9e-6, 1e-18);
  }
  EXPECT_EQ(SeriesReader(path.string() + ".npy", {.step_x_m = 1e-6}).info().raster->cols, 3u);
  spill(path, "MQ1,000001,00384,01,0005,0004,R64,   1x1,01," + std::string(1000, ' '));
  EXPECT_NE(refusal({}).find("R64 is raw, in the order of the chips"), std::string::npos);
  spill(path, "MATLAB 5.0 MAT-file, created somewhere");
  EXPECT_NE(refusal({}).find("save it again with save(..., '-v7.3')"), std::string::npos);
}

TEST_F(OthersData, ALinkThatLeadsNowhereSaysWhere) {
  make_plain(
      "h['apart'] = h5py.ExternalLink('gone.h5', '/there/data'); h['soft'] = h5py.SoftLink('/nothing')");
  EXPECT_EQ(refusal({.data = "apart"}),
            "apart of FILE is a link to gone.h5:/there/data (which is not there); put the file it points to "
            "where the link "
            "says, or name another dataset");
  EXPECT_NE(refusal({.data = "/soft"}).find("is a link to /nothing"), std::string::npos);
}

TEST_F(OthersData, LinkedFramesAreFoundWhereTheyAreNamed) {
  ASSERT_EQ(
      run_python("with h5py.File(f + '.apart', 'w') as h:\n"
                 "  h.create_dataset('there/data', data=np.full((6, 4, 5), 7, 'u2'), chunks=(3, 4, 5))\n"
                 "  h.create_dataset('g/frames', data=np.full((6, 4, 5), 9, 'u2'), chunks=(3, 4, 5))",
                 path.string()),
      "");
  make("h['g/frames'] = h5py.ExternalLink(f + '.apart', '/there/data'); h['g/again'] = h5py.SoftLink('/g')");
  const auto said = refusal({.positions = "none"});
  EXPECT_NE(said.find("and links: /g/again -> /g, /g/frames -> "), std::string::npos) << said;
  EXPECT_NE(said.find("name one with --data"), std::string::npos);
  // In the other file something else lies under the name of the link.
  const SeriesReader reader(path, {.data = "/g/frames", .positions = "none"});
  EXPECT_EQ(values_of<std::uint16_t>(reader.frame(4))[3], 7);
}

TEST_F(OthersData, AFileThatAnotherProgramHoldsIsSaid) {
  if (std::getenv("HDF5_USE_FILE_LOCKING") != nullptr) GTEST_SKIP() << "HDF5_USE_FILE_LOCKING is set";
  make_plain();
  const int writer = open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(writer, LOCK_EX | LOCK_NB), 0);
  const auto said = refusal({.data = "frames", .positions = "none"});
  EXPECT_NE(said.find("cannot open FILE (another program holds it"), std::string::npos) << said;
  EXPECT_NE(said.find("wait for that program"), std::string::npos) << said;
  close(writer);
  EXPECT_EQ(refusal({.data = "frames", .positions = "none"}), "");
}

TEST_F(OthersData, ProbesAsOthersKeepThem) {
  make(
      "p = (np.arange(16).reshape(4, 4) + 1j).astype('c8')\n"
      "h['three/probe'] = np.stack([p, p]); h['apart/probe_real'] = p.real; h['apart/probe_imag'] = p.imag\n"
      "h['last'] = np.stack([p.real, p.imag], -1); h['frames'] = np.zeros((3, 4, 4))\n"
      "np.save(f + '.npy', p)\n"
      "with h5py.File(f + '.ptyr', 'w') as r: r['content/probe/S00/data'] = p[None]; "
      "r['content/probe/S00/_psize'] = [2e-8, 2e-8]; "
      "r['content/obj/S00/data'] = p[None]");
  for (const std::string& spec : {path.string() + ":three/probe", path.string() + ":apart/probe",
                                  path.string() + ":last", path.string() + ".npy", path.string() + ".ptyr"}) {
    const ProbeFile probe = read_probe_file(spec);
    EXPECT_EQ(probe.modes.front()(1, 2), std::complex<float>(6, 1)) << spec;
    EXPECT_EQ(probe.pixel_m, spec.ends_with(".ptyr") ? 2e-8 : 0);
  }
  EXPECT_NE(message_of<InputError>([&] {
              (void)read_probe_file(path.string() + ":frames");
            }).find("look like frames, not a probe"),
            std::string::npos);
  EXPECT_NE(refusal({.data = "three/probe", .positions = "none"}).find("give it with --probe"),
            std::string::npos);
  make("h['probe'] = np.ones((2, 4, 4), 'c8')");
  EXPECT_NE(refusal({}).find("/probe looks like a probe or an object, which --probe takes"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::scanfile

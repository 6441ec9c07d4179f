#include <ptero/scanfile/exports.hpp>
#include <ptero/scanfile/raw_writer.hpp>

#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

/// A raw file of ids 0 to 5 of 4 x 4: 2 never came, 4 has no position, pixel 5 is masked, pixel 6 of frame 1
/// is flagged. Pixel i of frame n is 100 n + i.
class Exports : public Reader {
 protected:
  void SetUp() override {
    Reader::SetUp();
    SeriesInfo series{.uid = "s", .frame_shape = {4, 4}};
    series.wavelength_m = hc_ev_m / 8000;
    series.distance_m = 2;
    series.detector_pixel_m = 100e-6;
    series.mask.assign(16, 0);
    series.mask[5] = 1;
    RawWriter writer(path, {.series = series});
    for (FrameId id : {0, 1, 3, 4, 5}) {
      std::vector<std::uint16_t> pixels(16);
      for (std::size_t i = 0; i < 16; ++i) pixels[i] = static_cast<std::uint16_t>(100 * id + i);
      if (id == 1) pixels[6] = 65535;
      Frame frame{.id = id, .shape = series.frame_shape, .payload = Bytes::take(std::move(pixels))};
      if (id != 4) frame.position = Position{1e-6 * double(id), -2e-6 * double(id)};
      if (id == 3) frame.monitor = 0.25;
      ASSERT_FALSE(writer.write(frame, 1));
    }
    writer.seal({}, 0);
  }
  /// What every layout must give back through our own reader: frames 0, 1, 3 and 5.
  void expect_round_trip(const std::filesystem::path& exported) {
    const SeriesReader reader(exported);
    ASSERT_EQ(reader.size(), 4u);
    const FrameId ids[] = {0, 1, 3, 5};
    for (std::uint64_t i = 0; i < 4; ++i) {
      EXPECT_EQ(reader.positions()[i], (Position{1e-6 * double(ids[i]), -2e-6 * double(ids[i])}));
      const Frame frame = reader.frame(i);
      const double value =
          frame.dtype == Dtype::f32 ? values_of<float>(frame)[7] : values_of<std::uint16_t>(frame)[7];
      EXPECT_EQ(value, 100 * double(ids[i]) + 7);
    }
    EXPECT_NEAR(hc_ev_m / reader.info().wavelength_m, 8000, 1e-6);
    EXPECT_EQ(reader.info().distance_m, 2);
  }

  const std::filesystem::path out = scratch / "out_dp.hdf5";
};

TEST_F(Exports, Ptyd) {
  write_ptyd(out, SeriesReader(path));
  EXPECT_EQ(
      run_python(
          "h = h5py.File(f, 'r'); m = h['meta']; c = h['chunks/0']\n"
          "print(round(float(m['energy'][()]), 9), m['distance'][()], m['psize'][()].tolist(), "
          "m['shape'][()].tolist(), "
          "m['center'][()].tolist(), m['version'][()], m['num_frames'][()], m['label'][()].decode())\n"
          "print(m.attrs['type'], h['chunks'].attrs['type'], c['data'].attrs['type'], "
          "m['shape'].attrs['type'], m['energy'].attrs['type'])\n"
          "print(c['data'].shape, c['data'].dtype, c['indices'][()].tolist(), c['positions'][3].tolist())\n"
          "print(c['data'][1, 1].tolist(), c['weights'][1, 1].tolist(), int(c['weights'][()].sum()))",
          out.string()),
      "8.0 2.0 [0.0001, 0.0001] [4, 4] [2.0, 2.0] 0.1 4 s\n"
      "param dict array arraytuple scalar\n"
      "(4, 4, 4) uint16 [0, 1, 3, 5] [-9.999999999999999e-06, 4.9999999999999996e-06]\n"
      "[104, 0, 0, 107] [1.0, 0.0, 0.0, 1.0] 59\n");
  expect_round_trip(out);
  EXPECT_EQ(SeriesReader(out).info().mask[5], 1);
}

TEST_F(Exports, FoldSlice) {
  write_fold_slice(out, scratch / "out_para.hdf5", SeriesReader(path));
  // Reversed axes: MATLAB shows (rows, columns, frames).
  EXPECT_EQ(run_python(
                "h = h5py.File(f, 'r'); p = h5py.File(f.replace('dp.', 'para.'), 'r')\n"
                "print(h['dp'].shape, h['dp'].dtype, h['dp'][0, :, 1].tolist(), p['ppX'].shape, p['ppY'][2])",
                out.string()),
            "(4, 4, 4) float32 [4.0, 0.0, 6.0, 7.0] (4,) -6e-06\n");
  expect_round_trip(out);
}

TEST_F(Exports, WhatIsFlaggedInEveryFrameIsABadPixel) {
  ASSERT_EQ(
      run_python("h = h5py.File(f, 'w'); a = np.full((5, 4, 4), 7, 'i4'); a[:, 1, 2] = -1; a[3, 0, 0] = -1\n"
                 "h['d'] = a; h['p'] = np.arange(10.).reshape(5, 2) * 1e-6",
                 (scratch / "flags.h5").string()),
      "");
  EXPECT_NE(message_of<InputError>([&] {
              write_ptyd(scratch / "out.ptyd", SeriesReader(scratch / "flags.h5", {.positions = "p"}));
            }).find("needs energy, distance and detector pixel"),
            std::string::npos);
  const SeriesReader reader(
      scratch / "flags.h5",
      {.positions = "p", .detector_pixel_m = 75e-6, .distance_m = 1, .energy_ev = 8000});
  write_ptychodus_patterns(scratch / "diffraction.h5", reader);
  EXPECT_EQ(run_python("h = h5py.File(f, 'r'); print(np.argwhere(h['bad_pixels'][()]).tolist(), "
                       "h['patterns'][3, 0, :2].tolist())",
                       (scratch / "diffraction.h5").string()),
            "[[1, 2]] [0, 7]\n");
  write_ptyd(scratch / "out.ptyd", reader);
  EXPECT_EQ(
      run_python(
          "h = h5py.File(f, 'r'); w = h['chunks/0/weights'][()]; print(w[0, 1, 2], w[3, 0, 0], w[2, 0, 0])",
          (scratch / "out.ptyd").string()),
      "0.0 0.0 1.0\n");
}

TEST_F(Exports, PtychiPair) {
  const SeriesReader reader(path);
  write_ptychi_patterns(out, reader);
  product::write_product(scratch / "out_para.hdf5", starting_product(reader, {ComplexImage({4, 4}, 2)}));
  EXPECT_EQ(run_python(
                "h = h5py.File(f, 'r'); p = h5py.File(f.replace('dp.', 'para.'), 'r')\n"
                "print(h['dp'].dtype, h['dp'][1, 1].tolist(), p['probe'].shape, "
                "p['probe_position_indexes'][()].tolist())\n"
                "o = p['object']; a = o.attrs\n"
                "print('%.4e' % a['pixel_width_m'], '%.4e' % a['pixel_height_m'], '%.2e %.2e' % "
                "(a['center_x_m'], a['center_y_m']), o.ndim)\n"
                "x = (p['probe_position_x_m'][()] - a['center_x_m']) / a['pixel_width_m'] + o.shape[2] / 2\n"
                "y = (p['probe_position_y_m'][()] - a['center_y_m']) / a['pixel_height_m'] + o.shape[1] / 2\n"
                "print(x.min() >= 2, x.max() <= o.shape[2] - 2, y.min() >= 2, y.max() <= o.shape[1] - 2)",
                out.string()),
            "float32 [104.0, 0.0, 0.0, 107.0] (1, 4, 4) [0, 1, 3, 5]\n"
            "7.7490e-07 7.7490e-07 2.50e-06 -5.00e-06 3\n"
            "True True True True\n");
  expect_round_trip(out);
  EXPECT_EQ(SeriesReader(out).probe().size(), 1u);
}

TEST_F(Exports, PtychodusDirectory) {
  const SeriesReader reader(path);
  write_ptychodus_patterns(scratch / "diffraction.h5", reader);
  product::write_product(scratch / "product-in.h5", starting_product(reader, {ComplexImage({4, 4}, 1)}));
  EXPECT_EQ(
      run_python(
          "h = h5py.File(f, 'r'); p = h['patterns']\n"
          "print(p.shape, p.dtype, p.attrs['detector_pixel_width_m'], p.attrs['detector_pixel_height_m'], "
          "h['indexes'][()].tolist(), h['indexes'].dtype, h['bad_pixels'].dtype, "
          "h['bad_pixels'][1].tolist())\n"
          "q = h5py.File(f.replace('diffraction', 'product-in'), 'r')\n"
          "print([n for n in ('name', 'comments', 'detector_object_distance_m', 'probe_energy_eV', "
          "'exposure_time_s') if n not in q.attrs],\n"
          "      sorted(q), q.attrs['probe_energy_eV'])",
          (scratch / "diffraction.h5").string()),
      "(4, 4, 4) uint16 0.0001 0.0001 [0, 1, 3, 5] int64 bool [False, True, False, False]\n"
      "[] ['loss_epochs', 'loss_values', 'object', 'object_layer_spacing_m', 'probe', "
      "'probe_position_indexes', 'probe_position_x_m', 'probe_position_y_m'] 8000.0\n");
  expect_round_trip(scratch / "diffraction.h5");
}

TEST_F(Exports, Csv) {
  write_scan_csv(out, SeriesReader(path));
  EXPECT_EQ(slurp(out),
            "frame,x_m,y_m,total,monitor\n"
            "0,0,0,115,\n"
            "1,1e-06,-2e-06,1509,\n"
            "3,3e-06,-6e-06,4615,0.25\n"
            "5,4.9999999999999996e-06,-9.999999999999999e-06,7615,\n");
}

TEST_F(Exports, WhatCannotBeExportedIsSaid) {
  EXPECT_EQ(
      message_of<InputError>([&] { write_ptyd(out, SeriesReader(path, {.positions = "none"})); }),
      "no frame of the scan has a position; name them with --positions, or give the step of the plan with "
      "--step");
  EXPECT_FALSE(std::filesystem::exists(out));
  // Whose positions are in pixels of a size that nobody knows.
  SeriesInfo pixels{.object_pixel_m = 1};
  EXPECT_NE(message_of<InputError>([&] { expect_metres(pixels); }).find("take each for a metre"),
            std::string::npos);
  pixels.object_pixel_m = 64.0 / 48;  // after a crop
  EXPECT_THROW(expect_metres(pixels), InputError);
  pixels.object_pixel_m = 32e-9;
  EXPECT_NO_THROW(expect_metres(pixels));
  SeriesInfo info{.frame_shape = {64, 64}, .centre_row = 32.4, .centre_col = 31};
  EXPECT_NE(off_centre(info).value_or("").find("column 31"), std::string::npos);
  info.centre_col = 31.6;
  EXPECT_FALSE(off_centre(info));
}

}  // namespace
}  // namespace ptero::scanfile

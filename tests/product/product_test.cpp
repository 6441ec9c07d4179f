#include <gtest/gtest.h>

#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/h5/locate.hpp>
#include <ptero/product/cxi_image.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/roi_csv.hpp>

#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::product {
using namespace ptero::test;
namespace {

Product example() {
  Product p;
  p.name = "siemens";
  p.comments = "µ and all";
  p.detector_object_distance_m = 1.92;
  p.probe_energy_ev = 8800;
  p.probe_photon_count = 2e6;
  p.exposure_time_s = 0.005;
  p.position_indexes = {4, 7};
  p.positions = {{1e-6, -2e-6}, {3e-6, 4e-6}};
  for (int mode = 0; mode < 2; ++mode)
    p.probe.emplace_back(Shape{3, 3}, std::complex<float>(static_cast<float>(mode), 1));
  p.probe_pixel_width_m = p.probe_pixel_height_m = 14e-9;
  p.object.emplace_back(Shape{5, 6}, std::complex<float>(0.5F, -0.5F));
  p.object[0](4, 5) = {2, 3};
  p.object_centre = {2e-6, 1e-6};
  p.object_pixel_width_m = p.object_pixel_height_m = 14e-9;
  p.loss_epochs = {0, 1};
  p.loss_values = {0.5, 0.25};
  p.coverage = Image<float>({5, 6}, 0.75F);
  p.numbers["amplitude_error"] = 0.012;
  return p;
}

class ProductFile : public testing::Test {
 protected:
  Scratch scratch;
  const std::filesystem::path path = scratch / "product.h5";
};

TEST_F(ProductFile, RoundTrip) {
  Product p = example();
  p.record = std::string(100'000, 'r') + "µ";
  write_product(path, p);
  const Product q = read_product(path);
  EXPECT_EQ(q.name, p.name);
  EXPECT_EQ(q.comments, p.comments);
  EXPECT_EQ(q.record, p.record);
  EXPECT_EQ(read_record(path), p.record);
  EXPECT_EQ(read_record(scratch / "none.h5"), "");
  EXPECT_EQ(q.detector_object_distance_m, p.detector_object_distance_m);
  EXPECT_EQ(q.probe_energy_ev, p.probe_energy_ev);
  EXPECT_EQ(q.exposure_time_s, p.exposure_time_s);
  EXPECT_EQ(q.position_indexes, p.position_indexes);
  EXPECT_EQ(q.positions, p.positions);
  ASSERT_EQ(q.probe.size(), 2u);
  EXPECT_EQ(q.probe[1](2, 2), p.probe[1](2, 2));
  ASSERT_EQ(q.object.size(), 1u);
  EXPECT_EQ(q.object[0](4, 5), std::complex<float>(2, 3));
  EXPECT_EQ(q.object_centre, p.object_centre);
  EXPECT_EQ(q.object_pixel_width_m, 14e-9);
  EXPECT_TRUE(q.layer_spacing_m.empty());
  EXPECT_EQ(q.loss_epochs, p.loss_epochs);
  EXPECT_EQ(q.loss_values, p.loss_values);
  EXPECT_EQ((*q.coverage)(3, 3), 0.75F);
  EXPECT_EQ(q.numbers, p.numbers);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".tmp" + std::to_string(getpid())));
}

TEST_F(ProductFile, LayersAndVariableProbe) {
  Product p = example();
  p.object.push_back(p.object[0]);
  p.layer_spacing_m = {5e-6};
  p.opr_count = 2;
  p.opr_weights = Image<double>({2, 2}, 0.25);
  write_product(path, p);
  const Product q = read_product(path);
  EXPECT_EQ(q.object.size(), 2u);
  EXPECT_EQ(q.layer_spacing_m, p.layer_spacing_m);
  EXPECT_EQ(q.opr_count, 2u);
  EXPECT_EQ((*q.opr_weights)(1, 1), 0.25);
}

TEST_F(ProductFile, IsWhatPtychodusReads) {
  SKIP_WITHOUT_H5PY();
  Product p = example();
  p.opr_count = 2;
  p.opr_weights = Image<double>({2, 2}, 0.25);
  write_product(path, p);
  const std::string out = run_python(
      "h = h5py.File(f, 'r'); a = h.attrs\n"
      "print(a['name'], type(a['name']).__name__, a['comments'] == '\xc2\xb5 and all')\n"
      "print([float(a[k]) for k in ['detector_object_distance_m', 'probe_energy_eV', 'probe_photon_count',\n"
      "  'exposure_time_s', 'mass_attenuation_m2_kg', 'tomography_angle_deg', 'tilt_angle_deg']])\n"
      "print({k: (v.shape, str(v.dtype)) for k, v in sorted(h.items())})\n"
      "print(sorted(h['probe'].attrs), h['probe'].attrs['opr_weights'].shape, sorted(h['object'].attrs))\n"
      "print(h['object'][0, 4, 5], h['object'].attrs['center_x_m'], h['probe_position_y_m'][1])",
      path.string());
  EXPECT_EQ(
      out,
      "siemens str True\n"
      "[1.92, 8800.0, 2000000.0, 0.005, 0.0, 0.0, 0.0]\n"
      "{'coverage': ((5, 6), 'float32'), 'loss_epochs': ((2,), 'int64'), 'loss_values': ((2,), 'float64'), "
      "'object': ((1, 5, 6), 'complex64'), 'object_layer_spacing_m': ((0,), 'float64'), "
      "'opr_weights': ((2, 2), 'float64'), 'probe': ((2, 1, 3, 3), 'complex64'), "
      "'probe_position_indexes': ((2,), 'int64'), 'probe_position_x_m': ((2,), 'float64'), "
      "'probe_position_y_m': ((2,), 'float64')}\n"
      "['length_units', 'opr_weights', 'pixel_height_m', 'pixel_width_m', 'units'] (2, 2) "
      "['center_x_m', 'center_y_m', 'length_units', 'pixel_height_m', 'pixel_width_m', 'units']\n"
      "(2+3j) 2e-06 4e-06\n");
}

TEST_F(ProductFile, OptionsComeBackAsNumbersAndTexts) {
  Product p = example();
  p.options = {{"algorithm", std::string("lsqml")},
               {"epochs", std::int64_t{40}},
               {"remove_ramp", true},
               {"step", 0.1},
               {"probe", std::string()},
               {"limits", std::vector<double>{1, 2}},
               {"none", std::vector<double>{}},
               {"guesses", std::vector<std::string>{"a", "µ"}}};
  p.options_hash = "0123abcd";
  write_product(path, p);
  const Product q = read_product(path);
  EXPECT_EQ(q.options_hash, "0123abcd");
  EXPECT_EQ(q.numbers, p.numbers);
  std::map<std::string, OptionValue> read(q.options.begin(), q.options.end());
  EXPECT_EQ(read.at("algorithm"), OptionValue(std::string("lsqml")));
  EXPECT_EQ(read.at("epochs"), OptionValue(40.0));
  EXPECT_EQ(read.at("remove_ramp"), OptionValue(1.0));
  EXPECT_EQ(read.at("step"), OptionValue(0.1));
  EXPECT_EQ(read.at("probe"), OptionValue(std::string()));
  EXPECT_FALSE(read.contains("NX_class"));
  p.options.clear();
  write_product(path, p);
  EXPECT_TRUE(read_product(path).options.empty());
}

/// Path and units of every dataset of numbers in a file.
std::map<std::string, std::string> units_in(const std::filesystem::path& file) {
  const h5::Source source{h5::open_file(file), file.string()};
  std::map<std::string, std::string> units;
  for (const auto& dataset : h5::all_datasets(source.file, source.name))
    if (dataset.numeric() || dataset.complex())
      units[dataset.path] = h5::text_attribute(dataset.id, "units").value_or("none");
  return units;
}

TEST_F(ProductFile, EveryDatasetSaysItsUnit) {
  Product p = example();
  p.opr_count = 2;
  p.opr_weights = Image<double>({2, 2}, 0.25);
  write_product(path, p);
  auto units = units_in(path);
  // Ids are names.
  EXPECT_EQ(units.at("/probe_position_indexes"), "none");
  units.erase("/probe_position_indexes");
  for (const auto& [name, unit] : units) EXPECT_NE(unit, "none") << name;
  EXPECT_EQ(units.at("/probe_position_x_m"), "m");
  EXPECT_EQ(units.at("/object"), "1");
  EXPECT_EQ(units.at("/probe"), "sqrt(photon)");
}

TEST_F(ProductFile, PixelsAreNotCalledMetres) {
  Product p = example();
  p.object_pixel_width_m = p.object_pixel_height_m = 1;
  write_product(path, p);
  EXPECT_EQ(units_in(path).at("/probe_position_x_m"), "pixel");
  const h5::Source source{h5::open_file(path), path.string()};
  EXPECT_EQ(h5::text_attribute(source.open("object").id, "length_units"), "pixel");
  EXPECT_EQ(h5::text_attribute(source.open("probe").id, "length_units"), "pixel");
  const auto description = scanfile::describe(path);
  for (const auto& fact : description.facts) {
    if (fact.key == "x" || fact.key == "y") {
      EXPECT_EQ(fact.unit, "px");
    }
    if (fact.key == "object_pixel") {
      EXPECT_TRUE(std::holds_alternative<std::monostate>(fact.value));
    }
  }
}

TEST_F(ProductFile, TheCxiImageSaysItsUnitsAndOptions) {
  Product p = example();
  p.options = {{"epochs", std::int64_t{40}}};
  write_cxi_image(path, p);
  const auto units = units_in(path);
  EXPECT_EQ(units.at("/entry_1/image_1/data"), "1");
  EXPECT_EQ(units.at("/entry_1/image_1/image_size"), "m");
  EXPECT_EQ(units.at("/entry_1/instrument_1/source_1/energy"), "J");
  EXPECT_EQ(units.at("/entry_1/instrument_1/source_1/illumination"), "sqrt(photon)");
  const h5::Id file = h5::open_file(path);
  const h5::Id group(H5Gopen2(file, "/entry_1/image_1/process_1/ptero_options", H5P_DEFAULT));
  ASSERT_GE(hid_t(group), 0);
  EXPECT_EQ(h5::number_attribute(group, "epochs"), 40.0);
}

TEST_F(ProductFile, ObjectToCompareWith) {
  write_product(path, example());
  const ObjectImage whole = read_object(path.string());
  EXPECT_EQ(whole.layers[0].shape(), (Shape{5, 6}));
  EXPECT_EQ(whole.pixel_width_m, 14e-9);
  EXPECT_TRUE(whole.coverage);
  const ObjectImage probe = read_object(path.string() + ":probe");
  EXPECT_EQ(probe.layers.size(), 2u);
  EXPECT_FALSE(probe.coverage);
  EXPECT_NE(
      message_of<InputError>([&] { read_object(path.string() + ":nothing"); }).find("has no dataset nothing"),
      std::string::npos);
  EXPECT_NE(
      message_of<InputError>([&] { read_object(path.string() + ":loss_values"); }).find("a complex image"),
      std::string::npos);
}

TEST_F(ProductFile, DescribedInWords) {
  write_product(path, example());
  const scanfile::Description description = scanfile::describe(path);
  EXPECT_EQ(description.kind, scanfile::FileKind::product);
  EXPECT_NE(description.text().find("object: 5 x 6\nlayers: 1\n"), std::string::npos) << description.text();
  EXPECT_NE(description.text().find("amplitude_error: 0.012\n"), std::string::npos);
}

TEST_F(ProductFile, SizesThatDisagreeAreOurBug) {
  Product p = example();
  p.positions.pop_back();
  EXPECT_THROW(write_product(path, p), ContractViolation);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(write_product(scratch / "no/such/product.h5", example()), Error);
}

TEST(RoiCsv, ExactTextAndNumbers) {
  const Scratch scratch;
  const std::vector<scanfile::RoiRow> rows = {
      {.frame = 0,
       .position = Position{1e-6, -2.5e-6},
       .total = 91840,
       .com_x = 128.25,
       .com_y = 0.1,
       .label = scanfile::RoiLabel::selected},
      {.frame = 1, .position = Position{0, 0}, .total = 0, .com_x = NAN, .com_y = NAN},
      {.frame = 2, .total = 5, .com_x = 1, .com_y = 2, .label = scanfile::RoiLabel::unpositioned},
  };
  scanfile::write_roi_csv(scratch / "roi.csv", rows);
  EXPECT_EQ(slurp(scratch / "roi.csv"),
            "frame,x_m,y_m,total,com_x,com_y,label\n"
            "0,1e-06,-2.5e-06,91840,128.25,0.1,selected\n"
            "1,0,0,0,,,background\n"
            "2,,,5,1,2,unpositioned\n");
}

}  // namespace
}  // namespace ptero::product

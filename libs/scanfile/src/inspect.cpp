#include <algorithm>
#include <charconv>
#include <concepts>
#include <ptero/core/error.hpp>
#include <ptero/journal/journal.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include <ptero/h5/locate.hpp>
#include "frame_parts.hpp"
#include "other_frames.hpp"
#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

std::string text_of(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

/// A value in words; its unit goes behind.
struct InWords {
  std::string operator()(std::monostate) const { return "not given"; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return text_of(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(Shape value) const {
    return std::to_string(value.rows) + " x " + std::to_string(value.cols);
  }
  std::string operator()(const ValueRange& value) const {
    return text_of(value[0]) + " to " + text_of(value[1]);
  }
  std::string operator()(const std::vector<std::string>&) const { return {}; }
};

struct Facts {
  std::vector<Fact> list;
  std::vector<DatasetFact> datasets;

  void add(std::string key, FactValue value) { list.push_back({std::move(key), std::move(value)}); }
  void add_count(const char* key, std::integral auto value) { add(key, static_cast<std::uint64_t>(value)); }
  void add_quantity(const char* key, double value, const char* unit) {
    list.push_back({key, value > 0 ? FactValue(value) : FactValue(), unit});
  }
  void add_warnings(const Warnings& warnings) {
    std::vector<std::string> sentences;
    for (const Warning& warning : warnings) sentences.push_back(warning.sentence);
    add_texts("warnings", sentences);
  }
  void add_texts(const char* key, const std::vector<std::string>& texts) {
    if (!texts.empty()) add(key, texts);
  }
  void add_counts(const LedgerCounts& counts, const std::string& prefix) {
    for (std::size_t i = 0; i < all_frame_states.size(); ++i)
      if (counts.of[i] > 0) add(prefix + std::string(name_of(static_cast<FrameState>(i))), counts.of[i]);
  }
};

void describe_journal(const std::filesystem::path& path, Facts& facts) {
  const journal::JournalReader journal(path);
  facts.add("series_uid", journal.series_uid());
  facts.add_count("entries", journal.entries());
  facts.add_count("bytes", std::filesystem::file_size(path));
  if (journal.tail_bytes() > 0) facts.add_count("unfinished_bytes", journal.tail_bytes());
  std::vector<std::string> holes;
  for (const journal::Hole& hole : journal.holes()) holes.push_back(text_of(hole));
  facts.add_texts("damaged", holes);
}

void describe_range(const char* key, std::span<const std::optional<Position>> positions,
                    double Position::*axis, Facts& facts, const char* unit) {
  double least = 0;
  double most = 0;
  bool any = false;
  for (const auto& position : positions) {
    if (!position) continue;
    const double value = (*position).*axis;
    least = any ? std::min(least, value) : value;
    most = any ? std::max(most, value) : value;
    any = true;
  }
  if (any) facts.list.push_back({key, ValueRange{least, most}, unit});
}

void describe_scan(const std::filesystem::path& path, const ReadOptions& options, Facts& facts) {
  const SeriesReader reader(path, options);
  const SeriesInfo& info = reader.info();
  facts.add_count("frames", reader.size());
  facts.add("frame_shape", info.frame_shape);
  facts.add("dtype", std::string(numpy_name(info.dtype)));
  const char* length = in_pixels(info) ? "px" : "m";
  describe_range("x", reader.positions(), &Position::x_m, facts, length);
  describe_range("y", reader.positions(), &Position::y_m, facts, length);
  facts.add_count("unpositioned", reader.unpositioned_count());
  if (info.raster) facts.add("raster", Shape{info.raster->rows, info.raster->cols});
  facts.add_quantity("energy", info.wavelength_m > 0 ? hc_ev_m / info.wavelength_m : 0, "eV");
  facts.add_quantity("distance", info.distance_m, "m");
  facts.add_quantity("detector_pixel", info.detector_pixel_m, "m");
  facts.add_quantity("object_pixel", in_pixels(info) ? 0 : info.object_pixel_for(info.frame_shape.cols), "m");
  facts.add_count("masked_pixels", std::count(info.mask.begin(), info.mask.end(), 1));
  facts.add("monitor", !reader.monitor().empty());
  std::uint64_t missing = 0;
  for (const auto& [reason, count] : reader.absent()) missing += count;
  if (missing > 0) facts.add_count("missing", missing);
  facts.add_warnings(reader.warnings());
}

void describe_product(const std::filesystem::path& path, Facts& facts) {
  const product::Product product = product::read_product(path);
  facts.add("name", product.name);
  facts.add("object", product.object.front().shape());
  facts.add_count("layers", product.object.size());
  // A pixel of one metre stands for one that is not known.
  const char* length = product.in_pixels() ? "px" : "m";
  facts.add_quantity("object_pixel", product.in_pixels() ? 0 : product.object_pixel_width_m, "m");
  facts.add("probe", product.probe.front().shape());
  facts.add_count("probe_modes", product.probe.size());
  facts.add_count("positions", product.positions.size());
  const std::vector<std::optional<Position>> positions(product.positions.begin(), product.positions.end());
  describe_range("x", positions, &Position::x_m, facts, length);
  describe_range("y", positions, &Position::y_m, facts, length);
  facts.add_quantity("energy", product.probe_energy_ev, "eV");
  facts.add_quantity("distance", product.detector_object_distance_m, "m");
  facts.add_count("epochs", product.loss_epochs.size());
  if (!product.loss_values.empty()) facts.add("last_loss", double{product.loss_values.back()});
  for (const auto& [name, value] : product.numbers) facts.add(name, double{value});
  if (!product.options_hash.empty()) facts.add("options_hash", product.options_hash);
  for (const auto& [name, value] : product.options) {
    if (const auto* number = std::get_if<double>(&value)) facts.add("option_" + name, double{*number});
    if (const auto* text = std::get_if<std::string>(&value)) facts.add("option_" + name, *text);
  }
}

void describe_ledger(const std::filesystem::path& path, Facts& facts) {
  const LedgerProof proof = prove_ledger(path);
  facts.add("sealed", proof.sealed);
  facts.add_count("expected_frames", proof.expected);
  facts.add_counts(proof.counted, "ledger_");
  facts.add_texts("ledger_faults", proof.faults);
}

void describe_datasets(const h5::Source& source, Facts& facts) {
  for (const h5::Dataset& dataset : h5::all_datasets(source.file, source.name))
    facts.datasets.push_back(
        {dataset.path, {dataset.dims.begin(), dataset.dims.end()}, std::string(dataset.type_name())});
}

FileKind kind_of(const h5::Source& source) {
  if (h5::exists(source.file, raw::group)) return FileKind::raw;
  const auto object = source.find("object");
  if (object && object->complex() && source.find("probe")) return FileKind::product;
  if (source.find("/cxi_version") || h5::exists(source.file, "/entry_1/data_1")) return FileKind::cxi;
  if (is_eiger_master(source)) return FileKind::eiger_master;
  if (is_ptyd(source)) return FileKind::ptyd;
  if (source.find("/dp")) return FileKind::dp;
  return source.find("/patterns") && source.find("/indexes") ? FileKind::ptychodus : FileKind::hdf5;
}

}  // namespace

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::raw:
      return "raw file of ptero";
    case FileKind::cxi:
      return "CXI";
    case FileKind::product:
      return "product";
    case FileKind::eiger_master:
      return "master file of an Eiger";
    case FileKind::ptyd:
      return "prepared data of ptypy";
    case FileKind::dp:
      return "diffraction patterns of fold_slice or pty-chi";
    case FileKind::ptychodus:
      return "diffraction patterns of ptychodus";
    case FileKind::hdf5:
      return "HDF5";
    case FileKind::npy:
      return "array of NumPy";
    case FileKind::npz:
      return "archive of NumPy arrays";
    case FileKind::tiff:
      return "TIFF";
    case FileKind::mib:
      return "frames of a Merlin detector";
    case FileKind::empad:
      return "frames of an EMPAD detector";
    case FileKind::matlab5:
      return "MATLAB file before version 7.3";
    case FileKind::png:
      return "PNG";
    case FileKind::journal:
      break;
  }
  return "journal of ptero";
}

bool is_product(const std::filesystem::path& path) {
  return !is_journal(path) && other_kind_of(path) == FileKind::hdf5 &&
         kind_of(h5::Source{h5::open_file(path), path.string()}) == FileKind::product;
}

bool is_journal(const std::filesystem::path& path) {
  return journal::is_journal(path);
}

std::string Description::text() const {
  std::string out = "kind: " + std::string(name_of(kind)) + "\n";
  for (const Fact& fact : facts) {
    const auto line = [&](const std::string& text) { out += fact.key + ": " + text + "\n"; };
    if (const auto* texts = std::get_if<std::vector<std::string>>(&fact.value))
      for (const std::string& text : *texts) line(text);
    else
      line(std::visit(InWords{}, fact.value) +
           (fact.unit.empty() || fact.value.index() == 0 ? "" : " " + fact.unit));
  }
  for (const DatasetFact& dataset : datasets)
    out += dataset.path + ": " + h5::text_of({dataset.shape.begin(), dataset.shape.end()}) + " " +
           dataset.dtype + "\n";
  return out;
}

Description describe(const std::filesystem::path& path) {
  Facts facts;
  if (is_journal(path)) {
    describe_journal(path, facts);
    return {FileKind::journal, std::move(facts.list), {}};
  }
  if (const FileKind other = other_kind_of(path); other != FileKind::hdf5) {
    // Frames alone, without a place in the file for positions.
    describe_scan(path, {.positions = "none"}, facts);
    return {other, std::move(facts.list), {}};
  }
  const h5::Source source{h5::open_file(path), path.string()};
  const FileKind kind = kind_of(source);
  if (kind == FileKind::product) {
    describe_product(path, facts);
  } else {
    try {
      describe_scan(path, {}, facts);
    } catch (const InputError& e) {
      // A plain file says too little to be read as a scan without options; its datasets say what there is.
      facts.add("not_a_scan_by_itself", e.what());
    }
  }
  if (kind == FileKind::raw) describe_ledger(path, facts);
  describe_datasets(source, facts);
  return {kind, std::move(facts.list), std::move(facts.datasets)};
}

}  // namespace ptero::scanfile

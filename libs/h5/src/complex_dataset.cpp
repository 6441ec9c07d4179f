#include <ptero/h5/complex_dataset.hpp>

#include <algorithm>
#include <ptero/core/contract.hpp>
#include <ptero/h5/write.hpp>

namespace ptero::h5 {

namespace {

/// HDF5 matches members by name, so the type in memory takes the file's names.
Id memory_type(const char* real, const char* imaginary) {
  Id type(H5Tcreate(H5T_COMPOUND, sizeof(std::complex<float>)));
  H5Tinsert(type, real, 0, H5T_NATIVE_FLOAT);
  H5Tinsert(type, imaginary, sizeof(float), H5T_NATIVE_FLOAT);
  return type;
}

}  // namespace

ComplexImages read_complex(const Dataset& dataset) {
  if (!dataset.complex() || dataset.rank() < 2 || dataset.rank() > 4)
    throw InputError(
        dataset.name() + " has shape " + text_of(dataset.dims) + " and type " + dataset.type_name(), {},
        "a complex image (rows, columns) or a stack of them is needed");
  require_filters(dataset);
  const Id file_type(H5Dget_type(dataset.id));
  char* real = H5Tget_member_name(file_type, 0);
  char* imaginary = H5Tget_member_name(file_type, 1);
  const Id type = memory_type(real, imaginary);
  H5free_memory(real);
  H5free_memory(imaginary);
  auto all = room_for<std::complex<float>>(dataset);
  if (H5Dread(dataset.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) < 0)
    throw InputError("cannot read " + dataset.name(), reason());
  const Shape shape{dataset.dims[dataset.rank() - 2], dataset.dims[dataset.rank() - 1]};
  ComplexImages images;
  for (auto at = all.begin(); shape.count() > 0 && at != all.end();
       at += static_cast<std::ptrdiff_t>(shape.count()))
    images.emplace_back(shape, std::vector(at, at + static_cast<std::ptrdiff_t>(shape.count())));
  if (images.empty()) throw InputError(dataset.name() + " holds no pixel");
  if (by_columns(dataset))
    for (auto& image : images) image = transposed(image);
  return images;
}

Id write_complex(hid_t parent, const std::string& name, const ComplexImages& images, const Dims& leading) {
  PTERO_EXPECT(!images.empty() && count_of(leading) == images.size());
  const Shape shape = images.front().shape();
  std::vector<std::complex<float>> all;
  all.reserve(images.size() * shape.count());
  for (const auto& image : images) {
    PTERO_EXPECT(image.shape() == shape);
    all.insert(all.end(), image.pixels().begin(), image.pixels().end());
  }
  Dims dims = leading;
  dims.push_back(shape.rows);
  dims.push_back(shape.cols);
  const Id type = memory_type("r", "i");
  const Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
  const Id creation = checksummed(dims);
  Id dataset(check(H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                   "cannot create the dataset " + name));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), "cannot write " + name);
  return dataset;
}

}  // namespace ptero::h5

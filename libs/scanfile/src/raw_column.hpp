#pragma once
// One growing dataset of small values a frame: kept in memory, the changed rows written at each flush.

#include <algorithm>
#include <string>
#include <vector>

#include <ptero/h5/write.hpp>

namespace ptero::scanfile {

template <class T>
class RawColumn {
 public:
  /// width: values a row; 1 makes a one-dimensional dataset.
  RawColumn(hid_t parent, const std::string& name, T fill, hsize_t width = 1)
      : name_(name), fill_(fill), width_(width) {
    const hsize_t dims[2] = {0, width};
    const hsize_t most[2] = {H5S_UNLIMITED, width};
    const hsize_t chunk[2] = {1024, width};
    const int rank = width == 1 ? 1 : 2;
    const h5::Id creation(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(creation, rank, chunk);
    H5Pset_fill_value(creation, h5::type_of<T>(), &fill_);
    const h5::Id space(H5Screate_simple(rank, dims, most));
    dataset_ = h5::Id(h5::check(
        H5Dcreate2(parent, name.c_str(), h5::type_of<T>(), space, H5P_DEFAULT, creation, H5P_DEFAULT),
        "cannot create the dataset " + name));
  }

  hid_t dataset() const { return dataset_; }
  std::uint64_t rows() const { return values_.size() / width_; }

  void grow(std::uint64_t rows) {
    if (rows > this->rows()) values_.resize(rows * width_, fill_);
  }

  /// Grows to hold the row.
  void set(std::uint64_t row, T value, hsize_t column = 0) {
    grow(row + 1);
    values_[row * width_ + column] = value;
    first_dirty_ = std::min(first_dirty_, row);
    end_dirty_ = std::max(end_dirty_, row + 1);
  }

  void flush() {
    if (rows() > written_rows_) {
      const hsize_t extent[2] = {rows(), width_};
      h5::check(H5Dset_extent(dataset_, extent), "cannot extend " + name_);
      written_rows_ = rows();
    }
    if (first_dirty_ >= end_dirty_) return;
    const hsize_t start[2] = {first_dirty_, 0};
    const hsize_t count[2] = {end_dirty_ - first_dirty_, width_};
    const h5::Id in_file(H5Dget_space(dataset_));
    const h5::Id in_memory(H5Screate_simple(width_ == 1 ? 1 : 2, count, nullptr));
    H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, nullptr, count, nullptr);
    h5::check(H5Dwrite(dataset_, h5::type_of<T>(), in_memory, in_file, H5P_DEFAULT,
                       values_.data() + first_dirty_ * width_),
              "cannot write " + name_);
    first_dirty_ = UINT64_MAX;
    end_dirty_ = 0;
  }

 private:
  std::string name_;
  T fill_;
  hsize_t width_;
  h5::Id dataset_;
  std::vector<T> values_;
  std::uint64_t written_rows_ = 0;
  std::uint64_t first_dirty_ = UINT64_MAX;
  std::uint64_t end_dirty_ = 0;
};

}  // namespace ptero::scanfile

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <string>
#include <vector>

#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::scanfile {
using namespace ptero::test;

template <class T>
inline std::vector<T> values_of(const Frame& frame) {
  const T* first = reinterpret_cast<const T*>(frame.payload.data());
  return {first, first + frame.shape.count()};
}

/// Files are made by h5py, an independent writer.
class Reader : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_H5PY(); }

  Scratch scratch;
  const std::filesystem::path path = scratch / "scan.h5";

  void make(const std::string& script) {
    const std::string said = run_python("h = h5py.File(f, 'w')\n" + script + "\nh.close()", path.string());
    ASSERT_EQ(said, "");
  }
  /// 6 frames of 4 x 5, pixel = 100 frame + 10 row + column, and something that is no frame.
  void make_plain(const std::string& more = "") {
    make(
        "n, r, c = np.mgrid[:6, :4, :5]\n"
        "h['frames'] = (100 * n + 10 * r + c).astype('u2'); h['flat'] = np.zeros((4, 5), 'f4')\n"
        "h['xy'] = np.stack([np.arange(6) * 1e-6, np.arange(6) * -2e-6], 1)\n" +
        more);
  }
  std::string refusal(const ReadOptions& options) {
    std::string said = message_of<InputError>([&] { SeriesReader reader(path, options); });
    // The scratch folder's name is random.
    for (std::size_t at; (at = said.find(path.string())) != std::string::npos;)
      said.replace(at, path.string().size(), "FILE");
    return said;
  }
};

}  // namespace ptero::scanfile

#include <algorithm>
#include <numeric>
#include <vector>

#include <ptero/core/contract.hpp>
#include <ptero/core/left_out.hpp>

namespace ptero {

namespace {
struct Spelling {
  std::string_view name;
  std::string_view words;
};
constexpr std::array<Spelling, all_left_out.size()> spellings = {{{"no_pixels", "no usable pixels"},
                                                                  {"unreadable", "unreadable"},
                                                                  {"outlying_position", "outlying position"},
                                                                  {"another_size", "another size or type"},
                                                                  {"saturated", "saturated"},
                                                                  {"zero", "no counts"},
                                                                  {"not_finite", "position not finite"},
                                                                  {"no_position", "no position"}}};

const Spelling& spelling_of(LeftOut reason) {
  const auto number = static_cast<std::size_t>(reason);
  PTERO_EXPECT(number < spellings.size());
  return spellings[number];
}
}  // namespace

std::string_view name_of(LeftOut reason) {
  return spelling_of(reason).name;
}

std::string_view words_of(LeftOut reason) {
  return spelling_of(reason).words;
}

std::uint64_t ImageFrames::all_left_out_frames() const {
  return std::accumulate(left_out.begin(), left_out.end(), std::uint64_t{0});
}

std::string describe_left_out(const ImageFrames& frames) {
  std::vector<LeftOut> reasons;
  std::copy_if(all_left_out.begin(), all_left_out.end(), std::back_inserter(reasons),
               [&](LeftOut reason) { return frames[reason] > 0; });
  std::stable_sort(reasons.begin(), reasons.end(),
                   [&](LeftOut a, LeftOut b) { return frames[a] > frames[b]; });
  std::string text;
  for (const LeftOut reason : reasons)
    text += (text.empty() ? "" : ", ") + std::to_string(frames[reason]) + " " + std::string(words_of(reason));
  return text;
}

}  // namespace ptero
